/**
 * What the server does for its store beside requests: it removes what flushes and deletions have left behind, a
 * slice at a time, and asks a store that has run out of space whether it takes commits again.
 */
import type { Clock } from "../base/clock.ts";
import { collectGarbage } from "../keyspace/garbage.ts";
import type { Store } from "../keyspace/store.ts";
import { Hold, NotLoaded } from "../storage/not-loaded.ts";
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
  /** What slices have missed, until one has been removed. */
  let hold: Hold | undefined;
  const lookIn = (pauseMs: number) => {
    cancel = clock.wakeAt(clock.now() + pauseMs, look, "housekeeping");
  };
  const load = (miss: NotLoaded) => {
    hold ??= new Hold();
    let hasEnded = false;
    cancel = () => {
      hasEnded = true;
      hold?.release();
    };
    miss.load(hold).then(
      () => hasEnded || lookIn(SLICE_PAUSE_MS),
      () => hasEnded || lookIn(LOOK_PAUSE_MS),
    );
  };
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
    const removed = hasFailed ? false : removeGarbage(store, clock.now());
    if (removed instanceof NotLoaded) {
      load(removed);
      return;
    }
    hold?.release();
    hold = undefined;
    lookIn(removed ? SLICE_PAUSE_MS : LOOK_PAUSE_MS);
  };
  lookIn(LOOK_PAUSE_MS);
  return () => cancel();
}

/** Removes a slice; true when there is more. Of a slice that has missed nothing is removed. */
function removeGarbage(store: Store, nowMs: number): boolean | NotLoaded {
  if (store.isCongested) return true;
  try {
    return store.attempt((transaction) => {
      const removed = collectGarbage(transaction, SLICE_ENTRIES_MAX);
      if (removed > 0 && !isTaken(() => store.commit(transaction, nowMs, true))) return false;
      return removed === SLICE_ENTRIES_MAX;
    });
  } catch (error) {
    if (error instanceof NotLoaded) return error;
    throw error;
  }
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
