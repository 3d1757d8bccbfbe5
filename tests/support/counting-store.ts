/** A store in memory that counts what is read of it, entry by entry, and what commits write to it. */
import type { Bytes } from "../../src/base/bytes.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Entry, RangeOptions, Write } from "../../src/storage/ordered-store.ts";

export class CountingStore extends MemoryStore {
  reads = 0;
  writes = 0;
  /** Those of the writes that remove nothing: a server removes parts of what is gone at any time. */
  puts = 0;

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
    for (const [, value] of writes) if (value !== null) this.puts += 1;
    super.commit(writes);
  }
}
