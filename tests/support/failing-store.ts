/** A store in memory whose commits fail when a test says so, as those of a full disk do. */
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { CommitError, type OrderedStore } from "../../src/storage/ordered-store.ts";

export interface FailingStore {
  readonly store: OrderedStore;
  /** Commits fail from now on, until the store has been asked `times` times whether it takes them again. */
  fail(times: number): void;
  /** How often it has been asked. */
  readonly askedCount: number;
}

export function failingStore(): FailingStore {
  const ordered = new MemoryStore();
  let askedCount = 0;
  let isFailing = false;
  let failure: CommitError | undefined;
  let timesLeft = 0;
  const store: OrderedStore = {
    get: (key) => ordered.get(key),
    range: (from, to, options) => ordered.range(from, to, options),
    commit: (writes) => {
      if (isFailing) failure = new CommitError("no space");
      if (failure !== undefined) throw failure;
      ordered.commit(writes);
    },
    get failure() {
      return failure;
    },
    reopen: () => {
      askedCount += 1;
      timesLeft -= 1;
      if (timesLeft > 0 && failure !== undefined) throw failure;
      isFailing = false;
      failure = undefined;
    },
    isCongested: false,
    lastSyncMs: 0,
    onRelieved: () => undefined,
    onLost: () => undefined,
    position: 0,
    settledPosition: 0,
    onSettled: () => undefined,
    settle: () => undefined,
    drained: async () => undefined,
    verifyDisk: () => [],
    setFlushPolicy: () => undefined,
    flush: () => undefined,
    limitMemory: () => undefined,
    checkpoint: () => undefined,
    status: () => ordered.status(),
    close: async () => undefined,
  };
  const fail = (times: number): void => {
    isFailing = true;
    timesLeft = times;
  };
  return {
    store,
    fail,
    get askedCount() {
      return askedCount;
    },
  };
}
