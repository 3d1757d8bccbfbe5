/** Scripts as client libraries run them: by EVALSHA, and by EVAL when the server does not have them. */
import { Redis } from "ioredis";
import { createClient, defineScript } from "redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

/** Admits so many requests in a window of time: how many are left, and how long the window lasts. */
const LIMIT = `
  local count = redis.call('INCR', KEYS[1])
  if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  return {math.max(-1, tonumber(ARGV[1]) - count), redis.call('PTTL', KEYS[1]) > 0 and 1 or 0}`;

/** Gives up a lock, if it is still held by the same token. */
const UNLOCK = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe("ioredis", () => {
  test("defineCommand() runs a rate limiter, also after the server has forgotten it", async () => {
    const client = new Redis(server.port, "127.0.0.1", { lazyConnect: true });
    await client.connect();
    onTestFinished(() => client.disconnect());
    client.defineCommand("limit", { numberOfKeys: 1, lua: LIMIT });
    const limit: unknown = Reflect.get(client, "limit");
    if (typeof limit !== "function") throw new Error("there is no such command");
    const admitted = () => Reflect.apply(limit, client, ["requests", 3, 60000]);
    expect(await admitted()).toEqual([2, 1]);
    await client.call("SCRIPT", "FLUSH");
    expect(await admitted()).toEqual([1, 1]);
    expect(await admitted()).toEqual([0, 1]);
    expect(await admitted()).toEqual([-1, 1]);
    expect(await client.pipeline().eval(UNLOCK, 1, "lock", "token").get("requests").exec()).toEqual([
      [null, 0],
      [null, "4"],
    ]);
  });

  test("a script does not release the lock of another client", async () => {
    const client = new Redis(server.port, "127.0.0.1", { lazyConnect: true });
    await client.connect();
    onTestFinished(() => client.disconnect());
    expect(await client.set("lock", "one", "PX", 60000, "NX")).toBe("OK");
    expect(await client.set("lock", "two", "PX", 60000, "NX")).toBeNull();
    expect(await client.eval(UNLOCK, 1, "lock", "two")).toBe(0);
    expect(await client.eval(UNLOCK, 1, "lock", "one")).toBe(1);
    expect(await client.set("lock", "two", "PX", 60000, "NX")).toBe("OK");
  });
});

describe("node-redis", () => {
  test("defineScript() runs a script, also within MULTI", async () => {
    const add = defineScript({
      NUMBER_OF_KEYS: 1,
      SCRIPT: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
      parseCommand(parser, key: string, by: number) {
        parser.pushKey(key);
        parser.push(String(by));
      },
      transformReply: (reply: unknown) => Number(reply),
    });
    const client = createClient({ url: `redis://127.0.0.1:${server.port}`, scripts: { add } });
    await client.connect();
    onTestFinished(() => client.destroy());
    expect(await client.add("sum", 5)).toBe(5);
    await client.scriptFlush();
    expect(await client.add("sum", 2)).toBe(7);
    expect(await client.eval("return {KEYS[1], ARGV[1]}", { keys: ["k"], arguments: ["a"] })).toEqual([
      "k",
      "a",
    ]);
  });
});
