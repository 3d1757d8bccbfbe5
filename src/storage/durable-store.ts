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
 */
import { performance } from "node:perf_hooks";
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";
import { carry } from "./checkpoint.ts";
import type { Derived } from "./derived.ts";
import { prepareDirectory } from "./directory.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { isNoSpace, Journal } from "./journal.ts";
import { layeredRange, layeredReader } from "./layered-reader.ts";
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
import { type FrozenTable, recover } from "./recovery.ts";
import type { WriteTable } from "./write-table.ts";

/** Bounds of memory and of the time a start takes. */
export interface DurableLimits {
  /** A journal of so many bytes is full. */
  readonly journalBytesMax: number;
  /** As is one whose table has so many keys, and things derived. */
  readonly tableSizeMax: number;
  /** And one whose derived things take so many bytes of memory. */
  readonly derivedBytesMax: number;
  readonly cacheBytesMax: number;
}

export const DURABLE_LIMITS: DurableLimits = {
  journalBytesMax: 16 * 1024 * 1024,
  tableSizeMax: 65_536,
  derivedBytesMax: 48 * 1024 * 1024,
  cacheBytesMax: 24 * 1024 * 1024,
};

export interface DurableOptions {
  /** May look at all of the store and throw, before anything is changed and before redo records are handed out. */
  readonly verify?: (reader: OrderedReader) => void;
  readonly limits?: Partial<DurableLimits>;
  readonly derived?: Derived | undefined;
}

/** When the disk does not keep up: how much more than full the table may be before commits wait. */
const STALL_FULLNESS_MIN = 1.5;
const STALL_MS_PER_FULLNESS = 100;
const STALL_MS_MAX = 250;
const STALL = new Int32Array(new SharedArrayBuffer(4));

export class DurableStore implements OrderedStore {
  readonly #lock: DirectoryLock;
  readonly #limits: DurableLimits;
  readonly #data: LmdbData;
  readonly #journal: Journal;
  readonly #cache: ReadCache;
  readonly #derived: Derived | undefined;
  #active: WriteTable;
  #frozen: FrozenTable | undefined;
  /** True when the active journal has redo records. */
  #hasRedo: boolean;
  /** True while a rotation is to follow the turn at hand. */
  #isRotationDue = false;
  /** The checkpoint under way, or the last one; it never rejects. */
  #checkpoint: Promise<void> = Promise.resolve();
  #checkpointFailure: CommitError | undefined;
  /** The failure was for want of space, and has left nothing half written. */
  #canCarryAgain = false;
  #checkpointCount = 0;
  #checkpointMs = 0;
  #isClosed = false;

