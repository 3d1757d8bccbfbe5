/**
 * A sorted set of many members: how long ZADD, ZRANK, ZSCORE and ZRANGEBYSCORE take, one request after the other, beside
 * PING, with the processor time of the main thread, after the set was built and again after a start that has nothing in
 * memory. MEMBERS=10000000 REQUESTS=5000 DIRECTORY=
 *
 * With DIRECTORY the store is kept there, and the set is built only where it is not yet.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { TestClient } from "../support/client.ts";
import { quantile } from "./figures.ts";
import { type BenchServer, mainThreadUs, startDetent } from "./servers.ts";

const MEMBERS = Number(process.env["MEMBERS"] ?? 10_000_000);
const REQUESTS = Number(process.env["REQUESTS"] ?? 5000);
const KEY = "board";
/** Members in a ZADD of the build, and ZADDs that are sent at once. */
const BATCH = 500;
const DEPTH = 10;
/** Lines about the progress. */
const STEPS = 10;
const SEED = 20_261_130;

const kept = process.env["DIRECTORY"];
const scratch = mkdtempSync(`${tmpdir()}/detent-sorted-set-`);
const directory = kept ?? `${scratch}/store`;
const random = generator(SEED);
const REQUESTS_OF: ReadonlyArray<readonly [string, () => string[]]> = [
  ["PING", () => ["PING"]],
  ["ZSCORE", () => ["ZSCORE", KEY, memberOf(drawn())]],
  ["ZRANK", () => ["ZRANK", KEY, memberOf(drawn())]],
  ["ZRANGEBYSCORE, LIMIT 0 10", () => rangeFrom(drawn(), 1000, 10)],
  ["ZRANGEBYSCORE, 100 members", () => rangeFrom(drawn(), 99)],
  ["ZCOUNT, half of all", () => ["ZCOUNT", KEY, String(drawn() / 2), String(MEMBERS / 2 + drawn() / 2)]],
  ["ZADD, another score", () => ["ZADD", KEY, String(drawn()), memberOf(drawn())]],
  ["ZADD, a new member", () => ["ZADD", KEY, String(drawn()), `new:${drawn()}:${drawn()}`]],
];
try {
  if (!existsSync(directory)) await measured("after the build", build);
  await measured("after a start");
} finally {
  rmSync(scratch, { recursive: true });
}

async function measured(when: string, first?: (client: TestClient) => Promise<void>): Promise<void> {
  const server = await startDetent(directory);
  try {
    await shown(when, server, first);
  } finally {
    await server.stop();
  }
}

async function shown(
  when: string,
  server: BenchServer,
  first?: (client: TestClient) => Promise<void>,
): Promise<void> {
  const client = await TestClient.connect(server.port);
  await first?.(client);
  const count = await client.call("ZCARD", KEY);
  console.log(
    `${when}: ${String(count)} members, ${residentMegabytes(server)} MB resident, ` +
      `load ${loadavg()[0]?.toFixed(1)}, seed ${SEED}; milliseconds of ${REQUESTS} requests`,
  );
  console.log(`${"".padEnd(34)}${["p50", "p99", "max", "cpu"].map((name) => name.padStart(9)).join("")}`);
  for (const [name, request] of REQUESTS_OF) {
    const beforeUs = mainThreadUs(server.pid);
    const shares = await latencies(client, request);
    const cpuMs = (mainThreadUs(server.pid) - beforeUs) / REQUESTS / 1000;
    const figures = [...shares, cpuMs].map((ms) => ms.toFixed(3).padStart(9)).join("");
    console.log(`${name.padEnd(34)}${figures}`);
  }
  await client.close();
}

/** The median, the 99th percentile and the longest, in milliseconds. */
async function latencies(client: TestClient, request: () => string[]): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < REQUESTS; at += 1) {
    const args = request();
    const startedMs = performance.now();
    await client.call(...args);
    times.push(performance.now() - startedMs);
  }
  return [quantile(times, 0.5), quantile(times, 0.99), quantile(times, 1)];
}

/** Members with scores from 0 on. */
async function build(client: TestClient): Promise<void> {
  const startedMs = performance.now();
  let told = 0;
  for (let first = 0; first < MEMBERS; first += BATCH * DEPTH) {
    const requests: string[][] = [];
    for (let from = first; from < Math.min(MEMBERS, first + BATCH * DEPTH); from += BATCH) {
      const request = ["ZADD", KEY];
      for (let at = from; at < Math.min(MEMBERS, from + BATCH); at += 1)
        request.push(String(at), memberOf(at));
      requests.push(request);
    }
    await client.pipeline(requests);
    const done = Math.min(MEMBERS, first + BATCH * DEPTH);
    const step = Math.floor((done * STEPS) / MEMBERS);
    if (step === told) continue;
    told = step;
    console.log(`${done} members, ${Math.round((done * 1000) / (performance.now() - startedMs))} a second`);
  }
}

function rangeFrom(score: number, span: number, limit?: number): string[] {
  const range = ["ZRANGEBYSCORE", KEY, String(score), String(score + span)];
  return limit === undefined ? range : [...range, "LIMIT", "0", String(limit)];
}

function drawn(): number {
  return Math.floor(random() * MEMBERS);
}

function memberOf(number: number): string {
  return `player:${String(number).padStart(12, "0")}`;
}

/** Numbers from 0 to below 1 that are the same in each run. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The memory of the process in MB; NaN where there is no /proc. */
function residentMegabytes({ pid }: BenchServer): number {
  try {
    return Math.round(
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024,
    );
  } catch {
    return Number.NaN;
  }
}
