/** How long requests take while a server works for a minute, and how long those of a client do that only reads. */
import { TestClient } from "../support/client.ts";
import { BUSY, CASES, type Case, STEADY } from "./cases.ts";
import { quantile } from "./figures.ts";
import { type BenchServer, keepBusy, runBenchmark } from "./servers.ts";

type Servers = Readonly<Record<Case["server"], BenchServer>>;

const PROBE_REQUESTS = 20_000;

/** 50 connections, one request each at a time, for so many seconds: long enough for checkpoints. */
export async function measureSteady(servers: Servers, seconds: number): Promise<void> {
  console.log(
    `\n${seconds} seconds at P=1          per second   p50 ms   p99 ms  p99.9 ms   p99, p99.9 of ${STEADY[0]}`,
  );
  let peer: { readonly p99Ms: number; readonly p999Ms: number } | undefined;
  for (const name of STEADY) {
    const { server, args } = caseOf(name);
    const options = { server: servers[server], args, depth: 1 };
    const { perSecond } = await runBenchmark({ ...options, requests: PROBE_REQUESTS });
    const figures = await runBenchmark({ ...options, requests: Math.ceil(perSecond * seconds) });
    peer ??= figures;
    const ratios = [figures.p99Ms / peer.p99Ms, figures.p999Ms / peer.p999Ms].map((ratio) =>
      ratio.toFixed(2),
    );
    const shown = [figures.p50Ms, figures.p99Ms, figures.p999Ms].map((ms) => ms.toFixed(2).padStart(9));
    console.log(
      `${name.padEnd(30)}${figures.perSecond.toFixed(0).padStart(8)}${shown.join("")}   ${ratios.join(", ")}`,
    );
  }
}

/** A client that sends one request after the other beside 50 that write with 16 on the way each. */
export async function measureBystander(servers: Servers, seconds: number): Promise<void> {
  console.log(`\nA client that reads while 50 write at P=16       PING p99 ms   read p99 ms   slowest ms`);
  for (const { name, reads } of BUSY) {
    const { server, args } = caseOf(name);
    const stop = keepBusy(servers[server], args, 16);
    const client = await TestClient.connect(servers[server].port);
    const pings = await timesOf(client, ["PING"], seconds);
    const answers = await timesOf(client, reads, seconds);
    await client.close();
    await stop();
    const shown = [quantile(pings, 0.99), quantile(answers, 0.99), Math.max(...pings, ...answers)];
    console.log(
      `${`${name}; ${reads[0]}`.padEnd(48)}${shown.map((ms) => ms.toFixed(2).padStart(12)).join("  ")}`,
    );
  }
}

async function timesOf(client: TestClient, request: readonly string[], seconds: number): Promise<number[]> {
  const times: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    const startedMs = performance.now();
    await client.call(...(request as [string]));
    times.push(performance.now() - startedMs);
  }
  return times;
}

function caseOf(name: string): Case {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case has the name ${name}`);
  return found;
}
