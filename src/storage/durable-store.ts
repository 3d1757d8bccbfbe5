/**
 * The ordered store on disk. A commit is one record at the end of a journal and one sync; LMDB alone would
 * write a page for each random key. What the journal has and LMDB has not is held in two generations (generations.ts),
 * each with one of the two journal files:
 *
 *     commit -> journal record, active table          read -> active table -> frozen table -> cache -> LMDB
 *
 * A journal is given up only when LMDB has all of it on disk, so that after a crash LMDB and the journals
 * together have every commit. What is acknowledged never depends on a checkpoint: if one fails, the journals
 * keep what it would have carried, and commits are refused until that is resolved.
 */
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";
import { checkData } from "./check-data.ts";
import type { JournalMark } from "./data-file.ts";
import type { Derived } from "./derived.ts";
import { prepareDirectory } from "./directory.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { reasonOf } from "./disk-errors.ts";
import { EarlyCommits } from "./early-commits.ts";
import { type GenerationLimits, Generations, type OpenedGenerations } from "./generations.ts";
import { Journal } from "./journal.ts";
import { archiveJournal, assertArchive } from "./journal-archive.ts";
import type { LmdbData } from "./lmdb-data.ts";
import {
  CommitError,
  type Entry,
  type FlushPolicy,
  OpenError,
  type OrderedReader,
  type OrderedStore,
  type RangeOptions,
  type StoreStatus,
  type Write,
} from "./ordered-store.ts";
import { ReadCache } from "./read-cache.ts";
import { recover } from "./recovery.ts";
import { type Before, type PackedSpaces, WriteTable } from "./write-table.ts";

export interface DurableLimits extends GenerationLimits {
  readonly cacheBytesMax: number;
}

const MIB = 1024 * 1024;

export const DURABLE_LIMITS: DurableLimits = {
  journalBytesMax: 32 * MIB,
  tableBytesMax: 64 * MIB,
  derivedBytesMax: 64 * MIB,
  cacheBytesMax: 24 * MIB,
};

export interface DurableOptions {
  /** May look at all of the store and throw, before anything is changed and before redo records are handed out. */
  readonly verify?: (reader: OrderedReader) => void;
  readonly limits?: Partial<DurableLimits>;
  readonly derived?: Derived | undefined;
  /** A directory that each full journal is copied to; undefined: to none. */
  readonly archiveDirectory?: string | undefined;
  /** First bytes of keys that often come and go within seconds: of such a key nothing remains to be carried. */
  readonly transientSpaces?: string;
  /** First bytes of keys that are looked for once before they are written: that one is absent is not remembered. */
  readonly unrepeatedSpaces?: string;
  /** Spaces of many small values. */
  readonly packedSpaces?: PackedSpaces;
}

export class DurableStore implements OrderedStore {
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  readonly #limits: DurableLimits;
  readonly #data: LmdbData;
  readonly #journal: Journal;
  readonly #cache: ReadCache;
  readonly #generations: Generations;
  readonly #archiveDirectory: string | undefined;
  readonly #unrepeatedSpaces: string;
  readonly #early = new EarlyCommits();
  /** True while a sync for them is under way. */
  #isSyncing = false;
  /** True while a caller waits for their outcome. */
  #isSettling = false;
  #onSettled: (failure: CommitError | undefined) => void = () => undefined;
  #onLost: (error: Error) => void = () => undefined;
  /** What it gets by with of the memory it may have. */
  #memoryShare = 1;
  #isClosed = false;
  #cacheHits = 0;
  #cacheMisses = 0;

