/**
 * What the server does for its store beside requests: it removes what flushes and deletions have left behind, a
 * slice at a time, and asks a store that has run out of space whether it takes commits again.
 */
import type { Clock } from "../base/clock.ts";
import { collectGarbage } from "../keyspace/garbage.ts";
import type { Store } from "../keyspace/store.ts";
import { CommitError } from "../storage/ordered-store.ts";

/** Entries of a slice: less than a millisecond of work, and one commit. */
const SLICE_ENTRIES_MAX = 500;
/** Between slices while there is garbage: requests have the better part of the time and of the disk. */
const SLICE_PAUSE_MS = 10;
/** Between looks when there was nothing to do. */
const LOOK_PAUSE_MS = 1000;

export interface UpkeepOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Told when the store takes commits again. */
  readonly onReopened: () => void;
}

/** Begins; returns the function that ends it. */
export function startUpkeep({ store, clock, onReopened }: UpkeepOptions): () => void {
  let cancel: () => void;
  let hasFailed = false;
  const look = () => {
    if (store.failure !== undefined) {
      hasFailed = true;
      isTaken(() => store.reopen());
    }
    // A store may need longer than the call to find out that it takes commits again.
    if (hasFailed && store.failure === undefined) {
      hasFailed = false;
      onReopened();
    }
    const pauseMs = !hasFailed && hasGarbage(store, clock.now()) ? SLICE_PAUSE_MS : LOOK_PAUSE_MS;
    cancel = clock.wakeAt(clock.now() + pauseMs, look, "housekeeping");
  };
  cancel = clock.wakeAt(clock.now() + LOOK_PAUSE_MS, look, "housekeeping");
  return () => cancel();
}

/** Removes a slice; true when there is more. */
function hasGarbage(store: Store, nowMs: number): boolean {
  if (store.isCongested) return true;
  const transaction = store.begin();
  const removed = collectGarbage(transaction, SLICE_ENTRIES_MAX);
  if (removed > 0 && !isTaken(() => store.commit(transaction, nowMs, true))) return false;
  return removed === SLICE_ENTRIES_MAX;
}

/** False when the store refused: `failure` says so to all who ask, and the next look finds it. */
function isTaken(commit: () => void): boolean {
  try {
    commit();
    return true;
  } catch (error) {
    if (error instanceof CommitError) return false;
    throw error;
  }
}
