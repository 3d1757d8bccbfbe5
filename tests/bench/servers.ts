/** The servers of a benchmark as processes of their own, and redis-benchmark against them. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);
const CONNECTIONS = 50;

export interface BenchServer {
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from the start of the process to its line "Ready to accept connections". */
  readonly readyMs: number;
  /** Sends one command with redis-cli. */
  command(port: number, args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Detent as `npm run build` has made it. */
export async function startDetent(directory: string, args: readonly string[] = []): Promise<BenchServer> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const main = new URL("../../dist/main.js", import.meta.url).pathname;
  return started(process.execPath, [main, "--port", String(port), "--dir", directory, ...args], port);
}

export async function startRedis(directory: string, args: readonly string[]): Promise<BenchServer> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  return started("redis-server", ["--port", String(port), "--dir", directory, "--save", "", ...args], port);
}

export interface Benchmark {
  readonly port: number;
  readonly args: readonly string[];
  readonly depth: number;
  readonly requests: number;
}

/** One run of redis-benchmark: requests per second and the 99th percentile of latency. */
export async function runBenchmark(options: Benchmark) {
  const { port, args, depth, requests } = options;
  const flags = ["-p", port, "-c", CONNECTIONS, "-n", requests, "-P", depth, "--csv"].map(String);
  const { stdout } = await run("redis-benchmark", [...flags, ...args], { timeout: 300_000 });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  // name, rps, avg, min, p50, p95, p99, max: the name itself may hold quotes, the rest does not.
  const numbers = last
    .split(",")
    .slice(-7)
    .map((field) => Number(field.replaceAll('"', "")));
  return { perSecond: numbers[0] ?? Number.NaN, p99Ms: numbers[5] ?? Number.NaN };
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
