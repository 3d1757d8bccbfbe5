/** A store with many machines: how long it takes to fill, to start on, to ask; and how much memory it takes. */
import { readFileSync } from "node:fs";
import { TestClient } from "../support/client.ts";
import { type BenchServer, startDetent } from "./servers.ts";

const BATCH = 5000;
const STATES = ["new", "paid", "packed", "shipped", "returned"];
const DEFINITION = JSON.stringify({
  initial: "new",
  states: Object.fromEntries(STATES.map((state) => [state, { on: { GO: "new" } }])),
});

/** Returns how long it took to make the machines, in milliseconds. */
export async function measureMachines(directory: string, count: number): Promise<number> {
  let server = await startDetent(directory);
  const filledMs = await fill(server, count);
  console.log(`\n${count} machines: filled in ${(filledMs / 1000).toFixed(1)} s`);
  await query(server, "after filling");
  await server.stop();
  server = await startDetent(directory);
  console.log(
    `start with ${count} machines: ready in ${server.readyMs.toFixed(0)} ms, ${memoryOf(server)} MB resident`,
  );
  await query(server, "after the start");
  console.log(`resident after the queries: ${memoryOf(server)} MB`);
  await server.stop();
  return filledMs;
}

async function fill(server: BenchServer, count: number): Promise<number> {
  const client = await TestClient.connect(server.port);
  await client.call("SM.DEF", "CREATE", "bench", DEFINITION);
  const startedMs = performance.now();
  for (let first = 0; first < count; first += BATCH) {
    const requests = Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => {
      const state = STATES[(first + i) % STATES.length] ?? "new";
      return ["SM.CREATE", `machine:${first + i}`, "bench", "STATE", state];
    });
    await client.pipeline(requests);
  }
  const filledMs = performance.now() - startedMs;
  await client.close();
  return filledMs;
}

async function query(server: BenchServer, when: string): Promise<void> {
  const client = await TestClient.connect(server.port);
  const queries = [
    ["SM.COUNT", "DEF", "bench", "STATE", "paid"],
    ["SM.COUNT", "BY", "STATE"],
    ["SM.SCAN", "0", "DEF", "bench", "STATE", "paid", "COUNT", "100"],
    ["SM.STATE", "machine:1"],
  ];
  for (const args of queries) {
    const times: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      const startedMs = performance.now();
      await client.call(...args);
      times.push(performance.now() - startedMs);
    }
    times.sort((a, b) => a - b);
    console.log(
      `${when}: ${args.join(" ")}: median ${times[50]?.toFixed(3)} ms, slowest ${times.at(-1)?.toFixed(2)} ms`,
    );
  }
  await client.close();
}

/** Resident memory of the process in MB; Linux only. */
function memoryOf(server: BenchServer): string {
  try {
    const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
    return (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024).toFixed(0);
  } catch {
    return "unknown";
  }
}
