import { expect, test } from "vitest";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { runDeliveryRounds } from "./delivery-rounds.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 20);

test(
  "every change is reported and every task is applied exactly once, however often server and workers are killed",
  async () => {
    console.info(`SEED=${SEED}`);
    const totals = await runDeliveryRounds({
      directory: temporaryDirectory(),
      rounds: ROUNDS,
      connections: 4,
      machinesPerConnection: 3,
      random: seeded(SEED),
      report: (line) => {
        if (process.env["CRASH_REPORT"] !== undefined) console.info(line);
      },
    });
    console.info(JSON.stringify(totals));
    expect(totals.serverKills).toBeGreaterThanOrEqual(ROUNDS);
    if (ROUNDS > 2) expect(totals.entriesLeft).toBeLessThan(totals.changes);
    expect(Math.min(totals.tasks, totals.failures, totals.workerKills)).toBeGreaterThan(0);
  },
  60_000 + ROUNDS * 30_000,
);