  private constructor(directory: string, lock: DirectoryLock, options: DurableOptions, opened: Opened) {
    this.#directory = directory;
    this.#lock = lock;
    this.#limits = { ...DURABLE_LIMITS, ...options.limits };
    this.#archiveDirectory = options.archiveDirectory;
    this.#unrepeatedSpaces = options.unrepeatedSpaces ?? "";
    this.#data = opened.data;
    this.#journal = opened.journal;
    this.#cache = new ReadCache(this.#limits.cacheBytesMax);
    this.#generations = new Generations(
      {
        data: this.#data,
        derived: options.derived,
        limits: this.#limits,
        transientSpaces: options.transientSpaces ?? "",
        journalBytes: () => this.#journal.activeBytes,
        isFailed: () => this.failure !== undefined,
        archive: () => this.#archive(),
        synced: () => this.#journal.syncSpare(),
        settle: () => this.settle(),
        rotate: () => this.#rotate(),
        release: ({ sequence }) => this.#journal.release(sequence),
        onFolded: (writes) => this.#forget(writes),
        onLost: (error) => this.#onLost(error),
      },
      opened,
    );
  }

  /**
   * Opens the store of a directory, made if missing.
   * @throws OpenError with a message for the operator
   */
  static open(directory: string, options: DurableOptions = {}): DurableStore {
    prepareDirectory(directory);
    const lock = lockDirectory(directory);
    try {
      return new DurableStore(directory, lock, options, openFiles(directory, options));
    } catch (error) {
      lock.release();
      throw asOpenError(directory, error);
    }
  }

  get failure(): CommitError | undefined {
    return this.#journal.failure ?? this.#generations.checkpointer.failure;
  }

  get isCongested(): boolean {
    return this.#generations.isCongested;
  }

  get lastSyncMs(): number {
    return this.#journal.flushMs;
  }

  onRelieved(listener: () => void): void {
    this.#generations.onRelieved = listener;
  }

  onLost(listener: (error: Error) => void): void {
    this.#onLost = listener;
  }

  get(key: Bytes): Buffer | undefined {
    const written = this.#generations.get(key);
    return written === undefined ? this.#storedGet(key) : (written ?? undefined);
  }

  range(from: Bytes, to: Bytes, options: RangeOptions = {}): Iterable<Entry> {
    return this.#generations.range(from, to, options);
  }

  get position(): number {
    return this.#journal.sequence;
  }

  get settledPosition(): number {
    return this.#early.place?.sequence ?? this.#journal.sequence;
  }

  onSettled(listener: (failure: CommitError | undefined) => void): void {
    this.#onSettled = listener;
  }

  commit(writes: readonly Write[], redo: readonly Buffer[] = [], atMs?: number, undo?: () => void): void {
    if (this.failure !== undefined) throw this.failure;
    const isEarly = undo !== undefined && this.#journal.policy === "always";
    const { place } = this.#journal;
    try {
      this.#journal.append({ redo, writes, atMs }, isEarly);
    } finally {
      // That sync was for all, whichever way it has ended.
      if (!this.#early.isEmpty && !isEarly) this.#settleSoon();
    }
    if (!isEarly) {
      this.#generations.take(writes, redo, this.#uncache);
      return;
    }
    const before: Before[] = [];
    this.#generations.take(writes, redo, this.#uncache, before);
    this.#early.add({ place, writes, before, undo });
    this.#syncEarly();
  }

  setFlushPolicy(policy: FlushPolicy): void {
    // What is acknowledged without a sync must not lie on what waits for one.
    if (!this.#early.isEmpty) this.flush();
    this.#journal.setPolicy(policy);
  }

  flush(): void {
    try {
      this.#journal.flush();
    } finally {
      this.#settleSoon();
    }
  }

  settle(): void {
    if (this.#early.isEmpty) return;
    try {
      this.#journal.settle();
    } catch (error) {
      // It is what they are taken back for.
      if (!(error instanceof CommitError)) throw error;
    }
    this.#settleEarly();
  }

  async drained(): Promise<void> {
    this.settle();
  }

  limitMemory(share: number): void {
    if (share === this.#memoryShare) return;
    this.#memoryShare = share;
    if (share < 1) this.#cache.clear();
    this.#cache.limit(this.#limits.cacheBytesMax * share);
    this.#generations.limitMemory(share);
  }

  checkpoint(): void {
    this.#generations.checkpoint();
  }

  reopen(): void {
    if (!this.#early.isEmpty && this.failure !== undefined) throw this.failure;
    if (this.#journal.isInDoubt) this.#carryDoubt();
    this.#journal.recover();
    const { checkpointer } = this.#generations;
    if (checkpointer.failure === undefined) return;
    checkpointer.retry();
    throw checkpointer.failure;
  }

  verifyDisk(): string[] {
    return checkData(this.#directory);
  }

  status(): StoreStatus {
    return {
      ...this.#generations.status(),
      position: this.#journal.sequence,
      journalBytes: this.#journal.bytes,
      flushMs: this.#journal.flushMs,
      flushCount: this.#journal.flushes.count,
      flushTotalMs: this.#journal.flushes.totalMs,
      cacheHits: this.#cacheHits,
      cacheMisses: this.#cacheMisses,
      unflushedCommits: this.#journal.sequence - this.#journal.syncedSequence,
      dataBytes: this.#data.bytes,
      usedBytes: this.#data.usedBytes,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.settle();
    try {
      await this.#generations.carryAll();
      if (this.failure === undefined) this.#journal.noteDataBytes(this.#data.bytes);
    } finally {
      await this.#data.close();
      await this.#journal.close();
      this.#lock.release();
    }
    if (this.failure !== undefined) throw this.failure;
  }

  #storedGet(key: Bytes): Buffer | undefined {
    const text = chars(key);
    const cached = this.#cache.get(text);
    if (cached !== undefined) {
      this.#cacheHits += 1;
      return cached ?? undefined;
    }
    this.#cacheMisses += 1;
    const value = this.#data.get(key);
    if (value !== undefined || !this.#unrepeatedSpaces.includes(text.charAt(0)))
      this.#cache.set(text, value ?? null);
    return value;
  }

  /** What is in a table is not in the cache: reads end at the table, so that nothing is added while it is there. */
  readonly #uncache = (key: Bytes): void => this.#cache.delete(chars(key));

  /** One sync at a time, for all commits there are when it begins. */
  #syncEarly(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const ended = () => {
      this.#isSyncing = false;
      this.#settleEarly();
      if (!this.#early.isEmpty) this.#syncEarly();
    };
    // A failure is kept by the journal.
    this.#journal.syncAside().then(ended, ended);
  }

  /** Not within the turn at hand, which may have changed what lies on these commits. */
  #settleSoon(): void {
    if (this.#early.isEmpty || this.#isSettling) return;
    this.#isSettling = true;
    queueMicrotask(() => {
      this.#isSettling = false;
      this.#settleEarly();
    });
  }

  /** Tells what has become of the commits whose sync has ended. */
  #settleEarly(): void {
    const { place } = this.#early;
    if (place === undefined) return;
    const { failure, hasLostSync, syncedSequence } = this.#journal;
    this.#early.settle(syncedSequence);
    if (syncedSequence > place.sequence) this.#onSettled(undefined);
    if (!hasLostSync || this.#early.isEmpty) return;
    this.#journal.withdraw(this.#early.takeBack(this.#generations.active));
    this.#onSettled(failure);
  }

  #rotate(): JournalMark | undefined {
    const mark = { number: this.#journal.number, sequence: this.#journal.sequence };
    try {
      this.#journal.rotate(this.#data.bytes);
      return mark;
    } catch (error) {
      // The commits so far are as safe as they were; `failure` keeps further ones out.
      if (error instanceof CommitError) return undefined;
      throw error;
    }
  }

  async #archive(): Promise<void> {
    const directory = this.#archiveDirectory;
    if (directory === undefined) return;
    try {
      await archiveJournal(this.#journal.spare, directory);
    } catch (error) {
      throw new Error(`the journal could not be archived in '${directory}' (${reasonOf(error)})`);
    }
  }

  /** A sync has failed while commits depended on it: the tables have them, and a checkpoint brings them to disk. */
  #carryDoubt(): void {
    if (this.#generations.checkpointer.frozen === undefined) this.#generations.rotate();
    else this.#generations.checkpointer.retry();
  }

  /** Writes that were in no table have reached the data file: what was read of their keys before is out of date. */
  #forget(writes: readonly Write[]): void {
    this.#data.renewReads();
    for (const [key] of writes) this.#cache.delete(chars(key));
  }
}

interface Opened extends OpenedGenerations {
  readonly data: LmdbData;
  readonly journal: Journal;
}

function openFiles(directory: string, options: DurableOptions): Opened {
  const { verify = () => undefined, derived, transientSpaces, packedSpaces } = options;
  const newTable = () => new WriteTable(transientSpaces, packedSpaces);
  const { goOn, abandon, ...recovered } = recover(directory, { verify, derived, newTable });
  try {
    const position = goOn();
    if (options.archiveDirectory !== undefined)
      assertArchive(options.archiveDirectory, [position.active, position.spare]);
    return { ...recovered, journal: new Journal(position, [recovered.data]) };
  } catch (error) {
    abandon();
    throw error;
  }
}

/** What the file system answered while a store was opened is for the operator too. */
function asOpenError(directory: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof OpenError || !("code" in error)) return error;
  const cure = error.code === "ENOSPC" ? "free some space on the disk" : "see whether the disk is in order";
  return new OpenError(`cannot open the store in '${directory}': ${error.message}: ${cure}`);
}
