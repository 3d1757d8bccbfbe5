/** The stores of partitions that a member owns. */
import { roundsOfEventLoop } from "./base/event-loop.ts";
import type { Timers } from "./cluster/timers.ts";
import type { Partition } from "./keyspace/partitions.ts";
import type { Store } from "./keyspace/store.ts";
import type { RunningServer } from "./start.ts";

/** The store of a partition, read by its owner. */
export interface OwnedStore {
  readonly store: Store;
  /** Resolves when all commits are settled. */
  drained(): Promise<void>;
  /** Drops all at once: nothing is written any more, nothing settles. */
  abandon(): Promise<void>;
}

export interface StoreRequest {
  readonly partition: number;
  readonly owner: string;
  readonly epoch: number;
  /** The database has given the partition to another one. */
  readonly onLost: (error: Error) => void;
  /** Is awaited again and again while it is read, so that leases are renewed meanwhile. Rejects when the lease has ended. */
  readonly rest: () => Promise<void>;
}

/** A partition whose lease the member has. */
export interface Grant {
  readonly partition: number;
  readonly owner: string;
  readonly epoch: number;
  readonly atMs: number;
  owned: OwnedStore | undefined;
  /** What the server holds; undefined until it is read. */
  held: Partition | undefined;
  isLeaving: boolean;
  /** The lease has ended before the partition was read. */
  isLate: boolean;
}

/** @param atMs by the monotonic clock of the member */
export function newGrant(partition: number, owner: string, epoch: number, atMs: number): Grant {
  return {
    partition,
    owner,
    epoch,
    atMs,
    owned: undefined,
    held: undefined,
    isLeaving: false,
    isLate: false,
  };
}

/** Requests that wait for partitions which a member has handed over before its end are sent to those that take them. */
export async function redirected({ context }: RunningServer, timers: Timers): Promise<void> {
  const { cluster, config, handovers } = context;
  if (!cluster?.members.some(({ id, isAlive }) => isAlive && id !== cluster.ownId)) return;
  await endsWithin(timers, config.get("cluster-hold"), handovers.released());
  // They are answered in a turn of the event loop of its own.
  await roundsOfEventLoop(2);
}

/** Whether something has come to its end within a time. */
export async function endsWithin(
  timers: Timers,
  waitMs: number,
  work: Promise<void> | undefined,
): Promise<boolean> {
  if (work === undefined) return true;
  return await new Promise((resolve) => {
    const cancel = timers.after(waitMs, () => resolve(false));
    const end = (isDone: boolean) => {
      cancel();
      resolve(isDone);
    };
    work.then(
      () => end(true),
      () => end(false),
    );
  });
}
