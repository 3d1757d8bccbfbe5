/**
 * `make bench`: Detent and redis-server on the same machine, by turns in one run, each case several times; medians
 * and ratios. What matters is the ratio: the absolute figures are those of the machine and of what else it does.
 *
 * Goals: throughput and latency of single commands over loopback at several depths of pipelining; start-up and
 * memory with many machines; timers that are due at once. Not measured: networks, many keys that do not fit in
 * memory, mixed loads.
 *
 *   npx tsx tests/bench/run.ts [--rounds 5] [--requests 60000] [--machines 1000000] [--only TEXT|machines|type]
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CASES, type Case, DEPTHS } from "./cases.ts";
import { measureMachines } from "./machines.ts";
import { type BenchServer, runBenchmark, startDetent, startRedis } from "./servers.ts";
import { measureTimers } from "./timers.ts";
import { CASES_OF_TYPES } from "./type-cases.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "60000" },
    machines: { type: "string", default: "1000000" },
    only: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);
/** Those of each type of values are measured when they are asked for. */
const chosen = values.only.startsWith("type") ? CASES_OF_TYPES : CASES;

const directory = await mkdtemp(join(tmpdir(), "detent-bench-"));
const servers: Record<Case["server"], BenchServer> = {
  detent: await startDetent(join(directory, "detent")),
  "redis always": await startRedis(join(directory, "always"), [
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
  ]),
  "redis memory": await startRedis(join(directory, "memory"), ["--appendonly", "no"]),
};
try {
  console.log(
    `load of the machine before: ${load()}; ${rounds} rounds of ${requests} requests, 50 connections`,
  );
  for (const [port, setup] of chosen.flatMap(({ server, setup }) =>
    setup.map((args) => [servers[server].port, args] as const),
  )) {
    await servers.detent.command(port, setup);
  }
  for (const depth of DEPTHS) await table(depth);
  console.log(`load of the machine after: ${load()} (this run's own included)`);
} finally {
  await Promise.all(Object.values(servers).map((server) => server.stop()));
}
if (values.only === "" || values.only === "machines") {
  const count = Number(values.machines);
  const fillMs = await measureMachines(join(directory, "machines"), count);
  await measureTimers(join(directory, "timers"), count, fillMs);
}
rmSync(directory, { recursive: true, force: true });

interface Figures {
  readonly perSecond: number;
  readonly p99Ms: number;
}

async function table(depth: number): Promise<void> {
  const cases = chosen.filter(({ name }) => name.includes(values.only));
  if (cases.length === 0) return;
  const figures = new Map<string, Figures[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, server, args } of cases) {
      const result = await runBenchmark({
        port: servers[server].port,
        args,
        depth,
        requests: requests * (depth > 1 ? 5 : 1),
      });
      figures.set(name, [...(figures.get(name) ?? []), result]);
    }
  }
  console.log(`\nP=${depth}${" ".repeat(24)}per second   p99 ms   ratio`);
  for (const { name, against } of cases) {
    const own = medians(figures.get(name) ?? []);
    const other = against === undefined ? undefined : medians(figures.get(against) ?? []);
    const ratio = other === undefined ? "" : `${(own.perSecond / other.perSecond).toFixed(2)} of ${against}`;
    console.log(
      `${name.padEnd(26)}${own.perSecond.toFixed(0).padStart(12)}${own.p99Ms.toFixed(2).padStart(9)}   ${ratio}`,
    );
  }
}

function medians(figures: readonly Figures[]): Figures {
  return { perSecond: median(figures.map((f) => f.perSecond)), p99Ms: median(figures.map((f) => f.p99Ms)) };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
}
