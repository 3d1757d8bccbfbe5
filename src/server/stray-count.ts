/** Counts the machines of a partition that a migration would strand: in small steps, beside whatever the server does. */
import type { Clock } from "../base/clock.ts";
import type { SharedMigration } from "../cluster/cluster-log.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { Databases } from "../keyspace/databases.ts";
import type { Partition } from "../keyspace/partitions.ts";
import { Survey } from "../machines/migration/survey.ts";
import { untilLoaded } from "../storage/until-loaded.ts";

/** Of one step, whatever the clock says. */
const MACHINES_PER_STEP = 64;

export interface StrayCount {
  readonly server: ServerContext;
  readonly clock: Clock;
  readonly partition: Partition;
  readonly migration: SharedMigration;
  /** The partition is another server's. */
  readonly isGone: () => boolean;
}

export async function countStrays({
  server,
  clock,
  partition,
  migration,
  isGone,
}: StrayCount): Promise<number> {
  const { pace } = server;
  for (let survey = new Survey(migration), isWhole = false; ; ) {
    if (isGone()) throw new Error("the partition is another server's");
    const startedMs = clock.monotonicMs();
    const spentMs = () => clock.monotonicMs() - startedMs;
    const { pieceMsMax } = pace;
    const before = survey;
    // A step that misses begins anew.
    [survey, isWhole] = await untilLoaded(() => {
      const databases = new Databases(partition.store.begin(), 1, clock.now(), partition.place);
      const scope = { databases, db: databases.at(0), server, nowMs: databases.nowMs };
      const seen = before.copy();
      const isOver = () => spentMs() >= pieceMsMax;
      return [seen, seen.goOn(scope, { countMax: MACHINES_PER_STEP, isOver })] as const;
    });
    if (isWhole) return survey.strayCount;
    const rest = pace.restFor(spentMs());
    await new Promise<void>((done) => clock.wakeAt(clock.now() + (rest?.ms ?? 1), done, "housekeeping"));
  }
}
