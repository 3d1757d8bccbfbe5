/** What all clients together, and those of one user, may take: maxmemory, sm-max-store-bytes, sm-user-limits. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConfigValues } from "../../src/config/directives.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { TestClient } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const MB = 1 << 20;
const OOM = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";

/** A server with as much memory as a test says, of which a collection may give some back. */
async function serve(config: Partial<ConfigValues> = {}) {
  const clock = new VirtualClock();
  const memory = { bytes: 50 * MB, garbage: 0, collections: 0 };
  const server = await startTestServer({
    clock,
    config,
    memory: {
      ownBytes: () => memory.bytes,
      collect: () => {
        memory.collections += 1;
        memory.bytes -= memory.garbage;
        memory.garbage = 0;
      },
    },
  });
  onTestFinished(() => server.close());
  return { server, clock, memory };
}

const bytesOf = async (client: TestClient, ...args: readonly string[]): Promise<string> =>
  (await client.exchange(...args)).bytes.toString();

describe("maxmemory", () => {
  test("refuses what may add something, and serves what reads and removes", async () => {
    const { server, clock, memory } = await serve({ maxmemory: 100 * MB });
    const client = await server.client();
    await client.pipeline([
      ["SET", "k", "v"],
      ["SM.SET", "m", '{"current":"","initial":"a","map":{"a":["b"]}}'],
    ]);
    memory.bytes = 101 * MB;
    clock.advance(100);
    for (const request of [
      ["SET", "k", "w"],
      ["APPEND", "k", "w"],
      ["XADD", "s", "*", "f", "v"],
      ["SM.MUTATE", "m", "b"],
    ]) {
      expect(await bytesOf(client, ...request), request.join(" ")).toBe(OOM);
    }
    expect(await bytesOf(client, "GET", "k")).toBe("$1\r\nv\r\n");
    expect(await bytesOf(client, "EXPIRE", "k", "100")).toBe(":1\r\n");
    expect(await bytesOf(client, "DEL", "k")).toBe(":1\r\n");
    expect(await bytesOf(client, "PING")).toBe("+PONG\r\n");
    expect(memory.collections).toBe(1);
    memory.bytes = 99 * MB;
    clock.advance(100);
    expect(await bytesOf(client, "SET", "k", "w")).toBe("+OK\r\n");
  });

  test("a transaction is refused as Redis refuses it: at the request, and at EXEC", async () => {
    const { server, clock, memory } = await serve({ maxmemory: 100 * MB });
    const client = await server.client();
    await client.pipeline([["MULTI"], ["SET", "k", "v"]]);
    memory.bytes = 101 * MB;
    clock.advance(100);
    expect(await bytesOf(client, "EXEC")).toBe(
      "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.\r\n",
    );
    const replies = await client.pipeline([["MULTI"], ["SET", "k", "v"], ["EXEC"]]);
    expect(replies.map(({ bytes }) => bytes.toString())).toEqual([
      "+OK\r\n",
      OOM,
      "-EXECABORT Transaction discarded because of previous errors.\r\n",
    ]);
    const reading = await client.pipeline([["MULTI"], ["GET", "k"], ["DEL", "k"], ["EXEC"]]);
    expect(reading.at(-1)?.bytes.toString()).toBe("*2\r\n$-1\r\n:0\r\n");
  });

  test("collects garbage first, and not more often than every two seconds", async () => {
    const { server, clock, memory } = await serve({ maxmemory: 100 * MB });
    const client = await server.client();
    memory.bytes = 150 * MB;
    memory.garbage = 60 * MB;
    clock.advance(100);
    expect(await bytesOf(client, "SET", "k", "v")).toBe("+OK\r\n");
    expect([memory.collections, memory.bytes]).toEqual([1, 90 * MB]);
    memory.bytes = 150 * MB;
    clock.advance(1900);
    expect([memory.collections, await bytesOf(client, "SET", "k", "v")]).toEqual([1, OOM]);
    clock.advance(100);
    expect(memory.collections).toBe(2);
  });

  test("CONFIG SET takes effect at once, and 0 ends it", async () => {
    const { server } = await serve();
    const client = await server.client();
    await client.call("CONFIG", "SET", "maxmemory", "49mb");
    expect(await bytesOf(client, "SET", "k", "v")).toBe(OOM);
    await client.call("CONFIG", "SET", "maxmemory", "0");
    expect(await bytesOf(client, "SET", "k", "v")).toBe("+OK\r\n");
  });
});

