/**
 * Processor time of the server for one operation, case by case: what a change of the hot path is judged by where the
 * machine is shared, since other load moves it far less than throughput. A build is held against another one by turns in
 * one run; the first round warms up and does not count.
 *
 *   npm run build && npx tsx tests/bench/processor.ts [--against DIRECTORY] [--only TEXT[,TEXT]] [--depth 16]
 *     [--rounds 5] [--requests 100000]
 *
 * DIRECTORY is another working tree, with its build in `dist`.
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TestClient } from "../support/client.ts";
import { CASES, type Case } from "./cases.ts";
import { median } from "./figures.ts";
import { type BenchServer, mainThreadUs, runBenchmark, startBuild, startRedis } from "./servers.ts";
import { CASES_OF_TYPES } from "./type-cases.ts";

const { values } = parseArgs({
  options: {
    against: { type: "string" },
    only: { type: "string", default: "detent" },
    depth: { type: "string", default: "16" },
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "100000" },
    redis: { type: "boolean", default: false },
  },
});
const SETUP_BATCH = 1000;
const wanted = values.only.split(",");
const all = [...CASES, ...CASES_OF_TYPES];
const cases = all.filter(
  ({ name, server }) => server === "detent" && wanted.some((text) => name.includes(text)),
);
const directory = await mkdtemp(join(tmpdir(), "detent-processor-"));
const root = new URL("../..", import.meta.url).pathname;
const servers: BenchServer[] = [await startBuild(root, join(directory, "this"))];
const names = ["this"];
if (values.against !== undefined) {
  servers.push(await startBuild(values.against, join(directory, "other")));
  names.push("other");
}
if (values.redis) {
  const flags = ["--appendonly", "yes", "--appendfsync", "always"];
  servers.push(await startRedis(join(directory, "redis"), flags));
  names.push("redis");
}
try {
  for (const server of servers) await prepare(server, server !== servers[names.indexOf("redis")]);
  console.log(`load of the machine: ${load()}; microseconds of the main thread for an operation, medians`);
  console.log(`${"".padEnd(36)}${names.map((name) => name.padStart(9)).join("")}${"ratio".padStart(9)}`);
  for (const one of cases) console.log(await measured(one));
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(directory, { recursive: true, force: true });
}

async function prepare(server: BenchServer, isDetent: boolean): Promise<void> {
  const client = await TestClient.connect(server.port);
  // Some cases work on what others set up.
  for (const { setup, server: owner } of all) {
    if (owner !== "detent") continue;
    const sent = isDetent ? setup : setup.filter(([name = ""]) => !name.startsWith("SM."));
    for (let first = 0; first < sent.length; first += SETUP_BATCH)
      await client.pipeline(sent.slice(first, first + SETUP_BATCH));
  }
  await client.close();
}

async function measured({ name, args }: Case): Promise<string> {
  const found: number[][] = servers.map(() => []);
  const [depth, requests] = [Number(values.depth), Number(values.requests)];
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const [index, server] of servers.entries()) {
      if (names[index] === "redis" && args.some((word) => word.startsWith("SM."))) continue;
      const before = mainThreadUs(server.pid);
      await runBenchmark({ server, args, depth, requests });
      if (round > 0) found[index]?.push((mainThreadUs(server.pid) - before) / requests);
    }
  }
  const figures = found.map(median);
  const [own = Number.NaN, other] = figures;
  const ratio = other === undefined ? "" : (own / other).toFixed(2);
  const shown = figures.map((us) => (Number.isNaN(us) ? "-" : us.toFixed(2)).padStart(9)).join("");
  return `${name.padEnd(36)}${shown}${ratio.padStart(9)}`;
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
}
