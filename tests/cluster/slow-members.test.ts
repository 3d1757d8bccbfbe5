/** Members whose processor has so little time for them that reading their partitions takes longer than a lease. */
import { expect, test } from "vitest";
import { shareTimes } from "../../src/cluster/times.ts";
import { seeded } from "../support/seeded.ts";
import { ALL_WITHOUT_A_REST } from "./simulation/bugs.ts";
import { Database } from "./simulation/database.ts";
import { Member } from "./simulation/member.ts";
import { Network } from "./simulation/network.ts";
import { TIMES } from "./simulation/simulation.ts";
import { Timeline } from "./simulation/timeline.ts";

const PARTITIONS = 6;
const SEEDS = 30;
/** A fifteenth of a processor: what takes 10 ms takes 150. */
const SLOWNESS = { stepMs: 5, sliceMs: 150, slices: 20 };
/** To read them one after the other takes 18 s. */
const SERVED_WITHIN_MS = 60_000;
const HOPS = 24;

/** How long it takes until members serve all partitions; undefined: longer than they may. */
async function servedAfterMs(seed: number, memberCount: number, bug?: string): Promise<number | undefined> {
  const random = seeded(seed);
  const timeline = new Timeline();
  const database = new Database(PARTITIONS, TIMES.leaseMs, () => timeline.nowMs, undefined);
  const members: Member[] = [];
  const network = new Network(timeline, random, () => members);
  for (let born = 1; born <= memberCount; born += 1)
    members.push(
      new Member({
        id: `m${born}`,
        timeline,
        network,
        database,
        times: TIMES,
        shareTimes: shareTimes(TIMES),
        random,
        rate: 1,
        isSuspended: false,
        bug,
        slowness: SLOWNESS,
      }),
    );
  while (timeline.nowMs < SERVED_WITHIN_MS) {
    timeline.step();
    for (let hop = 0; hop < HOPS; hop += 1) await undefined;
    const served = members.reduce((sum, { share }) => sum + share, 0);
    if (served === PARTITIONS) return timeline.nowMs;
  }
  return undefined;
}

test.each([1, 2, 3])(
  "%d slow members serve all partitions in the end, one after the other",
  async (count) => {
    for (let seed = 1; seed <= SEEDS; seed += 1)
      expect(await servedAfterMs(seed, count), `seed ${seed}`).toBeLessThan(SERVED_WITHIN_MS);
  },
);

test("a slow member serves nothing when it reads all that it takes at once, without a rest", async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1)
    expect(await servedAfterMs(seed, 1, ALL_WITHOUT_A_REST), `seed ${seed}`).toBeUndefined();
});
