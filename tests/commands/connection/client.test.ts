import { readlinkSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { encodeRequest } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

interface Served {
  readonly server: TestServer;
  readonly clock: VirtualClock;
}

async function serve(config = {}): Promise<Served> {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock, config });
  onTestFinished(() => server.close());
  return { server, clock };
}

const text = (value: unknown) => String(value);

describe("CLIENT LIST", () => {
  test("shows each connection, and those asked for by id", async () => {
    const { server, clock } = await serve();
    const [a, b] = [await server.client(), await server.client()];
    await a.call("CLIENT", "SETNAME", "first");
    await a.call("CLIENT", "SETINFO", "LIB-NAME", "lib");
    await a.call("CLIENT", "SETINFO", "lib-ver", "1.2");
    await a.call("SELECT", "3");
    clock.advance(5000);
    await b.call("MULTI");
    await b.call("GET", "k");
    const lines = text(await a.call("CLIENT", "LIST")).split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(
      /^id=1 addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ fd=\d+ name=first age=5 idle=0 flags=N db=3 .* cmd=client\|list user=default redir=-1 resp=2 lib-name=lib lib-ver=1\.2$/,
    );
    expect(lines[1]).toMatch(/^id=2 .* flags=x db=0 .* multi=1 .* cmd=get /);
    expect(text(await a.call("CLIENT", "LIST", "ID", "2", "77"))).toMatch(/^id=2 [^\n]*\n$/);
  });
});

describe("CLIENT KILL", () => {
  test("closes other connections by address, and ends their WATCH", async () => {
    const { server } = await serve();
    const [self, other] = [await server.client(), await server.client()];
    await other.call("WATCH", "k");
    const address = /addr=(\S+)/.exec(text(await other.call("CLIENT", "INFO")))?.[1] ?? "";
    expect(text(await self.call("CLIENT", "KILL", address))).toBe("OK");
    await other.closed();
    expect(server.context.watches.size).toBe(0);
    expect(server.context.sessions.size).toBe(1);
  });

  test("closes its own connection only with SKIPME no, and replies first", async () => {
    const { server } = await serve();
    const [self, other] = [await server.client(), await server.client()];
    await other.call("PING");
    expect(await self.call("CLIENT", "KILL", "TYPE", "normal")).toBe(1);
    await other.closed();
    expect(await self.call("CLIENT", "KILL", "USER", "default", "SKIPME", "no")).toBe(1);
    await self.closed();
  });
});

describe("CLIENT REPLY", () => {
  test("SKIP suppresses one reply, OFF all replies until ON", async () => {
    const { server } = await serve();
    const client = await server.client();
    const replies = [client.next(), client.next(), client.next()];
    const requests = [
      ["CLIENT", "REPLY", "SKIP"],
      ["SET", "k", "1"],
      ["GET", "k"],
      ["CLIENT", "REPLY", "OFF"],
      ["SET", "k", "2"],
      ["CLIENT", "REPLY", "SKIP"],
      ["NOSUCHCOMMAND"],
      ["CLIENT", "REPLY", "ON"],
      ["GET", "k"],
    ];
    client.write(Buffer.concat(requests.map(encodeRequest)));
    const values = (await Promise.all(replies)).map(({ value }) => text(value));
    expect(values).toEqual(["1", "OK", "2"]);
  });
});

describe("CLIENT PAUSE", () => {
  test("WRITE holds writes back until it ends, and lets reads pass", async () => {
    const { server, clock } = await serve();
    const [a, b] = [await server.client(), await server.client()];
    await a.call("CLIENT", "PAUSE", "1000", "WRITE");
    const written = b.call("SET", "k", "1");
    expect(await a.call("GET", "k")).toBeNull();
    clock.advance(999);
    expect(await a.call("GET", "k")).toBeNull();
    clock.advance(1);
    expect(text(await written)).toBe("OK");
    expect(text(await a.call("GET", "k"))).toBe("1");
  });

  test("WRITE holds back an EXEC with a write in its queue, in order with what follows it", async () => {
    const { server } = await serve();
    const [a, b] = [await server.client(), await server.client()];
    await b.pipeline([["MULTI"], ["INCR", "k"]]);
    await a.call("CLIENT", "PAUSE", "100000", "WRITE");
    const held = b.pipeline([["EXEC"], ["GET", "k"]]);
    expect(await a.call("GET", "k")).toBeNull();
    expect(String(await a.call("INFO", "clients"))).toContain("blocked_clients:1\r\n");
    expect(String(await a.call("CLIENT", "LIST"))).toMatch(/ flags=xb .* argv-mem=4 .* cmd=incr /);
    await a.call("CLIENT", "UNPAUSE");
    const [exec, get] = await held;
    expect(exec?.bytes.toString()).toBe("*1\r\n:1\r\n");
    expect(get?.bytes.toString()).toBe("$1\r\n1\r\n");
    expect(String(await a.call("INFO", "clients"))).toContain("blocked_clients:0\r\n");
  });

  test("ALL holds back every command, and the stricter and longer of two pauses applies", async () => {
    const { server, clock } = await serve();
    const [a, b] = [await server.client(), await server.client()];
    await a.pipeline([["CLIENT", "PAUSE", "1000", "ALL"]]);
    const pong = b.call("PING");
    clock.advance(999);
    expect(server.context.statistics.commands.get("ping")?.calls ?? 0).toBe(0);
    clock.advance(1);
    expect(text(await pong)).toBe("PONG");
  });

  test("keys do not expire by themselves while writes are held back", async () => {
    const { server, clock } = await serve();
    const client = await server.client();
    await client.call("SET", "k", "v", "PX", "100");
    await client.call("CLIENT", "PAUSE", "1000", "WRITE");
    clock.advance(500);
    expect(await client.call("GET", "k")).toBeNull();
    clock.advance(501);
    expect(await client.call("DBSIZE")).toBe(0);
  });
});

