/** testServer() of the client: a server in process whose clock is moved by hand. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type TestServer, testServer } from "../../src/client/client.ts";

let server: TestServer;
let redis: Redis;

beforeAll(async () => {
  server = await testServer({ now: Date.UTC(2026, 10, 29) });
  redis = new Redis(server.port, "127.0.0.1");
});

afterAll(async () => {
  redis.disconnect();
  await server.close();
});

test("timers fire at their times when the clock advances, including timers that are armed meanwhile", async () => {
  const client = createClient(redis);
  const step = (target: string) => ({ after: { "24h": target } });
  const states = { a: step("b"), b: step("c"), c: step("d"), d: { type: "final" as const } };
  await client.define("days", { initial: "a", states });
  await client.create("m", "days");
  await server.advance(24 * 3_600_000 - 1);
  expect(await client.state("m")).toEqual(["a"]);
  await server.advance(1);
  expect(await client.state("m")).toEqual(["b"]);
  await server.advance(48 * 3_600_000);
  expect(await client.state("m")).toEqual(["d"]);
  const stamps = (await client.history("m")).map(({ at }) => at);
  expect(stamps).toEqual([0, 1, 2, 3].map((day) => Date.UTC(2026, 10, 29) + day * 24 * 3_600_000));
});

test("keys expire when the clock advances", async () => {
  await redis.set("k", "v", "EX", 60);
  await server.advance(59_000);
  expect(await redis.get("k")).toBe("v");
  await server.advance(1000);
  expect(await redis.get("k")).toBeNull();
});

test("testServer().now() is the time of the server", async () => {
  const [seconds] = await redis.time();
  expect(Number(seconds) * 1000).toBe(server.now());
  await expect(server.advance(-1)).rejects.toThrow("time goes on, by 0 ms or more: -1");
});
