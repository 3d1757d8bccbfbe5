/** A store in memory that counts what is read of it, entry by entry, and what commits write to it. */
import type { Bytes } from "../../src/base/bytes.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Entry, RangeOptions, Write } from "../../src/storage/ordered-store.ts";

export class CountingStore extends MemoryStore {
  reads = 0;
  writes = 0;

  override get(key: Bytes): Buffer | undefined {
    this.reads += 1;
    return super.get(key);
  }

  override *range(from: Bytes, to: Bytes, options: RangeOptions = {}): Generator<Entry> {
    for (const entry of super.range(from, to, options)) {
      this.reads += 1;
      yield entry;
    }
  }

  override commit(writes: readonly Write[]): void {
    this.writes += writes.length;
    super.commit(writes);
  }
}
