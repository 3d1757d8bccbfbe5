/**
 * The ordered store on LMDB. `overlappingSync` is off: with it on, a commit is visible before it is on disk,
 * and an image taken at a loss of power may not open.
 */
import { type Database, open, type RootDatabase } from "lmdb";
import type { Bytes } from "../base/bytes.ts";
import { chars, raw } from "../base/bytes.ts";
import {
  CommitError,
  type Entry,
  type OrderedStore,
  type RangeOptions,
  type Write,
} from "./ordered-store.ts";

/** Keys go to LMDB byte by byte, so that its order is ours. */
const KEY_ENCODER = {
  writeKey: (key: string, target: Buffer, position: number) =>
    position + target.write(key, position, "latin1"),
  readKey: (source: Buffer, start: number, end: number) => source.toString("latin1", start, end),
};

export class LmdbStore implements OrderedStore {
  readonly #root: RootDatabase<Buffer, string>;
  #failure: Error | undefined;

  constructor(directory: string) {
    this.#root = open<Buffer, string>({
      path: `${directory}/data.mdb`,
      noSubdir: true,
      encoding: "binary",
      keyEncoder: KEY_ENCODER,
      overlappingSync: false,
      maxReaders: 16,
      maxDbs: 1,
    } as Parameters<typeof open>[0]) as RootDatabase<Buffer, string>;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get(key: Bytes): Buffer | undefined {
    return (this.#root as Database<Buffer, string>).getBinary(chars(key));
  }

  *range(from: Bytes, to: Bytes, options: RangeOptions = {}): Generator<Entry> {
    const reverse = options.reverse === true;
    // LMDB's reverse ranges take their start, the upper bound, as inclusive: the bound itself is skipped here.
    const bounds = reverse
      ? { start: chars(to), end: chars(from), reverse, inclusiveEnd: true }
      : { start: chars(from), end: chars(to) };
    for (const { key, value } of this.#root.getRange(bounds)) {
      if (reverse && key === chars(to)) continue;
      yield [raw(key), value];
    }
  }

  commit(writes: readonly Write[]): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#root.transactionSync(() => {
        for (const [key, value] of writes) {
          if (value === null) this.#root.removeSync(chars(key));
          else this.#root.putSync(chars(key), value);
        }
      });
    } catch (error) {
      this.#failure = new CommitError(
        `the commit failed: ${error instanceof Error ? error.message : String(error)}`,
      );
      throw this.#failure;
    }
  }

  setFlushPolicy(): void {}

  flush(): void {}

  async close(): Promise<void> {
    await this.#root.close();
  }
}
