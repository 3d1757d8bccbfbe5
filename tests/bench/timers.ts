/** A million timers that fall due at once, and what it costs that they are pending. */
import { TestClient } from "../support/client.ts";
import { type BenchServer, startDetent } from "./servers.ts";

const BATCH = 5000;
const SAMPLES = 2000;

/** All are due at one time, whenever they were made. */
const BURST = JSON.stringify({
  initial: "waiting",
  states: { waiting: { after: { "context.at - now": "over" } }, over: {} },
});
/** Each event cancels a timer and arms one. */
const BEAT = JSON.stringify({
  initial: "alive",
  states: {
    alive: { on: { BEAT: { target: "alive", reenter: true } }, after: { "1h": "lost" } },
    lost: {},
  },
});

/** @param fillMs how long it takes to make so many machines, about: the timers are due when all are there */
export async function measureTimers(directory: string, count: number, fillMs: number): Promise<void> {
  const server = await startDetent(directory);
  const client = await TestClient.connect(server.port);
  await client.call("SM.DEF", "CREATE", "burst", BURST);
  await client.call("SM.DEF", "CREATE", "beat", BEAT);
  await client.call("SM.CREATE", "beat", "beat");
  console.log(`\none timer pending: a beat takes ${shown(await beats(client))}`);
  const dueMs = Date.now() + 10_000 + 2 * fillMs;
  await fill(client, count, dueMs);
  console.log(`${count} timers pending: a beat takes ${shown(await beats(client))}`);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - Date.now())));
  await drain(server, client, count);
  await client.close();
  await server.stop();
}

async function fill(client: TestClient, count: number, dueMs: number): Promise<void> {
  const context = JSON.stringify({ at: dueMs });
  for (let first = 0; first < count; first += BATCH) {
    const requests = Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => {
      return ["SM.CREATE", `burst:${first + i}`, "burst", "CONTEXT", context];
    });
    await client.pipeline(requests);
  }
  if (Date.now() > dueMs) console.log("the machine is too slow: some timers were due before all were there");
}

/** Another client is served meanwhile: how long its requests take. */
async function drain(server: BenchServer, client: TestClient, count: number): Promise<void> {
  const other = await TestClient.connect(server.port);
  const times: number[] = [];
  const startedMs = performance.now();
  for (let over = 0; over < count; ) {
    const askedMs = performance.now();
    over = Number(await other.call("SM.COUNT", "DEF", "burst", "STATE", "over"));
    times.push(performance.now() - askedMs);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const rate = (count / seconds).toFixed(0);
  console.log(`${count} timers due at once: done in ${seconds.toFixed(1)} s, ${rate} a second`);
  console.log(`another client meanwhile: ${shown(times)}, ${times.length} requests`);
  const left = await client.call("SM.COUNT", "DEF", "burst", "STATE", "waiting");
  if (left !== 0) throw new Error(`${String(left)} timers were not done`);
  await other.close();
}

async function beats(client: TestClient): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i += 1) {
    const startedMs = performance.now();
    await client.call("SM.SEND", "beat", "BEAT");
    times.push(performance.now() - startedMs);
  }
  return times;
}

function shown(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return `${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (slowest)`;
}
