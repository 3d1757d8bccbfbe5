/** The servers of a benchmark as processes of their own, and redis-benchmark against them. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { promisify } from "node:util";
import type { Figures } from "./figures.ts";

const run = promisify(execFile);
const CONNECTIONS = 50;

export interface BenchServer {
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from the start of the process to its line "Ready to accept connections". */
  readonly readyMs: number;
  /** Sends one command with redis-cli. */
  command(port: number, args: readonly string[]): Promise<string>;
  /** What its process has used up so far. */
  used(): Used;
  stop(): Promise<void>;
}

/** Detent as `npm run build` has made it. */
export async function startDetent(directory: string, args: readonly string[] = []): Promise<BenchServer> {
  return startBuild(new URL("../..", import.meta.url).pathname, directory, args);
}

/** Detent as it was built in a working tree. */
export async function startBuild(
  root: string,
  directory: string,
  args: readonly string[] = [],
): Promise<BenchServer> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const flags = ["--port", String(port), "--dir", directory, ...args];
  return started(process.execPath, [`${root}/dist/main.js`, ...flags], port);
}

export async function startRedis(directory: string, args: readonly string[]): Promise<BenchServer> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  return started("redis-server", ["--port", String(port), "--dir", directory, "--save", "", ...args], port);
}

/** The server that shows what the platform allows. */
export async function startBare(directory: string): Promise<BenchServer> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const main = new URL("bare-server.ts", import.meta.url).pathname;
  return started(process.execPath, ["--import", "tsx", main, String(port), `${directory}/bare.log`], port);
}

/** Processor time in microseconds, and bytes that were written to disk. */
export interface Used {
  readonly cpuUs: number;
  readonly diskBytes: number;
}

const TICK_US = 10_000;

/** Processor time of the main thread of a process in microseconds, as Linux counts it, to the nanosecond; NaN elsewhere. */
export function mainThreadUs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "latin1").split(" ")[0]) / 1000;
  } catch {
    return Number.NaN;
  }
}

/** What a process has used, as Linux counts it; NaN elsewhere. */
export function usedBy(pid: number): Used {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th field behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const io = readFileSync(`/proc/${pid}/io`, "latin1");
    return {
      cpuUs: (Number(fields[11]) + Number(fields[12])) * TICK_US,
      diskBytes: Number(/^write_bytes: (\d+)/m.exec(io)?.[1]),
    };
  } catch {
    return { cpuUs: Number.NaN, diskBytes: Number.NaN };
  }
}

export interface Benchmark {
  readonly server: BenchServer;
  readonly args: readonly string[];
  readonly depth: number;
  readonly requests: number;
}

/** One run of redis-benchmark. */
export async function runBenchmark({ server, args, depth, requests }: Benchmark): Promise<Figures> {
  const flags = ["-p", server.port, "-c", CONNECTIONS, "-n", requests, "-P", depth].map(String);
  const before = server.used();
  const { stdout } = await run("redis-benchmark", [...flags, ...args], {
    timeout: 600_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const after = server.used();
  const summary =
    /latency summary \(msec\):\s+avg.*\n\s*([\d. ]+)/.exec(stdout)?.[1]?.trim().split(/\s+/) ?? [];
  const shares = [...stdout.matchAll(/^([\d.]+)% <= ([\d.]+) milliseconds \(cumulative/gm)];
  return {
    perSecond: Number(/throughput summary: ([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: Number(summary[2]),
    p99Ms: Number(summary[4]),
    p999Ms: Number(shares.find(([, share]) => Number(share) >= 99.9)?.[2]),
    cpuUs: (after.cpuUs - before.cpuUs) / requests,
    diskBytes: (after.diskBytes - before.diskBytes) / requests,
  };
}

/** redis-benchmark without an end, at full speed; returns what ends it. */
export function keepBusy(server: BenchServer, args: readonly string[], depth: number): () => Promise<void> {
  const flags = ["-p", server.port, "-c", CONNECTIONS, "-n", 2_000_000_000, "-P", depth].map(String);
  const child = spawn("redis-benchmark", [...flags, ...args], { stdio: "ignore" });
  return async () => {
    if (child.exitCode !== null) throw new Error("redis-benchmark has ended by itself");
    child.kill("SIGKILL");
    await once(child, "exit");
  };
}

async function started(command: string, args: readonly string[], port: number): Promise<BenchServer> {
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  await ready(child);
  const readyMs = performance.now() - startedMs;
  return {
    port,
    pid: child.pid ?? 0,
    readyMs,
    used: () => usedBy(child.pid ?? 0),
    command: async (to, words) => (await run("redis-cli", ["-p", String(to), ...words])).stdout,
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString("utf8");
      if (printed.includes("Ready to accept connections")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${printed}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
