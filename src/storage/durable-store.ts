/**
 * The ordered store on disk. A commit is one record at the end of a journal and one sync; LMDB alone would
 * write a page for each random key. What the journal has and LMDB has not is held in tables that reads look
 * through first:
 *
 *     commit -> journal record, active table          read -> active table -> frozen table -> cache -> LMDB
 *     rotate: the active table becomes the frozen one, the other journal takes over
 *     checkpoint: the frozen table goes into LMDB in its own thread; its journal is then free
 *
 * What a `Derived` keeps beside the tables has the same two generations (see derived.ts).
 *
 * A journal is given up only when LMDB has all of it on disk, so that after a crash LMDB and the journals
 * together have every commit. What is acknowledged never depends on a checkpoint: if one fails, the journals
 * keep what it would have carried, and commits are refused until that is resolved.
 *
 * The active generation may exceed its limits while the frozen one is being carried, by the part of that which
 * has been carried; beyond, the store is congested. So writers that heed that go as fast as the disk does, and the
 * memory of both generations together stays below four times the limits of one.
 */
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";
import { checkData } from "./check-data.ts";
import { Checkpointer, type FrozenTable } from "./checkpointer.ts";
import type { JournalMark } from "./data-file.ts";
import type { Derived } from "./derived.ts";
import { prepareDirectory } from "./directory.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { reasonOf } from "./disk-errors.ts";
import { EarlyCommits } from "./early-commits.ts";
import { Journal } from "./journal.ts";
import { archiveJournal, assertArchive } from "./journal-archive.ts";
import { layeredRange } from "./layered-reader.ts";
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
import { WriteTable } from "./write-table.ts";

/** Bounds of memory and of the time a start takes. */
export interface DurableLimits {
  /** A journal of so many bytes is full. */
  readonly journalBytesMax: number;
  /** As is one whose table takes so many bytes of memory. */
  readonly tableBytesMax: number;
  /** And one whose derived things do. */
  readonly derivedBytesMax: number;
  readonly cacheBytesMax: number;
}

const MIB = 1024 * 1024;

export const DURABLE_LIMITS: DurableLimits = {
  journalBytesMax: 32 * MIB,
  tableBytesMax: 64 * MIB,
  derivedBytesMax: 64 * MIB,
  cacheBytesMax: 24 * MIB,
};

/** Both the active generation and the frozen one may have twice what the limits are. */
const GENERATIONS_MAX = 4;

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
}

export class DurableStore implements OrderedStore {
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  readonly #limits: DurableLimits;
  readonly #data: LmdbData;
  readonly #journal: Journal;
  readonly #cache: ReadCache;
  readonly #derived: Derived | undefined;
  readonly #archiveDirectory: string | undefined;
  readonly #transientSpaces: string;
  readonly #unrepeatedSpaces: string;
  readonly #checkpointer: Checkpointer;
  readonly #early = new EarlyCommits();
  /** True while a sync for them is under way. */
  #isSyncing = false;
  /** True while a caller waits for their outcome. */
  #isSettling = false;
  #onSettled: (failure: CommitError | undefined) => void = () => undefined;
  #active: WriteTable;
  /** True when the active journal has redo records. */
  #hasRedo: boolean;
  /** True while a rotation is to follow the turn at hand. */
  #isRotationDue = false;
  /** True since somebody was notified that the store is congested. */
  #hasHeldBack = false;
  #onRelieved: () => void = () => undefined;
  #onLost: (error: Error) => void = () => undefined;
  /** What it gets by with of the memory it may have. */
  #memoryShare = 1;
  /** A checkpoint was asked for, however little there is. */
  #isCheckpointWanted = false;
  #isClosed = false;
  #cacheHits = 0;
  #cacheMisses = 0;

