import { expect, test } from "vitest";
import { noPostgres } from "../support/postgres.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { FAULTS, runClusterRounds } from "./cluster/rounds.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? FAULTS.length);

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
    const { acknowledged, unknown, reads } = totals;
    console.info(`${acknowledged} events acknowledged, ${unknown} other requests in doubt, ${reads} reads`);
    expect(acknowledged).toBeGreaterThan(ROUNDS);
    expect(reads).toBeGreaterThan(0);
  },
  60_000 + ROUNDS * 45_000,
);
