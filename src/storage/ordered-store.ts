/**
 * The boundary to the storage engine: an ordered key-value store. LMDB implements it today; anything with
 * ordered ranges and an atomic commit can. Nothing above knows more of the engine than this.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Hold } from "./not-loaded.ts";

/** A key and its value. The value belongs to the store: it is read, never written to. */
export type Entry = readonly [key: Bytes, value: Buffer];

/** A put, or with null a removal. */
export type Write = readonly [key: Bytes, value: Buffer | null];

export interface RangeOptions {
  /** Descending order; the bounds stay `from <= key < to`. */
  readonly reverse?: boolean;
}

export interface OrderedReader {
  get(key: Bytes): Buffer | undefined;
  /** Entries with `from <= key < to` in byte order; lazy, to be consumed before the next commit. */
  range(from: Bytes, to: Bytes, options?: RangeOptions): Iterable<Entry>;
}

/** How far a commit must have got before it returns: on disk, or with the operating system. */
export type FlushPolicy = "always" | "everysec" | "no";

export interface OrderedStore extends OrderedReader {
  /**
   * Applies all writes or none; returns when they are as safe as the flush policy says.
   * @param redo records for the store's `Derived`, in order; kept in the journal, before the writes, and nowhere else
   * @param atMs when that is, ms since the epoch, for who goes back to a time later
   * @param undo given: the commit may return before it is on disk. It is visible at once and must not be reported before
   *   `settledPosition` has come to it. If it does not get there it is taken back, with all there have been since, the
   *   newest first, and `undo` is called then.
   * @throws CommitError when they are not; the store then refuses every further commit until it is opened anew or `reopen`
   * has succeeded.
   */
  commit(writes: readonly Write[], redo?: readonly Buffer[], atMs?: number, undo?: () => void): void;
  /** The position of the last commit: how many there have been. */
  readonly position: number;
  /** The position of the last commit that is as safe as the flush policy says. */
  readonly settledPosition: number;
  /**
   * Calls a listener, the last one given, when `settledPosition` has risen, or with the reason when the commits behind
   * it have been taken back; never within a call of the store other than `settle`.
   */
  onSettled(listener: (failure: CommitError | undefined) => void): void;
  /**
   * Waits until every commit is settled or taken back. Not while a transaction is open. A store in another process cannot wait:
   * for it this does nothing.
   */
  settle(): void;
  /** Resolves when every commit so far is settled or taken back; rejects when that will not be. */
  drained(): Promise<void>;
  /** Loads what reads of some keys would miss, all at once; undefined when they would miss nothing, or never do. */
  prefetch?(keys: readonly Bytes[], hold: Hold): Promise<void> | undefined;
  /** True when `get` and `range` may throw `NotLoaded`. */
  readonly mayMiss?: boolean;
  /** The error that ended all commits, if one has. */
  readonly failure: Error | undefined;
  /**
   * True while the disk does not keep up: whoever can wait with further writes should, or memory grows. Commits are taken
   * all the same.
   */
  readonly isCongested: boolean;
  /** How long the last sync of a journal took, in milliseconds. */
  readonly lastSyncMs: number;
  /** Calls a listener when the store is not congested any more, or failed. There is one listener, the last one given. */
  onRelieved(listener: () => void): void;
  /**
   * Calls a listener, the last one given, when the store can neither be written nor read any more, though nothing
   * acknowledged is lost: it has to be opened by another process.
   */
  onLost(listener: (error: Error) => void): void;
  setFlushPolicy(policy: FlushPolicy): void;
  /** Brings everything committed to disk, whatever the policy. @throws CommitError */
  flush(): void;
  /**
   * Tries whether commits can be taken again after a failure that leaves no doubt about what is on disk, such
   * as a full disk. Does nothing when there has been none.
   * @throws CommitError when they cannot
   */
  reopen(): void;
  /**
   * Reads all that has reached the disk and returns what is damaged, a sentence each. O(size of the store), and waits.
   */
  verifyDisk(): string[];
  /** Gets by with a share of the memory it may have otherwise, 1 being all of it, and forgets what it can read again. */
  limitMemory(share: number): void;
  /** Begins to bring what is only in the journals and in memory to the data file, if nothing else goes there. */
  checkpoint(): void;
  status(): StoreStatus;
  /**
   * Brings everything committed to where the next start finds it soonest, and closes.
   * @throws CommitError when that failed; all is closed nevertheless
   */
  close(): Promise<void>;
}

/** How a store is doing, for operators. */
export interface StoreStatus {
  /** The position of the last commit: how many there have been, those of its past before a restore included. */
  readonly position: number;
  /** Bytes of the journals' files. */
  readonly journalBytes: number;
  /** How long the last sync of a journal took. */
  readonly flushMs: number;
  /** How many syncs of a journal there have been since the start, and how long they took together. */
  readonly flushCount: number;
  readonly flushTotalMs: number;
  /** Reads of the data file that the cache has answered since the start, and those that it has not. */
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** Commits that are not known to be on disk yet. */
  readonly unflushedCommits: number;
  /** Keys with writes that only the journals and the memory have. */
  readonly pendingKeys: number;
  /** Bytes of memory that they and what is derived beside them take, about, and how much that may be. */
  readonly pendingBytes: number;
  readonly pendingBytesMax: number;
  readonly isCheckpointing: boolean;
  readonly checkpointCount: number;
  /** How long the last checkpoint took. */
  readonly checkpointMs: number;
  /** Bytes of the data file. */
  readonly dataBytes: number;
  /** Those of them that hold something: a file does not become shorter when something is removed. */
  readonly usedBytes: number;
}

/** A commit that did not reach the disk. Its writes are not visible and were not acknowledged. */
export class CommitError extends Error {
  override readonly name = "CommitError";
}

/** A directory that cannot be opened as a store; the message is for the operator. */
export class OpenError extends Error {
  override readonly name = "OpenError";
}
