/**
 * `make bench`: Detent, redis-server, PostgreSQL and a bare Node server on the same machine, by turns in one run, each
 * case several times; medians and ratios. What matters is the ratio: the absolute figures are those of the machine
 * and of what else it does.
 *
 * Goals: throughput, latency and processor time of single commands over loopback at several depths of pipelining;
 * latency over a minute, and of a client that reads while others write; start-up and memory with many machines; timers
 * that are due at once. Not measured: networks, many keys that do not fit in memory, mixed loads.
 *
 *   npx tsx tests/bench/run.ts [--rounds 5] [--requests 60000] [--machines 1000000] [--seconds 60]
 *     [--only TEXT|latency|machines|type] [--chart FILE]
 */
import { rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TestClient } from "../support/client.ts";
import { CASES, type Case, DEPTHS, MANY } from "./cases.ts";
import { chartOf } from "./chart.ts";
import { type Figures, medians } from "./figures.ts";
import { measureBystander, measureSteady } from "./latency.ts";
import { measureMachines } from "./machines.ts";
import { type PostgresPeer, startPostgres } from "./postgres.ts";
import { type BenchServer, runBenchmark, startBare, startDetent, startRedis } from "./servers.ts";
import { measureTimers } from "./timers.ts";
import { CASES_OF_TYPES } from "./type-cases.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "60000" },
    machines: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "60" },
    only: { type: "string", default: "" },
    chart: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);
/** Those of each type of values are measured when they are asked for. */
const chosen = values.only.startsWith("type") ? CASES_OF_TYPES : CASES;
const SETUP_BATCH = 1000;
const POSTGRES = "PostgreSQL, same work";

/** What the chart shows, and how it is called there. */
const CHARTED = new Map([
  ["redis Lua, same work", "redis-server, Lua script"],
  [POSTGRES, "PostgreSQL, batched"],
  ["bare SM.SEND, 20k machines", "bare Node server, no history"],
  ["detent SM.SEND, 20k machines", "Detent SM.SEND"],
]);

const directory = await mkdtemp(join(tmpdir(), "detent-bench-"));
const always = ["--appendonly", "yes", "--appendfsync", "always"];
const servers: Record<Case["server"], BenchServer> = {
  detent: await startDetent(join(directory, "detent")),
  "redis always": await startRedis(join(directory, "always"), always),
  "redis memory": await startRedis(join(directory, "memory"), ["--appendonly", "no"]),
  bare: await startBare(join(directory, "bare")),
};
const isPostgresWanted = POSTGRES.includes(values.only);
let postgres: PostgresPeer | undefined;
const measured = new Map<number, ReadonlyMap<string, Figures>>();
try {
  if (isPostgresWanted) postgres = await startPostgres(MANY);
  console.log(
    `load of the machine before: ${load()}; ${rounds} rounds of ${requests} requests, 50 connections`,
  );
  if (isPostgresWanted && postgres === undefined) console.log("PostgreSQL is not installed: it is left out");
  await prepare();
  for (const depth of DEPTHS) await table(depth);
  if (values.only === "" || values.only === "latency") {
    await measureSteady(servers, Number(values.seconds));
    await measureBystander(servers, Number(values.seconds) / 6);
  }
  console.log(`load of the machine after: ${load()} (this run's own included)`);
} finally {
  await postgres?.stop();
  await Promise.all(Object.values(servers).map((server) => server.stop()));
}
if (values.chart !== undefined) writeFileSync(values.chart, chart());
if (values.only === "" || values.only === "machines") {
  const count = Number(values.machines);
  const fillMs = await measureMachines(join(directory, "machines"), count);
  await measureTimers(join(directory, "timers"), count, fillMs);
}
rmSync(directory, { recursive: true, force: true });

/** Sends what cases need before they begin. */
async function prepare(): Promise<void> {
  for (const { server, setup } of chosen) {
    if (setup.length === 0) continue;
    const client = await TestClient.connect(servers[server].port);
    for (let first = 0; first < setup.length; first += SETUP_BATCH)
      await client.pipeline(setup.slice(first, first + SETUP_BATCH));
    await client.close();
  }
}

async function table(depth: number): Promise<void> {
  const cases = chosen.filter(({ name }) => name.includes(values.only));
  if (cases.length === 0 && postgres === undefined) return;
  const found = new Map<string, Figures[]>();
  const note = (name: string, figures: Figures) => found.set(name, [...(found.get(name) ?? []), figures]);
  const count = requests * (depth > 1 ? 5 : 1);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, server, args } of cases)
      note(name, await runBenchmark({ server: servers[server], args, depth, requests: count }));
    if (postgres !== undefined) note(POSTGRES, await measuredPostgres(postgres, depth));
  }
  const figures = new Map([...found].map(([name, list]) => [name, medians(list)]));
  measured.set(depth, figures);
  console.log(`\nP=${depth}${" ".repeat(27)}per second   p50 ms   p99 ms   CPU us  bytes   ratio`);
  for (const [name, own] of figures) {
    const against = cases.find((one) => one.name === name)?.against;
    const other = against === undefined ? undefined : figures.get(against);
    const ratio = other === undefined ? "" : `${(own.perSecond / other.perSecond).toFixed(2)} of ${against}`;
    console.log(`${name.padEnd(29)}${row(own)}   ${ratio}`);
  }
}

/** A statement takes much longer than a request: a third of them tell as much. */
function measuredPostgres(peer: PostgresPeer, depth: number): Promise<Figures> {
  return peer.measure(depth, (requests * (depth > 1 ? 5 : 1)) / 3);
}

function row({ perSecond, p50Ms, p99Ms, cpuUs, diskBytes }: Figures): string {
  const whole = (value: number, width: number) =>
    (Number.isNaN(value) ? "-" : value.toFixed(0)).padStart(width);
  return [
    whole(perSecond, 12),
    p50Ms.toFixed(2).padStart(9),
    p99Ms.toFixed(2).padStart(9),
    cpuUs.toFixed(1).padStart(9),
    whole(diskBytes, 7),
  ].join("");
}

function chart(): string {
  const groups = [...measured].map(([depth, figures]) => ({
    title: depth === 1 ? "One request on the way" : `${depth} requests on the way`,
    bars: [...CHARTED].flatMap(([name, shown]) => {
      const found = figures.get(name);
      return found === undefined ? [] : [{ name: shown, perSecond: found.perSecond }];
    }),
  }));
  return chartOf(
    "Durable transitions a second: 50 connections, 20,000 machines",
    groups.filter(({ bars }) => bars.length > 0),
    `Two cores shared with the clients; medians of ${rounds} rounds by turns in one run; make bench`,
  );
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
}
