/** How a server that runs takes a partition and gives it up. */
import type { Clock } from "../base/clock.ts";
import { roundsOfEventLoop } from "../base/event-loop.ts";
import type { Log } from "../base/log.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Partition } from "../keyspace/partitions.ts";
import type { Holding } from "./holding.ts";
import { loseKeys } from "./lost-keys.ts";
import { migrate } from "./migrations.ts";
import { SharedChanges, type SharedChangesOptions } from "./shared-changes.ts";
import { countStrays } from "./stray-count.ts";
import type { Waiters } from "./waiters.ts";

export interface HeldPartitions {
  readonly server: ServerContext;
  readonly holding: Holding;
  /** What belongs to all partitions, where there are several. */
  readonly shared: SharedChanges | undefined;
  readonly waiters: Waiters;
  readonly log: Log;
}

export interface SharedWork {
  readonly server: ServerContext;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where there is one partition. */
  readonly clusterLog: SharedChangesOptions["log"] | undefined;
  readonly onWork: () => void;
}

/** What belongs to all partitions of a cluster, where there are several. */
export function sharedChanges({ server, clock, log, clusterLog, onWork }: SharedWork) {
  return (
    clusterLog &&
    new SharedChanges({
      partitions: server.partitions,
      clock,
      log: clusterLog,
      onTrouble: (error) => log(`the log of the cluster: ${error.message}`, "warning"),
      survey: (partition, migration, isGone) => countStrays({ server, clock, partition, migration, isGone }),
      onWork,
    })
  );
}

/** Before it is held, its copy of what belongs to all partitions is where the log of that is. */
export async function addPartition(
  { holding, shared, log }: HeldPartitions,
  partition: Partition,
  owner: string,
): Promise<void> {
  await migrate(partition.store, log);
  await shared?.add(partition, owner);
  holding.add(partition);
}

export async function removePartition(
  { server, holding, shared, waiters }: HeldPartitions,
  partition: Partition,
): Promise<void> {
  shared?.remove(partition);
  waiters.endIn(partition.place);
  loseKeys(server, partition.place);
  // The turn that answers them, and what it has written.
  await roundsOfEventLoop(2);
  holding.remove(partition);
}
