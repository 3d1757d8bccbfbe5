/** What waits for a time when the system's clock is set back: it comes in about real time, as if nothing were. */
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { TestClient } from "../support/client.ts";
import { HandTurnedTime, START_MS } from "../support/hand-turned-time.ts";
import { startTestServer } from "../support/server.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A server whose clock was at START_MS and was then set back, or ahead and back again. */
async function started() {
  const sources = new HandTurnedTime();
  const server = await startTestServer({ clock: systemClock({ sources }) });
  onTestFinished(() => server.close());
  return { sources, client: await server.client(), other: await server.client() };
}

const jumps: ReadonlyArray<
  readonly [string, (sources: HandTurnedTime, client: TestClient) => Promise<void>]
> = [
  ["by a minute", async (sources) => sources.setWall(-MINUTE_MS)],
  [
    "after a glitch of a day",
    async (sources, client) => {
      sources.setWall(DAY_MS);
      sources.pass(600);
      await client.call("PING");
      sources.setWall(-DAY_MS);
    },
  ],
];

test.each(jumps)("a key with PX expires in about its time when the clock is set back %s", async (_, jump) => {
  const { sources, client } = await started();
  await jump(sources, client);
  await client.call("SET", "k", "v", "PX", 500);
  sources.pass(400);
  expect(await client.call("EXISTS", "k")).toBe(1);
  sources.pass(200);
  expect(await client.call("EXISTS", "k")).toBe(0);
  expect(await client.call("DBSIZE")).toBe(0);
});

test.each(jumps)("XREAD BLOCK returns in about its time when the clock is set back %s", async (_, jump) => {
  const { sources, client, other } = await started();
  await jump(sources, client);
  const reply = client.call("XREAD", "BLOCK", 500, "STREAMS", "s", "$");
  await other.call("PING");
  sources.pass(600);
  expect(await reply).toBe(null);
});

test.each(jumps)("a timer fires in about its time when the clock is set back %s", async (_, jump) => {
  const { sources, client } = await started();
  await client.call("SM.DEF", "CREATE", "d", '{"states":{"a":{"after":{"500ms":"b"}},"b":{}}}');
  await jump(sources, client);
  await client.call("SM.CREATE", "k", "d");
  sources.pass(400);
  expect(String(await client.call("SM.STATE", "k"))).toBe("a");
  sources.pass(200);
  await client.call("PING");
  expect(String(await client.call("SM.STATE", "k"))).toBe("b");
});

test.each(jumps)("CLIENT PAUSE ends in about its time when the clock is set back %s", async (_, jump) => {
  const { sources, client, other } = await started();
  await jump(sources, client);
  await client.call("CLIENT", "PAUSE", 500, "WRITE");
  const reply = client.call("SET", "k", "v");
  await other.call("PING");
  sources.pass(600);
  expect(String(await reply)).toBe("OK");
});

test("TIME and the ids of entries go on in order when the clock is set back", async () => {
  const { sources, client } = await started();
  const first = String(await client.call("XADD", "s", "*", "f", "v"));
  expect(first).toBe(`${START_MS}-0`);
  sources.setWall(-MINUTE_MS);
  sources.pass(1000);
  expect(String(await client.call("XADD", "s", "*", "f", "v"))).toBe(`${START_MS + 900}-0`);
  expect(String(await client.call("TIME"))).toBe(`${START_MS / 1000},900000`);
});
