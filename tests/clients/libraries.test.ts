/** Libraries that keep their work in Redis, at their everyday work. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Job, Queue, QueueEvents, Worker } from "bullmq";
import { RedisStore } from "connect-redis";
import { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { createClient } from "redis";
import Redlock from "redlock";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function ioredis(): Promise<Redis> {
  const client = new Redis(server.port, "127.0.0.1", { lazyConnect: true });
  await client.connect();
  onTestFinished(() => client.disconnect());
  return client;
}

/** Waits until something holds, for as long as the test may last. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10);
}

describe("BullMQ", () => {
  const connection = () => ({ host: "127.0.0.1", port: server.port, maxRetriesPerRequest: null });

  function opened(name: string) {
    const queue = new Queue(name, { connection: connection() });
    const events = new QueueEvents(name, { connection: connection() });
    onTestFinished(async () => {
      await events.close();
      await queue.close();
    });
    return { queue, events };
  }

  function working(name: string, work: (job: Job) => Promise<unknown>, concurrency = 1): Worker {
    const worker = new Worker(name, work, {
      connection: connection(),
      concurrency,
      stalledInterval: 500,
      lockDuration: 1000,
    });
    // Without a listener an error ends the process.
    worker.on("error", () => undefined);
    onTestFinished(() => worker.close(true));
    return worker;
  }

  test("jobs are done once each, by priority and with their results", async () => {
    const { queue, events } = opened("plain");
    await events.waitUntilReady();
    const jobs = await queue.addBulk(
      Array.from({ length: 50 }, (_, at) => ({ name: "double", data: { at }, opts: { priority: 50 - at } })),
    );
    const done: number[] = [];
    working("plain", async ({ data }) => {
      done.push(data.at);
      return data.at * 2;
    });
    expect(await jobs[0]?.waitUntilFinished(events)).toBe(0);
    await until(async () => (await queue.getCompletedCount()) === 50);
    expect(done).toEqual(Array.from({ length: 50 }, (_, at) => 49 - at));
    expect(await queue.getJobCounts("waiting", "active", "failed", "prioritized")).toMatchObject({
      waiting: 0,
      active: 0,
      failed: 0,
      prioritized: 0,
    });
  }, 30_000);

  test("a job that fails is tried again, and then kept as failed", async () => {
    const { queue } = opened("failing");
    await queue.add("flaky", {}, { attempts: 3, backoff: { type: "fixed", delay: 20 } });
    await queue.add("hopeless", {}, { attempts: 2 });
    working("failing", async ({ name, attemptsMade }) => {
      if (name === "hopeless" || attemptsMade < 2) throw new Error(`${name} fails`);
      return "at last";
    });
    await until(async () => {
      const { completed, failed } = await queue.getJobCounts("completed", "failed");
      return completed === 1 && failed === 1;
    });
    expect((await queue.getCompleted())[0]).toMatchObject({ name: "flaky", returnvalue: "at last" });
    const [failed] = await queue.getFailed();
    expect(failed).toMatchObject({ name: "hopeless", failedReason: "hopeless fails", attemptsMade: 2 });
    await failed?.retry();
    await until(async () => (await queue.getFailedCount()) === 1);
  }, 30_000);

  test("delayed and repeated jobs run when they are due, and a queue can pause", async () => {
    const { queue } = opened("later");
    await queue.pause();
    await queue.add("delayed", {}, { delay: 50 });
    await queue.upsertJobScheduler("tick", { every: 100, limit: 3 }, { name: "tick" });
    const done: string[] = [];
    working("later", async ({ name }) => void done.push(name));
    expect(await queue.isPaused()).toBe(true);
    expect(done).toEqual([]);
    await queue.resume();
    await until(() => done.filter((name) => name === "tick").length >= 2 && done.includes("delayed"));
    await queue.removeJobScheduler("tick");
    expect(await queue.getJobSchedulersCount()).toBe(0);
  }, 30_000);

  test("another worker does the job of a worker that is gone", async () => {
    const { queue } = opened("stalled");
    await queue.add("left", {});
    let isTaken = false;
    const gone = working("stalled", () => {
      isTaken = true;
      return new Promise(() => undefined);
    });
    await until(() => isTaken);
    await gone.close(true);
    working("stalled", async () => "taken over");
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect((await queue.getCompleted())[0]?.returnvalue).toBe("taken over");
    await queue.obliterate({ force: true });
    expect(await (await ioredis()).keys("bull:stalled:*")).toEqual([]);
  }, 30_000);
});

test("connect-redis keeps, finds, lists, prolongs and forgets sessions", async () => {
  const client = createClient({ url: `redis://127.0.0.1:${server.port}` });
  await client.connect();
  onTestFinished(() => client.destroy());
  const store = new RedisStore({ client, prefix: "session:", ttl: 600 });
  const session = (user: string) =>
    ({ user, cookie: { originalMaxAge: 60_000 } }) as unknown as Parameters<typeof store.set>[1];
  await store.set("one", session("anna"));
  await store.set("two", session("bert"));
  expect(await store.get("one")).toMatchObject({ user: "anna" });
  expect(await client.ttl("session:one")).toBeGreaterThan(500);
  await client.expire("session:one", 5);
  await store.touch("one", session("anna"));
  expect(await client.ttl("session:one")).toBeGreaterThan(500);
  expect(await store.length()).toBe(2);
  expect(((await store.ids()) as string[]).toSorted()).toEqual(["one", "two"]);
  expect(await store.all()).toHaveLength(2);
  await store.destroy("one");
  expect(await store.get("one")).toBeFalsy();
  await store.clear();
  expect(await store.length()).toBe(0);
});

test("rate-limiter-flexible admits up to its limit, blocks, rewards and penalizes", async () => {
  const limiter = new RateLimiterRedis({
    storeClient: await ioredis(),
    keyPrefix: "limit",
    points: 3,
    duration: 100,
    blockDuration: 200,
  });
  for (const left of [2, 1, 0])
    expect(await limiter.consume("anna")).toMatchObject({ remainingPoints: left });
  const refusal: unknown = await limiter.consume("anna").catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(RateLimiterRes);
  expect((await limiter.get("anna"))?.msBeforeNext).toBeGreaterThan(100_000);
  expect(await limiter.consume("bert", 2)).toMatchObject({ remainingPoints: 1 });
  await limiter.penalty("bert");
  await limiter.reward("bert", 2);
  expect(await limiter.get("bert")).toMatchObject({ consumedPoints: 1 });
  expect(await limiter.delete("anna")).toBe(true);
  expect(await limiter.get("anna")).toBeNull();
});

test("redlock locks, refuses another one, prolongs and unlocks", async () => {
  const client = await ioredis();
  const redlock = new Redlock([client], { retryCount: 0 });
  const lock = await redlock.lock("lock:order", 60_000);
  await expect(redlock.lock("lock:order", 60_000)).rejects.toThrow(/attempts to lock/);
  await client.pexpire("lock:order", 1000);
  await lock.extend(60_000);
  expect(await client.pttl("lock:order")).toBeGreaterThan(1000);
  await lock.unlock();
  expect(await client.exists("lock:order")).toBe(0);
  await (await redlock.lock(["lock:a", "lock:b"], 60_000)).unlock();
  await expect(redlock.unlock(lock)).rejects.toThrow(/fully release|unlock/i);
});
