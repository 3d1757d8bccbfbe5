/**
 * What holds the data once a checkpoint has carried it there: ordered keys that are read at any time, and written in batches
 * which complete later. LMDB implements it; a store in another process could.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Entry, Write } from "./ordered-store.ts";

/** How far the journals have been carried into the data. */
export interface JournalMark {
  /** The number of the last journal that is in it whole. */
  readonly number: number;
  /** The sequence of that journal's last commit. */
  readonly sequence: number;
}

export interface DataFile {
  get(key: Bytes): Buffer | undefined;
  has(key: Bytes): boolean;
  /** Entries with `from <= key < to` in byte order; lazy. */
  range(from: Bytes, to: Bytes, reverse: boolean): Iterable<Entry>;
  /** Lets reads see what has been written since they began. */
  renewReads(): void;
  /** Writes all or none, the later of two writes of a key; takes them before it returns, and resolves when they are on disk. */
  apply(writes: Iterable<Write>): Promise<void>;
  /** Undefined while none was set. */
  mark(): JournalMark | undefined;
  /** Notes how far the journals have been carried, with the last writes of that, all or none; resolves when it is on disk. */
  setMark(mark: JournalMark, last?: readonly Write[]): Promise<void>;
  /** True when nothing can be read or written any more, though nothing is lost. */
  readonly isLost: boolean;
  /** Whether what has failed may be tried again. */
  canRetry(error: unknown): boolean;
  /** What an operator reads of a write that failed. */
  reasonOf(error: unknown): string;
}
