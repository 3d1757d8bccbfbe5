import { expect, test } from "vitest";
import { noPostgres } from "../support/postgres.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { SHORT_ROUNDS } from "./cluster/faults.ts";
import { runClusterRounds } from "./cluster/rounds.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? SHORT_ROUNDS);

test.skipIf(noPostgres !== undefined)(
  "a cluster loses nothing and does nothing twice, whatever is killed, stopped or cut off",
  async () => {
    console.info(`SEED=${SEED}`);
    const totals = await runClusterRounds({
      rounds: ROUNDS,
      random: seeded(SEED),
      report: (line) => console.info(line),
    });
    for (const [fault, servedMs] of totals.servedMs) {
      const sorted = servedMs.toSorted((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
      console.info(
        `${fault}: ${sorted.length} times, served after ${median.toFixed(0)} ms at the median, ${sorted.at(-1)?.toFixed(0)} at most`,
      );
    }
    const { before, meanwhile } = totals.othersMs;
    if (meanwhile.length > 0)
      console.info(
        `partitions of others while a dead owner's are taken over: p50 / p99 ${shares(meanwhile)} ms of ${meanwhile.length}, before ${shares(before)} ms of ${before.length}`,
      );
    const { acknowledged, unknown, reads } = totals;
    console.info(`${acknowledged} events acknowledged, ${unknown} other requests in doubt, ${reads} reads`);
    expect(acknowledged).toBeGreaterThan(ROUNDS);
    expect(reads).toBeGreaterThan(0);
  },
  60_000 + ROUNDS * 45_000,
);

function shares(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.5, 0.99].map((share) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)).join(" / ");
}
