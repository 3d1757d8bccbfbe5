import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { Connection } from "../../src/net/connection.ts";
import { encodeRequest, TestClient } from "../support/client.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

async function serve(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function open(port: number, allowHalfOpen: boolean): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen });
  await once(socket, "connect");
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("latin1");
}

describe("a connection", () => {
  test("QUIT in a pipeline is answered, and later requests are not run", async () => {
    const server = await serve();
    const socket = await open(server.port, false);
    socket.write("SET k 1\r\nQUIT\r\nSET k 2\r\nPING\r\n");
    expect(await readToEnd(socket)).toBe("+OK\r\n+OK\r\n");
    const client = await server.client();
    expect(String(await client.call("GET", "k"))).toBe("1");
  });

  test("a client that has closed its side gets the replies to what it sent", async () => {
    const server = await serve();
    const socket = await open(server.port, true);
    socket.end("SET k 1\r\nINCR k\r\nPING\r\n*2\r\n$3\r\nGET\r\n");
    expect(await readToEnd(socket)).toBe("+OK\r\n:2\r\n+PONG\r\n");
  });

  test("a client that has closed its side before its request begins to wait is let go", async () => {
    const server = await serve({ clock: new VirtualClock() });
    const client = await server.client();
    await client.call("CLIENT", "PAUSE", 1000, "WRITE");
    const socket = await open(server.port, true);
    socket.end("PING\r\nBLPOP k 0\r\nPING\r\n");
    const hasEnded = () =>
      [...server.context.sessions.all()].some((one) => {
        const connection = server.context.sessions.connectionOf(one);
        return connection instanceof Connection && connection.isInputEnded;
      });
    while (!hasEnded()) await new Promise((resolve) => setImmediate(resolve));
    await client.call("CLIENT", "UNPAUSE");
    expect(await readToEnd(socket)).toBe("+PONG\r\n");
    expect(server.context.waiters.size).toBe(0);
  });

  test("a client that disconnects in the middle of a request leaves nothing behind", async () => {
    const server = await serve();
    const client = await server.client();
    const gone = await TestClient.connect(server.port);
    await gone.call("WATCH", "k");
    expect(server.context.watches.size).toBe(1);
    gone.write("*2\r\n$3\r\nGET\r\n$100\r\nhalf");
    await gone.close();
    await client.call("PING");
    expect(server.context.sessions.size).toBe(1);
    expect(server.context.watches.size).toBe(0);
  });

  test("a client that reads no replies takes a bounded amount of memory, and gets them all later", async () => {
    const server = await serve();
    const other = await server.client();
    await other.call("SET", "big", Buffer.alloc(100_000, "x"));
    const slow = await open(server.port, false);
    slow.pause();
    const requestCount = 1000;
    for (let at = 0; at < requestCount; at += 1) slow.write(encodeRequest(["GET", "big"]));
    for (let round = 0; round < 50; round += 1) expect(String(await other.call("PING"))).toBe("PONG");
    const [session] = [...server.context.sessions.all()].filter(({ requestCount: count }) => count > 100);
    const waiting = [...server.context.sessions.all()].map(
      (one) => server.context.sessions.connectionOf(one)?.outputBytes ?? 0,
    );
    expect(session).toBeUndefined();
    expect(Math.max(...waiting)).toBeLessThan(8 << 20);
    let received = 0;
    const end = "$100000\r\n".length + 100_000 + 2;
    slow.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received === end * requestCount) slow.end();
    });
    slow.resume();
    await once(slow, "close");
    expect(received).toBe(end * requestCount);
  });

  test("a long pipeline of one client does not keep others waiting", async () => {
    const server = await serve();
    const [busy, other] = [await server.client(), await server.client()];
    const long = busy.pipeline(Array.from({ length: 20_000 }, (_, at) => ["SET", `k${at}`, "v"]));
    expect(String(await other.call("PING"))).toBe("PONG");
    expect(server.context.statistics.commandCount).toBeLessThan(20_000);
    expect(await long).toHaveLength(20_000);
  });

  test("many connections are served at a time", async () => {
    const server = await serve();
    const clients = await Promise.all(Array.from({ length: 500 }, () => server.client()));
    const replies = await Promise.all(clients.map((client, at) => client.call("SET", `k${at}`, "v")));
    expect(replies).toHaveLength(500);
    const [first] = clients;
    expect(await first?.call("DBSIZE")).toBe(500);
  });

  test("a Unix socket serves as a port does", async () => {
    const path = `${temporaryDirectory()}/detent.sock`;
    const server = await serve({ config: { unixsocket: path, unixsocketperm: 0o700 } });
    const client = await TestClient.connect(path);
    expect(String(await client.call("PING"))).toBe("PONG");
    expect(String(await client.call("CLIENT", "INFO"))).toContain(`addr=${path}:0 laddr=${path}:0 `);
    await client.close();
    expect(server.context.sessions.size).toBe(0);
  });

  test("every byte of a request may come in a packet of its own", async () => {
    const server = await serve();
    const client = await server.client();
    const reply = client.next();
    for (const byte of encodeRequest(["ECHO", "split"])) {
      client.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(String((await reply).value)).toBe("split");
  });
});

describe("the end of the server", () => {
  test("does not wait for clients that are idle and do not read", async () => {
    // Nobody turns this clock: what waits for a time waits for ever.
    const server = await startTestServer({ clock: new VirtualClock() });
    const idle = await Promise.all(Array.from({ length: 10 }, () => open(server.port, true)));
    const [subscriber] = idle;
    subscriber?.write(encodeRequest(["SUBSCRIBE", "channel"]));
    const client = await server.client();
    await client.call("PING");
    await server.close();
    await client.closed();
  });

  test("gives a client that does not read the replies to what it sent", async () => {
    const server = await startTestServer({ clock: new VirtualClock() });
    const slow = await open(server.port, true);
    for (let at = 0; at < 100; at += 1) slow.write(encodeRequest(["ECHO", `${at}`]));
    const client = await server.client();
    await expect
      .poll(() => [...server.context.sessions.all()].map(({ requestCount }) => requestCount))
      .toContain(100);
    await client.close();
    await server.close();
    expect((await readToEnd(slow)).split("\r\n")).toHaveLength(201);
  });

  test("disconnects a client that reads none of its replies, after a second", async () => {
    const clock = new VirtualClock();
    const server = await startTestServer({ clock });
    const [greedy, client] = [await open(server.port, true), await server.client()];
    await client.call("SET", "big", Buffer.alloc(16 << 20, "x"));
    greedy.write(encodeRequest(["GET", "big"]));
    await expect.poll(() => outputBytes(server)).toBeGreaterThan(1 << 20);
    let isClosed = false;
    const closed = server.close().then(() => {
      isClosed = true;
    });
    await client.closed();
    for (let round = 0; round < 10; round += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    clock.advance(1000);
    await closed;
  });
});

function outputBytes({ context: { sessions } }: TestServer): number {
  return Math.max(...[...sessions.all()].map((one) => sessions.connectionOf(one)?.outputBytes ?? 0));
}
