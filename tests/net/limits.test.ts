import { networkInterfaces } from "node:os";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConfigValues } from "../../src/config/directives.ts";
import { encodeRequest, TestClient } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const clock = new VirtualClock();

async function serve(config: Partial<ConfigValues>): Promise<TestServer> {
  const server = await startTestServer({ config, clock });
  onTestFinished(() => server.close());
  return server;
}

/** What the server says to a connection before it closes it. */
async function farewell(client: TestClient): Promise<string> {
  const received = client.next();
  await client.closed();
  return (await received).bytes.toString("latin1");
}

describe("a listener", () => {
  test("refuses connections beyond maxclients, and no others", async () => {
    const server = await serve({ maxclients: 2 });
    const [first, second] = [await server.client(), await server.client()];
    await second.call("PING");
    const third = await TestClient.connect(server.port);
    expect(await farewell(third)).toBe("-ERR max number of clients reached\r\n");
    expect(server.context.statistics.rejectedConnectionCount).toBe(1);
    await first.call("QUIT");
    await first.closed();
    const fourth = await server.client();
    expect(String(await fourth.call("PING"))).toBe("PONG");
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === "IPv4")?.address;

  test.skipIf(outside === undefined)(
    "denies other hosts in protected mode, until a password is set",
    async () => {
      const server = await serve({ bind: ["0.0.0.0"] });
      const denied = await TestClient.connect(server.port, outside);
      expect(await farewell(denied)).toMatch(
        /^-DENIED Redis is running in protected mode because .* from the outside\.\r\n$/,
      );
      const local = await server.client();
      await local.call("CONFIG", "SET", "requirepass", "secret");
      const admitted = await TestClient.connect(server.port, outside);
      expect((await admitted.exchange("PING")).bytes.toString()).toBe("-NOAUTH Authentication required.\r\n");
      await local.call("CONFIG", "SET", "requirepass", "", "protected-mode", "no");
      const open = await TestClient.connect(server.port, outside);
      expect(String(await open.call("PING"))).toBe("PONG");
      await Promise.all([admitted.close(), open.close()]);
    },
  );
});

describe("a connection", () => {
  test("is closed when it has been idle for longer than timeout", async () => {
    const server = await serve({ timeout: 30 });
    const [idle, busy] = [await server.client(), await server.client()];
    await idle.call("PING");
    clock.advance(20_000);
    await busy.call("PING");
    clock.advance(15_000);
    await idle.closed();
    expect(String(await busy.call("PING"))).toBe("PONG");
  });

  test("is closed when an unfinished request is beyond client-query-buffer-limit", async () => {
    const server = await serve({ "client-query-buffer-limit": 1 << 20 });
    const client = await server.client();
    client.write("*2\r\n$4\r\nECHO\r\n$3000000\r\n");
    client.write(Buffer.alloc(2_000_000, "x"));
    await client.closed();
    expect(server.context.sessions.size).toBe(0);
  });

  test("is closed when its MULTI queue is beyond client-query-buffer-limit", async () => {
    const server = await serve({ "client-query-buffer-limit": 1 << 20 });
    const client = await server.client();
    await client.call("MULTI");
    client.write(encodeRequest(["SET", "k", Buffer.alloc(1 << 20, "x")]));
    await client.closed();
  });

  test("is closed when unread replies are beyond client-output-buffer-limit", async () => {
    const off = { hardBytes: 0, softBytes: 0, softSeconds: 0 };
    const server = await serve({
      "client-output-buffer-limit": {
        normal: { ...off, hardBytes: 1 << 20 },
        replica: off,
        pubsub: off,
      },
    });
    const [greedy, other] = [await server.client(), await server.client()];
    await other.call("SET", "big", Buffer.alloc(16 << 20, "x"));
    greedy.write(encodeRequest(["GET", "big"]));
    await greedy.closed();
    expect(String(await other.call("PING"))).toBe("PONG");
  });

  test("may send no more than ten short arguments before it authenticates", async () => {
    const server = await serve({ requirepass: "secret" });
    const client = await server.client();
    expect((await client.exchange("GET", "k")).bytes.toString()).toBe("-NOAUTH Authentication required.\r\n");
    client.write("*11\r\n");
    expect(await farewell(client)).toBe("-ERR Protocol error: unauthenticated multibulk length\r\n");
    const second = await server.client();
    second.write("*2\r\n$4\r\nAUTH\r\n$16385\r\n");
    expect(await farewell(second)).toBe("-ERR Protocol error: unauthenticated bulk length\r\n");
    const third = await server.client();
    const sent = [
      ["AUTH", "secret"],
      ["MSET", ...Array.from({ length: 20 }, () => "x")],
    ];
    const [auth, mset] = await third.pipeline(sent);
    expect([auth?.bytes.toString(), mset?.bytes.toString()]).toEqual(["+OK\r\n", "+OK\r\n"]);
  });

  test("proto-max-bulk-len is the longest argument, and may change", async () => {
    const server = await serve({ "proto-max-bulk-len": 1 << 20 });
    const client = await server.client();
    await client.call("CONFIG", "SET", "proto-max-bulk-len", "2097152");
    await client.call("SET", "k", Buffer.alloc((1 << 20) + 1));
    client.write("*2\r\n$3\r\nGET\r\n$2097153\r\n");
    expect(await farewell(client)).toBe("-ERR Protocol error: invalid bulk length\r\n");
  });

  test("gets the replies to requests before a protocol error", async () => {
    const server = await serve({});
    const client = await server.client();
    const replies = [client.next(), client.next()];
    client.write("PING\r\n*1\r\n!bad\r\nPING\r\n");
    expect((await Promise.all(replies)).map(({ bytes }) => bytes.toString())).toEqual([
      "+PONG\r\n",
      "-ERR Protocol error: expected '$', got '!'\r\n",
    ]);
    await client.closed();
  });
});
