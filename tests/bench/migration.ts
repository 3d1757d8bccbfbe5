/**
 * Machines that go to another version while clients send events to others: how long the events take while the migration
 * rests, while START or PLAN looks at the machines, and while they move, and that none is refused for its sake. The
 * migration is paused and resumed by turns, so that both are measured under the same load of the machine; ratios are
 * formed between neighbours. MACHINES=100000 CLIENTS=50 WINDOW_MS=3000, BUILD= another working tree that is built.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { TestClient } from "../support/client.ts";
import { fields } from "../support/machines.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { startBuild, startDetent } from "./servers.ts";

const MACHINES = Number(process.env["MACHINES"] ?? 100_000);
const CLIENTS = Number(process.env["CLIENTS"] ?? 50);
const WINDOW_MS = Number(process.env["WINDOW_MS"] ?? 3000);
const BUILD = process.env["BUILD"];
const BATCH = 2000;
/** Before anything is measured: code is compiled, caches fill. */
const WARM_UP_MS = 5000;
const SURVEYS = 3;

const definition = (paid: string) =>
  JSON.stringify({
    initial: "new",
    context: { n: 0 },
    states: {
      new: { on: { PAY: paid } },
      [paid]: { on: { SHIP: "shipped" }, after: { "72h": "late" } },
      late: { on: { SHIP: "shipped" } },
      shipped: { type: "final" },
    },
  });
const COUNTER = JSON.stringify({
  initial: "a",
  context: { n: 0 },
  states: {
    a: { on: { GO: { target: "b", actions: [{ assign: { n: "context.n + 1" } }] } } },
    b: { on: { GO: "a" } },
  },
});
const MAP = ["MAP", '{"states":{"paid":"billed"}}'];

const directory = mkdtempSync(`${tmpdir()}/detent-migration-`);
const server = await (BUILD === undefined ? startDetent(directory) : startBuild(BUILD, directory));
const admin = await TestClient.connect(server.port);
await admin.call("SM.DEF", "CREATE", "order:v1", definition("paid"));
await admin.call("SM.DEF", "CREATE", "order:v2", definition("billed"));
await admin.call("SM.DEF", "CREATE", "counter", COUNTER);
for (let first = 0; first < MACHINES; first += BATCH) {
  const count = Math.min(BATCH, MACHINES - first);
  await admin.pipeline(
    Array.from({ length: count }, (_, i) => ["SM.CREATE", `o:${first + i}`, "order:v1", "STATE", "paid"]),
  );
}

let samples: number[] = [];
let refusedCount = 0;
let isOver = false;
const senders = Array.from({ length: CLIENTS }, async (_, number) => {
  const client = await TestClient.connect(server.port);
  await client.call("SM.CREATE", `c:${number}`, "counter");
  while (!isOver) {
    const startedMs = performance.now();
    const reply = await client.call("SM.SEND", `c:${number}`, "GO");
    samples.push(performance.now() - startedMs);
    if (reply instanceof ReplyFailure) refusedCount += 1;
  }
  await client.close();
});
await sleep(WARM_UP_MS);

/** What events take while something goes on. */
interface Window {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly tookMs: number;
}
const quiet: Window[] = [];
const surveys: Window[] = [];
const moves: Window[] = [];
const rest = () => sleep(WINDOW_MS);

for (let round = 0; round < SURVEYS; round += 1) {
  quiet.push(await during(rest));
  surveys.push(await during(() => admin.call("SM.MIGRATION", "PLAN", "order:v1", "order:v2", ...MAP)));
}
shown("while PLAN looks at them", surveys);
quiet.length = 0;

const id = String(await admin.call("SM.MIGRATION", "START", "order:v1", "order:v2", ...MAP, "HOLD"));
await admin.call("SM.MIGRATION", "PAUSE", id);
let movedCount = 0;
for (;;) {
  quiet.push(await during(rest));
  await admin.call("SM.MIGRATION", "RESUME", id);
  moves.push(
    await during(async () => {
      const untilMs = performance.now() + WINDOW_MS;
      while ((await statusOf()) === "RUNNING" && performance.now() < untilMs) await sleep(50);
    }),
  );
  if ((await statusOf()) === "DONE") break;
  await admin.call("SM.MIGRATION", "PAUSE", id);
}
isOver = true;
await Promise.all(senders);
shown("while they move", moves);
const seconds = moves.reduce((sum, { tookMs }) => sum + tookMs, 0) / 1000;
const { held } = fields(await admin.call("SM.MIGRATION", "STATUS", id));
console.log(
  `${movedCount} moved in ${seconds.toFixed(1)} s, ${Math.round(movedCount / seconds)} a second, held ${held}; ` +
    `events refused: ${refusedCount}`,
);
await admin.close();
await server.stop();
rmSync(directory, { recursive: true });

async function statusOf(): Promise<unknown> {
  const { status, moved } = fields(await admin.call("SM.MIGRATION", "STATUS", id));
  movedCount = Number(moved);
  return status;
}

async function during(work: () => Promise<unknown>): Promise<Window> {
  samples = [];
  const startedMs = performance.now();
  await work();
  const tookMs = performance.now() - startedMs;
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), perSecond: (sorted.length * 1000) / tookMs, tookMs };
}

/** What is measured beside the quiet window before each. */
function shown(title: string, windows: readonly Window[]): void {
  const list = (pick: (window: Window) => number) => (of: readonly Window[]) =>
    median(of.map((window) => pick(window)));
  const [p50, p99] = [list((window) => window.p50), list((window) => window.p99)];
  const perSecond = list((window) => window.perSecond);
  const ratio = (pick: (window: Window) => number) =>
    median(windows.map((window, index) => pick(window) / pick(quiet[index] ?? window))).toFixed(2);
  console.log(
    `${title} (${windows.length} windows, median ${(median(windows.map(({ tookMs }) => tookMs)) / 1000).toFixed(1)} s, ` +
      `load ${loadavg()[0]?.toFixed(1)}): ` +
      `p50 ${p50(quiet).toFixed(1)} -> ${p50(windows).toFixed(1)} ms (${ratio((window) => window.p50)} times), ` +
      `p99 ${p99(quiet).toFixed(1)} -> ${p99(windows).toFixed(1)} ms (${ratio((window) => window.p99)} times), ` +
      `${Math.round(perSecond(quiet))} -> ${Math.round(perSecond(windows))} events a second`,
  );
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
