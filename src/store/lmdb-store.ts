/**
 * The ordered store on LMDB. `overlappingSync` is off: with it on, a commit is visible before it is on disk,
 * and an image taken at a loss of power may not open.
 */
import { renameSync, rmSync } from "node:fs";
import { type Database, open, type RootDatabase } from "lmdb";
import type { Bytes } from "../base/bytes.ts";
import { chars, raw } from "../base/bytes.ts";
import { checkDataFile, DATA_FILE, fileBytes, prepareDirectory, syncDirectory } from "./directory.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import {
  CommitError,
  type Entry,
  OpenError,
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
  readonly #lock: DirectoryLock;
  #failure: Error | undefined;

  private constructor(root: RootDatabase<Buffer, string>, lock: DirectoryLock) {
    this.#root = root;
    this.#lock = lock;
  }

  /** Opens the store of a directory, made if missing. @throws OpenError with a message for the operator */
  static open(directory: string): LmdbStore {
    prepareDirectory(directory);
    const lock = lockDirectory(directory);
    try {
      return new LmdbStore(openDataFile(directory), lock);
    } catch (error) {
      lock.release();
      throw error;
    }
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
    // All commits are synchronous: nothing is under way that the lock would have to outlast.
    const closed = this.#root.close();
    this.#lock.release();
    await closed;
  }
}

/** To be called by the holder of the directory's lock. @throws OpenError */
function openDataFile(directory: string): RootDatabase<Buffer, string> {
  const path = `${directory}/${DATA_FILE}`;
  const bytes = fileBytes(path);
  // A file half made by a start that was cut off stands under another name and is no store yet.
  const unfinished = `${path}.new`;
  for (const left of [unfinished, `${unfinished}-lock`, `${path}-lock`]) rmSync(left, { force: true });
  if (bytes !== undefined) checkDataFile(path, bytes);
  try {
    if (bytes === undefined) {
      void openFile(unfinished).close();
      renameSync(unfinished, path);
      rmSync(`${unfinished}-lock`, { force: true });
      syncDirectory(directory);
    }
    return openFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OpenError(`cannot open '${path}': ${reason}`);
  }
}

function openFile(path: string): RootDatabase<Buffer, string> {
  return open<Buffer, string>({
    path,
    noSubdir: true,
    encoding: "binary",
    keyEncoder: KEY_ENCODER,
    overlappingSync: false,
    maxReaders: 16,
    maxDbs: 1,
  } as Parameters<typeof open>[0]) as RootDatabase<Buffer, string>;
}
