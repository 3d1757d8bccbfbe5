/** What an operator and client libraries ask of a server about itself: ROLE, WAIT, WAITAOF, MEMORY, LATENCY DOCTOR. */
import { expect, onTestFinished, test } from "vitest";
import type { ConfigValues } from "../../../src/config/directives.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

async function serve(config: Partial<ConfigValues> = {}) {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock, config });
  onTestFinished(() => server.close());
  return { clock, server, client: await server.client() };
}

test("WAIT waits until its timeout, since there are no replicas", async () => {
  const { clock, server, client } = await serve();
  const other = await server.client();
  const reply = client.call("WAIT", 1, 500);
  await expect.poll(async () => String(await other.call("INFO", "clients"))).toContain("blocked_clients:1");
  clock.advance(499);
  await other.call("PING");
  expect(server.context.waiters.size).toBe(1);
  clock.advance(1);
  expect(await reply).toBe(0);
});

test("WAIT without a time waits until CLIENT UNBLOCK ends it", async () => {
  const { server, client } = await serve();
  const other = await server.client();
  const id = Number(await client.call("CLIENT", "ID"));
  const reply = client.call("WAIT", 1, 0);
  await expect.poll(() => server.context.waiters.size).toBe(1);
  expect(await other.call("CLIENT", "UNBLOCK", id)).toBe(1);
  expect(await reply).toBe(0);
});

test.each(["always", "everysec", "no"] as const)(
  "WAITAOF brings writes to disk with appendfsync %s",
  async (appendfsync) => {
    const { clock, server, client } = await serve({ appendfsync });
    await client.call("SET", "k", "v");
    expect(await client.call("WAITAOF", 1, 0, 0)).toEqual([1, 0]);
    expect(server.context.partitions.home.store.status().unflushedCommits).toBe(0);
    const reply = client.call("WAITAOF", 1, 1, 100);
    await expect.poll(() => server.context.waiters.size).toBe(1);
    clock.advance(100);
    expect(await reply).toEqual([1, 0]);
  },
);

test.each([
  [["2", "0", "0"], "-ERR value is out of range, value must between 0 and 1\r\n"],
  [["0", "-1", "0"], "-ERR value is out of range, must be positive\r\n"],
  [["0", "0", "-1"], "-ERR timeout is negative\r\n"],
  [["0", "0", "x"], "-ERR timeout is not an integer or out of range\r\n"],
  [["x", "0", "0"], "-ERR value is not an integer or out of range\r\n"],
])("WAITAOF refuses %j", async (args, reply) => {
  const { client } = await serve();
  expect((await client.exchange("WAITAOF", ...args)).bytes.toString()).toBe(reply);
});

test("MEMORY STATS, DOCTOR and MALLOC-STATS report memory", async () => {
  const { client } = await serve();
  await client.call("HELLO", "3");
  await client.call("MSET", "a", "1", "b", "2");
  const { bytes } = await client.exchange("MEMORY", "STATS");
  expect(bytes.toString()).toContain("$10\r\nkeys.count\r\n:2\r\n");
  expect(bytes.toString()).toMatch(/\$13\r\nfragmentation\r\n,\d/);
  expect(String(await client.call("MEMORY", "DOCTOR"))).toMatch(/memory/i);
  expect(String(await client.call("MEMORY", "MALLOC-STATS"))).toMatch(/^total_heap_size: \d+\n/);
});

test("LATENCY DOCTOR says how to record slow moments, that there are none, and what they are", async () => {
  const { client, clock, server } = await serve();
  expect(String(await client.call("LATENCY", "DOCTOR"))).toContain("CONFIG SET latency-monitor-threshold");
  await client.call("CONFIG", "SET", "latency-monitor-threshold", "1000");
  expect(String(await client.call("LATENCY", "DOCTOR"))).toBe(
    "No moment of 1000 ms or more has been recorded.\n",
  );
  await client.call("CONFIG", "SET", "latency-monitor-threshold", "5");
  server.context.latencyLog.add("command", 20, clock.now());
  expect(String(await client.call("LATENCY", "DOCTOR"))).toMatch(
    /^Moments of 5 ms or more:\n\n1\. command: 1 recorded, 20 ms on average/,
  );
});