  private constructor(lock: DirectoryLock, options: DurableOptions, opened: Opened) {
    this.#lock = lock;
    this.#limits = { ...DURABLE_LIMITS, ...options.limits };
    this.#derived = options.derived;
    this.#data = opened.data;
    this.#journal = opened.journal;
    this.#active = opened.active;
    this.#frozen = opened.frozen;
    this.#hasRedo = opened.hasRedo;
    this.#cache = new ReadCache(this.#limits.cacheBytesMax);
    if (this.#frozen !== undefined) this.#checkpoint = this.#carry(this.#frozen);
  }

  /**
   * Opens the store of a directory, made if missing.
   * @throws OpenError with a message for the operator
   */
  static open(directory: string, options: DurableOptions = {}): DurableStore {
    prepareDirectory(directory);
    const lock = lockDirectory(directory);
    try {
      return new DurableStore(lock, options, openFiles(directory, options));
    } catch (error) {
      lock.release();
      throw asOpenError(directory, error);
    }
  }

  get failure(): CommitError | undefined {
    return this.#journal.failure ?? this.#checkpointFailure;
  }

  get(key: Bytes): Buffer | undefined {
    let written = this.#active.get(key);
    if (written === undefined) written = this.#frozen?.table.get(key);
    return written === undefined ? this.#storedGet(key) : (written ?? undefined);
  }

  range(from: Bytes, to: Bytes, options: RangeOptions = {}): Iterable<Entry> {
    const reverse = options.reverse === true;
    return layeredRange([this.#active, this.#frozen?.table], this.#data, { from, to, reverse });
  }

  commit(writes: readonly Write[], redo: readonly Buffer[] = []): void {
    if (this.failure !== undefined) throw this.failure;
    this.#journal.append({ redo, writes });
    if (redo.length > 0) this.#hasRedo = true;
    this.#active.apply(writes, this.#isBelow);
    for (const [key] of writes) this.#cache.delete(chars(key));
    if (this.#fullness >= 1) this.#makeRoom();
  }

  setFlushPolicy(policy: FlushPolicy): void {
    this.#journal.setPolicy(policy);
  }

  flush(): void {
    this.#journal.flush();
  }

  reopen(): void {
    this.#journal.recover();
    if (this.#checkpointFailure === undefined || this.#frozen === undefined) return;
    if (!this.#canCarryAgain) throw this.#checkpointFailure;
    this.#checkpointFailure = undefined;
    this.#checkpoint = this.#carry(this.#frozen);
  }

  status(): StoreStatus {
    return {
      journalBytes: this.#journal.bytes,
      flushMs: this.#journal.flushMs,
      unflushedCommits: this.#journal.sequence - this.#journal.syncedSequence,
      pendingKeys: this.#active.size + (this.#frozen?.table.size ?? 0),
      isCheckpointing: this.#frozen !== undefined && this.#checkpointFailure === undefined,
      checkpointCount: this.#checkpointCount,
      checkpointMs: this.#checkpointMs,
      dataBytes: this.#data.bytes,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#checkpoint;
      while (this.failure === undefined && (this.#active.size > 0 || this.#hasRedo)) {
        this.#rotate();
        await this.#checkpoint;
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
    if (cached !== undefined) return cached ?? undefined;
    const value = this.#data.get(key);
    this.#cache.set(text, value ?? null);
    return value;
  }

  /** Whether the frozen table or the data file know of a key, or what is frozen beside them may. */
  readonly #isBelow = (key: Bytes): boolean => {
    if (this.#frozen !== undefined && this.#derived !== undefined) return true;
    return this.#frozen?.table.get(key) !== undefined || this.#data.has(key);
  };

  /** How full the journal and the active table are; from 1 on they are to make room. */
  get #fullness(): number {
    const { journalBytesMax, tableSizeMax, derivedBytesMax } = this.#limits;
    return Math.max(
      this.#journal.activeBytes / journalBytesMax,
      (this.#active.size + (this.#derived?.size ?? 0)) / tableSizeMax,
      (this.#derived?.bytes ?? 0) / derivedBytesMax,
    );
  }

  #makeRoom(): void {
    if (this.#frozen !== undefined) this.#stall();
    else if (!this.#isRotationDue) {
      // Not before the turn that commits has ended: only then has who derives taken up all of it.
      this.#isRotationDue = true;
      queueMicrotask(() => {
        this.#isRotationDue = false;
        if (this.#canRotate) this.#rotate();
      });
    }
  }

  get #canRotate(): boolean {
    return this.#frozen === undefined && !this.#isClosed && this.failure === undefined;
  }

  /** The disk falls behind: commits are slowed down, the more the fuller the table, so that memory is bounded. */
  #stall(): void {
    const fullness = this.#fullness;
    if (fullness < STALL_FULLNESS_MIN) return;
    const stallMs = (fullness - STALL_FULLNESS_MIN) * STALL_MS_PER_FULLNESS;
    Atomics.wait(STALL, 0, 0, Math.min(STALL_MS_MAX, stallMs));
  }

  /** The active table becomes the frozen one, of which there must be none, and its checkpoint begins. */
  #rotate(): void {
    const mark = { number: this.#journal.number, sequence: this.#journal.sequence };
    try {
      this.#journal.rotate(this.#data.bytes);
    } catch (error) {
      // The commits so far are as safe as they were; `failure` keeps further ones out.
      if (error instanceof CommitError) return;
      throw error;
    }
    this.#frozen = { table: this.#active, mark };
    this.#active = this.#active.successor();
    this.#hasRedo = false;
    this.#derived?.freeze();
    this.#checkpoint = this.#carry(this.#frozen);
  }

  async #carry({ table, mark }: FrozenTable): Promise<void> {
    const startMs = performance.now();
    const below = layeredReader([table], this.#data);
    try {
      await carry(this.#data, {
        table,
        folded: () => this.#derived?.fold(below) ?? [],
        onFolded: (writes) => this.#forget(writes),
        urgency: () => this.#fullness,
      });
      const last = this.#derived?.lastWrites(below) ?? [];
      await this.#data.setMark(mark, last);
      this.#forget(last);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#canCarryAgain = isNoSpace(error);
      this.#checkpointFailure = new CommitError(
        `a checkpoint failed: ${reason}; every acknowledged commit is in the journal and is found there after a restart`,
      );
      return;
    }
    this.#data.renewReads();
    this.#frozen = undefined;
    this.#derived?.thawed();
    this.#journal.release(mark.sequence);
    this.#checkpointCount += 1;
    this.#checkpointMs = performance.now() - startMs;
    if (this.#fullness >= 1 && this.#canRotate) this.#rotate();
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
  const { verify = () => undefined, derived } = options;
  const { goOn, abandon, ...recovered } = recover(directory, { verify, derived });
  try {
    return { ...recovered, journal: new Journal(goOn()) };
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