describe("sm-max-store-bytes", () => {
  async function serveFrom(config: Partial<ConfigValues>): Promise<TestServer> {
    const store = Store.open(temporaryDirectory(), OBJECT_TYPES);
    const server = await startTestServer({ store, config });
    onTestFinished(() => server.close());
    return server;
  }

  test("refuses writes when the store is full, and takes them again when something was deleted", async () => {
    const server = await serveFrom({ "sm-max-store-bytes": 4 * MB });
    const client = await server.client();
    const set = (at: number) => client.exchange("SET", `k${at}`, Buffer.alloc(100_000, "x"));
    const refused = "-OOM command not allowed when the store holds more than 'sm-max-store-bytes'.\r\n";
    let count = 0;
    await expect
      .poll(
        async () => {
          const reply = (await set(count)).bytes.toString();
          if (reply === "+OK\r\n") count += 1;
          return reply;
        },
        { interval: 5, timeout: 20_000 },
      )
      .toBe(refused);
    expect(count).toBeGreaterThan(20);
    expect(String(await client.call("GET", "k0"))).toHaveLength(100_000);
    for (let at = 0; at < count; at += 1) await client.call("DEL", `k${at}`);
    await expect.poll(async () => (await set(0)).bytes.toString(), { timeout: 20_000 }).toBe("+OK\r\n");
  }, 60_000);
});

describe("sm-user-limits", () => {
  test("bounds the requests of a user in a second, of all its connections together", async () => {
    const limits = [{ user: "slow", connections: 0, requestsPerSecond: 5 }];
    const { server, clock } = await serve({ "sm-user-limits": limits });
    const [admin, a, b] = [await server.client(), await server.client(), await server.client()];
    await admin.call("ACL", "SETUSER", "slow", "on", "nopass", "+@all", "~*");
    await a.call("AUTH", "slow", "x");
    await b.call("AUTH", "slow", "x");
    const refused = "-LIMIT user 'slow' may send 5 requests a second: wait and try again\r\n";
    const replies = [
      ...(await a.pipeline([["PING"], ["PING"], ["PING"]])),
      ...(await b.pipeline([["PING"], ["PING"], ["PING"], ["GET", "k"]])),
    ];
    expect(replies.map(({ bytes }) => bytes.toString())).toEqual([
      ...Array.from({ length: 5 }, () => "+PONG\r\n"),
      refused,
      refused,
    ]);
    expect((await admin.pipeline(Array.from({ length: 20 }, () => ["PING"]))).at(-1)?.bytes.toString()).toBe(
      "+PONG\r\n",
    );
    clock.advance(400);
    expect([await bytesOf(a, "PING"), await bytesOf(a, "PING"), await bytesOf(a, "PING")]).toEqual([
      "+PONG\r\n",
      "+PONG\r\n",
      refused,
    ]);
    // Logging in as somebody else is always possible.
    expect(await bytesOf(a, "AUTH", "default", "x")).toBe("+OK\r\n");
    await admin.call("CONFIG", "SET", "sm-user-limits", "");
    expect(await bytesOf(b, "PING")).toBe("+PONG\r\n");
  });

  test("bounds the connections of a user, and * those of each one that is not named", async () => {
    const { server } = await serve();
    const admin = await server.client();
    for (const name of ["one", "two"]) await admin.call("ACL", "SETUSER", name, "on", "nopass", "+@all");
    await admin.call("CONFIG", "SET", "sm-user-limits", "* 1 0 default 3 0 two 2 0");
    const [a, b] = [await server.client(), await server.client()];
    expect(await bytesOf(a, "AUTH", "one", "x")).toBe("+OK\r\n");
    expect(await bytesOf(a, "AUTH", "one", "x")).toBe("+OK\r\n");
    expect(await bytesOf(b, "HELLO", "2", "AUTH", "one", "x")).toBe(
      "-LIMIT user 'one' has as many connections as it may: close one of them\r\n",
    );
    expect(String(await b.call("ACL", "WHOAMI"))).toBe("default");
    expect(await bytesOf(b, "AUTH", "two", "x")).toBe("+OK\r\n");
    await server.client();
    await server.client();
    const turnedAway = await TestClient.connect(server.port);
    const farewell = turnedAway.next();
    await turnedAway.closed();
    expect((await farewell).bytes.toString()).toBe(
      "-LIMIT user 'default' has as many connections as it may: close one of them\r\n",
    );
  });

  test.each(["x", "a 1", "a 1 x", "a -1 0", "a 1 2 b"])("CONFIG SET refuses %j", async (value) => {
    const { server } = await serve();
    const client = await server.client();
    expect(await bytesOf(client, "CONFIG", "SET", "sm-user-limits", value)).toMatch(
      /Invalid user limits: give a user or \*, connections and requests a second, both 0 or more, for each/,
    );
  });
});
