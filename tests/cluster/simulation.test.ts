import { expect, test } from "vitest";
import { BUGS } from "./simulation/bugs.ts";
import { simulate } from "./simulation/simulation.ts";

/** For longer runs: CLUSTER_SEEDS, CLUSTER_STEPS, and CLUSTER_SEED for one that has failed. */
const SEEDS = Number(process.env["CLUSTER_SEEDS"] ?? 200);
const STEPS = Number(process.env["CLUSTER_STEPS"] ?? 16_000);
const FIRST = Number(process.env["CLUSTER_SEED"] ?? 1);
/** How many seeds, of how many steps, may pass before a fault shows. */
const FAULT_SEEDS = 300;
const FAULT_STEPS = 100_000;

test(`members keep what they promise for ${SEEDS} seeds of ${STEPS} steps`, async () => {
  const total = { takes: 0, acknowledged: 0 };
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    try {
      const { takes, acknowledged } = await simulate(seed, STEPS);
      total.takes += takes;
      total.acknowledged += acknowledged;
    } catch (error) {
      throw new Error(`CLUSTER_SEED=${seed} CLUSTER_STEPS=${STEPS}`, { cause: error });
    }
  }
  // The partition changes hands, and clients are served meanwhile.
  expect(total.takes).toBeGreaterThan(SEEDS * 2);
  expect(total.acknowledged).toBeGreaterThan(SEEDS * 100);
}, 3_600_000);

test.each(BUGS)("the simulation finds the fault '%s'", async (bug) => {
  expect(await firstFound(bug)).toBeDefined();
});

/** The first seed that finds a fault. */
async function firstFound(bug: string): Promise<number | undefined> {
  for (let seed = 1; seed <= FAULT_SEEDS; seed += 1) {
    try {
      await simulate(seed, FAULT_STEPS, bug);
    } catch (error) {
      if (error instanceof Error && error.name === "Violation") return seed;
      throw error;
    }
  }
  return undefined;
}
