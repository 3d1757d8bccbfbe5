/**
 * Machines by the million with a timer each: what a start takes after a clean end and after a kill, how much memory the
 * server takes, and how fast it is beside one with few machines. MACHINES=10000000 FEW=20000 EVENTS=400000. With DIRECTORY
 * the store is kept there, and filled only where it is not yet.
 *
 * The timers are due in a month, so that they are there and never fire.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { TestClient } from "../support/client.ts";
import { type BenchServer, runBenchmark, startDetent } from "./servers.ts";

const MACHINES = Number(process.env["MACHINES"] ?? 10_000_000);
const FEW = Number(process.env["FEW"] ?? 20_000);
const EVENTS = Number(process.env["EVENTS"] ?? 400_000);
const ROUNDS = 3;
const DEPTH = 16;
const BATCH = 5000;
/** Lines about the progress. */
const STEPS = 10;

const DEFINITION = JSON.stringify({
  initial: "waiting",
  states: {
    waiting: { on: { GO: "working" }, after: { "720h": "late" } },
    working: { on: { GO: "waiting" }, after: { "720h": "late" } },
    late: {},
  },
});

const kept = process.env["DIRECTORY"];
const scratch = mkdtempSync(`${tmpdir()}/detent-many-`);
const directory = kept ?? `${scratch}/many`;
try {
  if (!existsSync(directory)) await build();
  await measure();
} finally {
  rmSync(scratch, { recursive: true });
}

async function build(): Promise<void> {
  const server = await startDetent(directory);
  await fill(server, MACHINES);
  await tell(server, "filled");
  await server.stop();
}

async function measure(): Promise<void> {
  let many = await startDetent(directory);
  await tell(many, `started after a clean end, ready in ${seconds(many.readyMs)}`);
  const few = await startDetent(`${scratch}/few`);
  await fill(few, FEW);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const rates = [await eventsOf(many, MACHINES), await eventsOf(few, FEW)] as const;
    const [large, small] = rates.map((rate) => Math.round(rate));
    console.log(
      `round ${round}: ${large} events a second with ${MACHINES} machines, ${small} with ${FEW}: ${(rates[0] / rates[1]).toFixed(2)}`,
    );
  }
  await few.stop();
  await tell(many, "after the events");
  // The journals are as full as they get when it dies in the middle of writing.
  const dying = eventsOf(many, MACHINES).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  process.kill(many.pid, "SIGKILL");
  await dying;

  many = await startDetent(directory);
  await tell(many, `started after a kill, ready in ${seconds(many.readyMs)}`);
  await many.stop();
}

async function fill(server: BenchServer, count: number): Promise<void> {
  const client = await TestClient.connect(server.port);
  await client.call("SM.DEF", "CREATE", "many", DEFINITION);
  const startedMs = performance.now();
  let told = 0;
  for (let first = 0; first < count; first += BATCH) {
    const length = Math.min(BATCH, count - first);
    await client.pipeline(Array.from({ length }, (_, i) => ["SM.CREATE", keyOf(first + i), "many"]));
    const done = first + length;
    const step = Math.floor((done * STEPS) / count);
    if (count < 1_000_000 || step === told) continue;
    told = step;
    console.log(
      `${done} machines made, ${Math.round((done * 1000) / (performance.now() - startedMs))} a second`,
    );
  }
  await client.close();
}

/** As redis-benchmark writes the numbers that it draws. */
function keyOf(number: number): string {
  return `m:${String(number).padStart(12, "0")}`;
}

async function eventsOf(server: BenchServer, machines: number): Promise<number> {
  const args = ["-r", String(machines), "SM.SEND", "m:__rand_int__", "GO"];
  return (await runBenchmark({ server, args, depth: DEPTH, requests: EVENTS })).perSecond;
}

async function tell(server: BenchServer, what: string): Promise<void> {
  const client = await TestClient.connect(server.port);
  const times: number[] = [];
  let count: unknown;
  for (let i = 0; i < 100; i += 1) {
    const startedMs = performance.now();
    count = await client.call("SM.COUNT", "DEF", "many");
    times.push(performance.now() - startedMs);
  }
  times.sort((a, b) => a - b);
  const [median = 0, slowest = 0] = [times[50], times.at(-1)];
  console.log(
    `${what}: ${anonymousMegabytes(server)} MB of memory of its own, ` +
      `SM.COUNT (${String(count)}) ${median.toFixed(2)} ms at the median, ${slowest.toFixed(2)} ms at most`,
  );
  await client.close();
}

/** RssAnon of the process in MB; NaN where there is no /proc. */
function anonymousMegabytes({ pid }: BenchServer): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Math.round(Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024);
  } catch {
    return Number.NaN;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
