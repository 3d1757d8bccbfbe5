/** An ordered store in memory: the obvious twin of the durable one, for tests that need no disk. */
import type { Bytes } from "../base/bytes.ts";
import type { Derived } from "./derived.ts";
import type { Entry, OrderedStore, RangeOptions, StoreStatus, Write } from "./ordered-store.ts";
import { SortedMap } from "./sorted-map.ts";

export class MemoryStore implements OrderedStore {
  readonly #entries = new SortedMap<Buffer>();
  readonly failure = undefined;
  readonly isCongested = false;
  readonly lastSyncMs = 0;
  readonly position = 0;
  readonly settledPosition = 0;
  readonly #derived: Derived | undefined;

  constructor(derived?: Derived) {
    this.#derived = derived;
  }

  get(key: Bytes): Buffer | undefined {
    return this.#entries.get(key);
  }

  range(from: Bytes, to: Bytes, options: RangeOptions = {}): Iterable<Entry> {
    return this.#entries.range(from, to, options.reverse);
  }

  /** Redo records are for recovery, which a store in memory has not. */
  commit(writes: readonly Write[]): void {
    this.#apply(writes);
  }

  /** As a checkpoint of a durable store, in one go. */
  checkpoint(): void {
    if (this.#derived === undefined) return;
    this.#derived.freeze();
    this.#apply(this.#derived.fold(this));
    this.#apply(this.#derived.lastWrites(this));
    this.#derived.thawed();
  }

  onRelieved(): void {}

  onSettled(): void {}

  settle(): void {}

  async drained(): Promise<void> {}

  onLost(): void {}

  setFlushPolicy(): void {}

  flush(): void {}

  reopen(): void {}

  verifyDisk(): string[] {
    return [];
  }

  limitMemory(): void {}

  status(): StoreStatus {
    return {
      position: 0,
      journalBytes: 0,
      flushMs: 0,
      flushCount: 0,
      flushTotalMs: 0,
      cacheHits: 0,
      cacheMisses: 0,
      unflushedCommits: 0,
      pendingKeys: this.#entries.size,
      pendingBytes: 0,
      pendingBytesMax: 0,
      isCheckpointing: false,
      checkpointCount: 0,
      checkpointMs: 0,
      dataBytes: 0,
      usedBytes: 0,
    };
  }

  async close(): Promise<void> {}

  #apply(writes: Iterable<Write | undefined | Promise<void>>): void {
    for (const write of writes) {
      // All reads of what is in memory find it, so there is nothing to wait for.
      if (write === undefined || write instanceof Promise) continue;
      const [key, value] = write;
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
  }
}