  private constructor(directory: string, lock: DirectoryLock, options: DurableOptions, opened: Opened) {
    this.#directory = directory;
    this.#lock = lock;
    this.#limits = { ...DURABLE_LIMITS, ...options.limits };
    this.#derived = options.derived;
    this.#archiveDirectory = options.archiveDirectory;
    this.#transientSpaces = options.transientSpaces ?? "";
    this.#unrepeatedSpaces = options.unrepeatedSpaces ?? "";
    this.#data = opened.data;
    this.#journal = opened.journal;
    this.#active = opened.active;
    this.#hasRedo = opened.hasRedo;
    this.#cache = new ReadCache(this.#limits.cacheBytesMax);
    this.#checkpointer = new Checkpointer({
      data: this.#data,
      derived: this.#derived,
      archive: () => this.#archive(),
      synced: () => this.#journal.syncSpare(),
      fullness: () => this.#fullness,
      onFolded: (writes) => this.#forget(writes),
      onProgress: () => this.#relieve(),
      onLost: (error) => this.#onLost(error),
      onCarried: (mark) => this.#carried(mark),
    });
    if (opened.frozen !== undefined) this.#checkpointer.begin(opened.frozen, 0);
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
    return this.#journal.failure ?? this.#checkpointer.failure;
  }

  get isCongested(): boolean {
    const { frozen, progress } = this.#checkpointer;
    if (frozen === undefined || this.failure !== undefined || this.#fullness <= 1 + progress) return false;
    this.#hasHeldBack = true;
    return true;
  }

  get lastSyncMs(): number {
    return this.#journal.flushMs;
  }

  onRelieved(listener: () => void): void {
    this.#onRelieved = listener;
  }

  onLost(listener: (error: Error) => void): void {
    this.#onLost = listener;
  }

  get(key: Bytes): Buffer | undefined {
    let written = this.#active.get(key);
    if (written === undefined) written = this.#checkpointer.frozen?.table.get(key);
    return written === undefined ? this.#storedGet(key) : (written ?? undefined);
  }

  range(from: Bytes, to: Bytes, options: RangeOptions = {}): Iterable<Entry> {
    const reverse = options.reverse === true;
    const tables = [this.#active, this.#checkpointer.frozen?.table];
    return layeredRange(tables, this.#data, { from, to, reverse });
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
    if (isEarly) {
      this.#early.add(place, this.#active, writes, undo);
      this.#syncEarly();
    }
    if (redo.length > 0) this.#hasRedo = true;
    this.#active.apply(writes, this.#isBelow);
    for (const [key] of writes) this.#cache.delete(chars(key));
    if (this.#fullness >= 1) this.#rotateAfterTurn();
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

  limitMemory(share: number): void {
    if (share === this.#memoryShare) return;
    this.#memoryShare = share;
    if (share < 1) this.#cache.clear();
    this.#cache.limit(this.#limits.cacheBytesMax * share);
    if (this.#fullness >= 1) this.#rotateAfterTurn();
  }

  checkpoint(): void {
    if (this.#active.size === 0 && !this.#hasRedo) return;
    this.#isCheckpointWanted = true;
    this.#rotateAfterTurn();
  }

  reopen(): void {
    if (!this.#early.isEmpty && this.failure !== undefined) throw this.failure;
    if (this.#journal.isInDoubt) this.#carryDoubt();
    this.#journal.recover();
    if (this.#checkpointer.failure === undefined) return;
    this.#checkpointer.retry();
    throw this.#checkpointer.failure;
  }

  verifyDisk(): string[] {
    return checkData(this.#directory);
  }

  status(): StoreStatus {
    const tableBytesMax = this.#limits.tableBytesMax * this.#memoryShare;
    const derivedBytesMax = this.#limits.derivedBytesMax * this.#memoryShare;
    const frozen = this.#checkpointer.frozen?.table;
    return {
      position: this.#journal.sequence,
      journalBytes: this.#journal.bytes,
      flushMs: this.#journal.flushMs,
      flushCount: this.#journal.flushes.count,
      flushTotalMs: this.#journal.flushes.totalMs,
      cacheHits: this.#cacheHits,
      cacheMisses: this.#cacheMisses,
      unflushedCommits: this.#journal.sequence - this.#journal.syncedSequence,
      pendingKeys: this.#active.size + (frozen?.size ?? 0),
      pendingBytes: this.#active.bytes + (frozen?.bytes ?? 0) + (this.#derived?.bytes ?? 0),
      pendingBytesMax:
        GENERATIONS_MAX * (tableBytesMax + (this.#derived === undefined ? 0 : derivedBytesMax)),
      isCheckpointing: this.#checkpointer.isRunning,
      checkpointCount: this.#checkpointer.count,
      checkpointMs: this.#checkpointer.lastMs,
      dataBytes: this.#data.bytes,
      usedBytes: this.#data.usedBytes,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.settle();
    this.#checkpointer.hurry();
    try {
      await this.#checkpointer.settled();
      while (this.failure === undefined && (this.#active.size > 0 || this.#hasRedo)) {
        this.#rotate();
        await this.#checkpointer.settled();
      }
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

  /** Whether the frozen table or the data file know of a key, or what is frozen beside them may. */
  readonly #isBelow = (key: Bytes): boolean => {
    const { frozen } = this.#checkpointer;
    // What is folded may reach the data file at any time, so that only keys that nothing derives may leave no trace.
    const isTransient = this.#transientSpaces.includes(chars(key).charAt(0));
    if (this.#derived !== undefined && (frozen !== undefined || !isTransient)) return true;
    return frozen?.table.get(key) !== undefined || this.#data.has(key);
  };

  /** How full the active generation is, in the journal or in memory; from 1 on it is to be frozen. */
  get #fullness(): number {
    return Math.max(
      this.#journal.activeBytes / this.#limits.journalBytesMax,
      this.#active.bytes / (this.#limits.tableBytesMax * this.#memoryShare),
      (this.#derived?.bytes ?? 0) / (this.#limits.derivedBytesMax * this.#memoryShare),
    );
  }

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
    this.#journal.withdraw(this.#early.takeBack(this.#active));
    this.#onSettled(failure);
  }

  /** Not within the turn that commits: only at its end has who derives taken up all of it. */
  #rotateAfterTurn(): void {
    if (this.#isRotationDue || this.#checkpointer.frozen !== undefined) return;
    this.#isRotationDue = true;
    queueMicrotask(() => {
      this.#isRotationDue = false;
      this.#rotateIfFull();
    });
  }

  #rotateIfFull(): void {
    const isDue = this.#fullness >= 1 || this.#isCheckpointWanted;
    if (!isDue || this.#checkpointer.frozen !== undefined) return;
    // What is frozen cannot be taken back any more.
    this.settle();
    if (!this.#isClosed && this.failure === undefined) this.#rotate();
  }

  /** The active generation becomes the frozen one, of which there must be none, and its checkpoint begins. */
  #rotate(): void {
    const mark = { number: this.#journal.number, sequence: this.#journal.sequence };
    try {
      this.#journal.rotate(this.#data.bytes);
    } catch (error) {
      // The commits so far are as safe as they were; `failure` keeps further ones out.
      if (error instanceof CommitError) return;
      throw error;
    }
    this.#isCheckpointWanted = false;
    const derivedSize = this.#derived?.size ?? 0;
    const table = this.#active;
    this.#active = table.successor();
    this.#hasRedo = false;
    this.#derived?.freeze();
    this.#checkpointer.begin({ table, mark }, derivedSize);
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
    if (this.#checkpointer.frozen === undefined) this.#rotate();
    else this.#checkpointer.retry();
  }

  #carried(mark: JournalMark): void {
    this.#journal.release(mark.sequence);
    this.#rotateIfFull();
    this.#relieve();
  }

  /** Lets those go on that have been held back, when there is room. */
  #relieve(): void {
    if (!this.#hasHeldBack || this.isCongested) return;
    this.#hasHeldBack = false;
    this.#onRelieved();
  }

  /** Writes that were in no table have reached the data file: what was read of their keys before is out of date. */
  #forget(writes: readonly Write[]): void {
    this.#data.renewReads();
    for (const [key] of writes) this.#cache.delete(chars(key));
  }
}

interface Opened {
  readonly data: LmdbData;
  readonly journal: Journal;
  readonly active: WriteTable;
  readonly hasRedo: boolean;
  readonly frozen: FrozenTable | undefined;
}

function openFiles(directory: string, options: DurableOptions): Opened {
  const { verify = () => undefined, derived, transientSpaces } = options;
  const newTable = () => new WriteTable(transientSpaces);
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
