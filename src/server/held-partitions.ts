/** How a server that runs takes a partition and gives it up. */
import { roundsOfEventLoop } from "../base/event-loop.ts";
import type { Log } from "../base/log.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Partition } from "../keyspace/partitions.ts";
import type { Holding } from "./holding.ts";
import { loseKeys } from "./lost-keys.ts";
import { migrate } from "./migrations.ts";
import type { SharedChanges } from "./shared-changes.ts";
import type { Waiters } from "./waiters.ts";

export interface HeldPartitions {
  readonly server: ServerContext;
  readonly holding: Holding;
  /** What belongs to all partitions, where there are several. */
  readonly shared: SharedChanges | undefined;
  readonly waiters: Waiters;
  readonly log: Log;
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
