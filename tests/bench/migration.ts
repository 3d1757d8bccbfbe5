/**
 * Machines that go to another version while clients send events to others: how long the events take, before and during
 * the migration, and that none is refused for its sake. MACHINES=100000 CLIENTS=50.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { TestClient } from "../support/client.ts";
import { fields } from "../support/machines.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { startDetent } from "./servers.ts";

const MACHINES = Number(process.env["MACHINES"] ?? 100_000);
const CLIENTS = Number(process.env["CLIENTS"] ?? 50);
const BATCH = 2000;
/** How long the events are measured before the migration begins. */
const QUIET_MS = 10_000;

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

const directory = mkdtempSync(`${tmpdir()}/detent-migration-`);
const server = await startDetent(directory);
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

await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
const quiet = samples;
samples = [];
const startedMs = performance.now();
const id = await admin.call(
  "SM.MIGRATION",
  "START",
  "order:v1",
  "order:v2",
  "MAP",
  '{"states":{"paid":"billed"}}',
);
const surveyedMs = performance.now() - startedMs;
const surveying = samples;
samples = [];
for (;;) {
  const { status } = fields(await admin.call("SM.MIGRATION", "STATUS", String(id)));
  if (status === "DONE") break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const movedMs = performance.now() - startedMs - surveyedMs;
const moving = samples;
isOver = true;
await Promise.all(senders);
const status = fields(await admin.call("SM.MIGRATION", "STATUS", String(id)));
console.log(`${MACHINES} machines, ${CLIENTS} clients that send events to others`);
console.log(`before: ${shown(quiet)}`);
console.log(`while START looks at them (${(surveyedMs / 1000).toFixed(1)} s): ${shown(surveying)}`);
console.log(`while they move (${(movedMs / 1000).toFixed(1)} s): ${shown(moving)}`);
console.log(`moved ${status["moved"]}, held ${status["held"]}; events refused: ${refusedCount}`);
await admin.close();
await server.stop();
rmSync(directory, { recursive: true });

function shown(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1);
  return `${times.length} events, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
