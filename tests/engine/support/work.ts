/**
 * How much work something does, as counts of the blocks of the engine's code that run: V8 counts them exactly, so two
 * runs give the same numbers whatever else the machine does. What built-in functions do inside is not in them.
 */
import { Session } from "node:inspector/promises";

/** How often the busiest block of each function ran, by the function's name, file and place. */
export type Work = ReadonlyMap<string, number>;

/** Runs each function and counts what it does in `src/engine`. */
export async function workOf(runs: readonly (() => unknown)[]): Promise<readonly Work[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    const works: Work[] = [];
    for (const run of runs) {
      run();
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const work = new Map<string, number>();
      for (const { url, functions } of result) {
        const file = /\/src\/engine\/(.*)$/.exec(url)?.[1];
        if (file === undefined) continue;
        for (const { functionName, ranges } of functions) {
          const place = `${functionName || "(callback)"} in ${file}:${ranges[0]?.startOffset ?? 0}`;
          work.set(place, Math.max(...ranges.map(({ count }) => count)));
        }
      }
      works.push(work);
    }
    return works;
  } finally {
    await session.post("Profiler.stopPreciseCoverage");
    session.disconnect();
  }
}

/** Milliseconds of processor time of the fastest of some runs. */
export function processorMs(run: () => unknown, runs = 3): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}
