/** A data file in memory: the obvious twin of the one on disk. Batches complete in the next turn of the event loop. */
import type { Bytes } from "../../src/base/bytes.ts";
import type { DataFile, JournalMark } from "../../src/storage/data-file.ts";
import type { Entry, Write } from "../../src/storage/ordered-store.ts";
import { SortedMap } from "../../src/storage/sorted-map.ts";

export class MemoryData implements DataFile {
  readonly #entries = new SortedMap<Buffer>();
  #mark: JournalMark | undefined;
  readonly isLost = false;

  get(key: Bytes): Buffer | undefined {
    return this.#entries.get(key);
  }

  has(key: Bytes): boolean {
    return this.#entries.has(key);
  }

  range(from: Bytes, to: Bytes, reverse: boolean): Iterable<Entry> {
    return this.#entries.range(from, to, reverse);
  }

  renewReads(): void {}

  async apply(writes: Iterable<Write>): Promise<void> {
    // A throw while the writes are made leaves nothing of them.
    const taken = [...writes];
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (const [key, value] of taken) {
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
  }

  mark(): JournalMark | undefined {
    return this.#mark;
  }

  async setMark(mark: JournalMark, last: readonly Write[] = []): Promise<void> {
    await this.apply(last);
    this.#mark = mark;
  }

  canRetry(): boolean {
    return true;
  }

  reasonOf(error: unknown): string {
    return String(error);
  }
}