describe("AUTH and HELLO", () => {
  test("a password that is set at run time applies to new connections only", async () => {
    const { server } = await serve();
    const old = await server.client();
    await old.call("CONFIG", "SET", "requirepass", "s\u00e9cret");
    expect(text(await old.call("PING"))).toBe("PONG");
    const client = await server.client();
    const refused = async (...args: string[]) => (await client.exchange(...args)).bytes.toString();
    expect(await refused("PING")).toBe("-NOAUTH Authentication required.\r\n");
    expect(await refused("HELLO", "3")).toMatch(/^-NOAUTH HELLO must be called with the client already/);
    expect(await refused("AUTH", "wrong")).toMatch(/^-WRONGPASS /);
    expect(await refused("NOSUCH")).toMatch(/^-ERR unknown command/);
    expect(await refused("GET")).toMatch(/^-ERR wrong number of arguments/);
    expect(await refused("QUIT", "x")).toBe("+OK\r\n");
    const second = await server.client();
    await second.call("HELLO", "3", "AUTH", "default", "s\u00e9cret", "SETNAME", "me");
    expect(text(await second.call("CLIENT", "GETNAME"))).toBe("me");
    expect(text(await second.call("RESET"))).toBe("RESET");
    expect((await second.exchange("PING")).bytes.toString()).toBe("-NOAUTH Authentication required.\r\n");
  });

  test("connections need no password after it is removed", async () => {
    const { server } = await serve({ requirepass: "secret" });
    const [a, b] = [await server.client(), await server.client()];
    expect((await b.exchange("PING")).bytes.toString()).toBe("-NOAUTH Authentication required.\r\n");
    await a.call("AUTH", "secret");
    await a.call("CONFIG", "SET", "requirepass", "");
    expect(text(await b.call("PING"))).toBe("PONG");
  });
});

describe("the figures of CLIENT LIST", () => {
  const fieldsOf = (line: string | undefined) =>
    Object.fromEntries((line ?? "").split(" ").map((pair) => pair.split("=") as [string, string]));

  test("include the current request and the number of the socket", async () => {
    const { server } = await serve();
    const client = await server.client();
    const own = fieldsOf(text(await client.call("CLIENT", "LIST")));
    // As redis-server 7.0.15 has them for this request.
    expect([own["qbuf"], own["argv-mem"]]).toEqual(["26", "10"]);
    expect(readlinkSync(`/proc/self/fd/${own["fd"]}`)).toMatch(/^socket:/);
  });

  test("include the memory of an unfinished request, a MULTI and a blocked request", async () => {
    const { server } = await serve();
    const [asking, halfway, queueing, waiting] = [
      await server.client(),
      await server.client(),
      await server.client(),
      await server.client(),
    ];
    halfway.write(`*3\r\n$3\r\nSET\r\n$4\r\nname\r\n$1000\r\n${"x".repeat(300)}`);
    await queueing.pipeline([["MULTI"], ["SET", "k", Buffer.alloc(500)]]);
    const answered = waiting.call("XREAD", "BLOCK", "0", "STREAMS", "stream", "$");
    const lineOf = async (id: number) => fieldsOf(text(await asking.call("CLIENT", "LIST", "ID", id)));
    await expect.poll(async () => (await lineOf(4))["flags"]).toBe("b");
    await expect.poll(async () => Number((await lineOf(2))["qbuf"])).toBeGreaterThan(300);
    const half = await lineOf(2);
    expect(half["argv-mem"]).toBe("7");
    expect(Number(half["qbuf-free"])).toBeGreaterThanOrEqual(0);
    expect(Number(half["tot-mem"])).toBeGreaterThanOrEqual(4096 + Number(half["qbuf"]));
    expect(Number((await lineOf(3))["multi-mem"])).toBeGreaterThan(500);
    expect((await lineOf(4))["argv-mem"]).toBe("25");
    await asking.call("XADD", "stream", "1-1", "f", "v");
    await answered;
    expect((await lineOf(4))["argv-mem"]).toBe("0");
  });
});
