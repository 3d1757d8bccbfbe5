import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConfigValues } from "../../src/config/directives.ts";
import { TestClient } from "../support/client.ts";
import { freePort, takenPort } from "../support/free-port.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

async function serve(config: Partial<ConfigValues> = {}): Promise<TestServer> {
  const server = await startTestServer({ config });
  onTestFinished(() => server.close());
  return server;
}

async function pings(port: number, host = "127.0.0.1"): Promise<string> {
  try {
    const client = await TestClient.connect(port, host);
    const reply = String(await client.call("PING"));
    await client.close();
    return reply;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

describe("CONFIG SET port", () => {
  test("moves the server, and open connections stay", async () => {
    const server = await serve();
    const client = await server.client();
    const port = await freePort();
    expect(String(await client.call("CONFIG", "SET", "port", port))).toBe("OK");
    expect(await pings(port)).toBe("PONG");
    expect(await pings(server.port)).toBe("ECONNREFUSED");
    expect(String(await client.call("PING"))).toBe("PONG");
    expect(String(await client.call("INFO", "server"))).toContain(`tcp_port:${port}\r\n`);
  });

  test("answers in its place among the replies of a pipeline", async () => {
    const server = await serve();
    const client = await server.client();
    const port = await freePort();
    const replies = await client.pipeline([
      ["SET", "k", "1"],
      ["CONFIG", "SET", "port", port],
      ["GET", "k"],
    ]);
    expect(replies.map(({ value }) => String(value))).toEqual(["OK", "OK", "1"]);
  });

  test("changes nothing when the port is taken, whatever else is set with it", async () => {
    const server = await serve();
    const client = await server.client();
    const taken = await takenPort();
    const reply = await client.exchange("CONFIG", "SET", "timeout", 77, "port", taken);
    expect(reply.bytes.toString()).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.\r\n",
    );
    expect(server.context.config.get("port")).toBe(0);
    expect(server.context.config.get("timeout")).toBe(0);
    expect(await pings(server.port)).toBe("PONG");
  });

  test("closes the port when it is 0, and keeps the Unix socket", async () => {
    const path = join(temporaryDirectory(), "detent.sock");
    const port = await freePort();
    await serve({ unixsocket: path, port });
    const client = await TestClient.connect(path);
    expect(await pings(port)).toBe("PONG");
    expect(String(await client.call("CONFIG", "SET", "port", 0))).toBe("OK");
    expect(await pings(port)).toBe("ECONNREFUSED");
    expect(String(await client.call("INFO", "server"))).toContain(`listener0:name=unix,bind=${path}\r\n`);
    await client.close();
  });

  test("is refused within MULTI, and nothing else is", async () => {
    const server = await serve();
    const client = await server.client();
    const replies = await client.pipeline([
      ["MULTI"],
      ["CONFIG", "SET", "timeout", 5],
      ["CONFIG", "SET", "port", 7000],
      ["EXEC"],
    ]);
    expect(replies.at(-1)?.bytes.toString()).toBe(
      "*2\r\n+OK\r\n-ERR CONFIG SET failed (possibly related to argument 'port') - " +
        "listening sockets do not change inside a transaction: set it by itself\r\n",
    );
  });
});

describe("CONFIG SET bind", () => {
  test("moves to an address that the old one covers, and back", async () => {
    const port = await freePort();
    const server = await serve({ bind: ["*"], port });
    const client = await TestClient.connect(port);
    expect(String(await client.call("CONFIG", "SET", "bind", "127.0.0.2"))).toBe("OK");
    expect([await pings(port), await pings(port, "127.0.0.2")]).toEqual(["ECONNREFUSED", "PONG"]);
    expect(String(await client.call("CONFIG", "SET", "bind", "* -::*"))).toBe("OK");
    expect([await pings(port), await pings(port, "127.0.0.2")]).toEqual(["PONG", "PONG"]);
    expect(server.context.sessions.size).toBe(1);
    await client.close();
  });

  test("listens where it did when the host does not have the address", async () => {
    const port = await freePort();
    await serve({ bind: ["*"], port });
    const client = await TestClient.connect(port);
    const reply = await client.exchange("CONFIG", "SET", "bind", "127.0.0.1 192.0.2.1");
    expect(reply.bytes.toString()).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.\r\n",
    );
    expect([await pings(port), await pings(port, "127.0.0.2")]).toEqual(["PONG", "PONG"]);
    await client.close();
  });

  test("accepts an address with a dash that the host does not have", async () => {
    const port = await freePort();
    await serve({ bind: ["*"], port });
    const client = await TestClient.connect(port);
    expect(String(await client.call("CONFIG", "SET", "bind", "127.0.0.1 -192.0.2.1"))).toBe("OK");
    expect(await pings(port)).toBe("PONG");
    await client.close();
  });
});

describe("a Unix socket", () => {
  test("has the permissions of unixsocketperm, and goes with the server", async () => {
    const path = join(temporaryDirectory(), "detent.sock");
    const server = await startTestServer({ config: { unixsocket: path, unixsocketperm: 0o660 } });
    expect(statSync(path).mode & 0o777).toBe(0o660);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });
});
