/**
 * The ordered store of a partition in PostgreSQL, for the one process that owns it. It is the store on disk with another
 * journal and other data: rows instead of files, on both sides of two generations (generations.ts).
 *
 *     commit -> row of the journal, active table      read -> active table -> frozen table -> what is known -> NotLoaded
 *
 * Every commit is an early one: it is visible at once, and settled when the database has answered. None is taken back, see
 * journal.ts; so a generation may be frozen while its last commits are on their way, and is carried when they are settled.
 * The mark and the trim of the journal are two statements: what is up to the mark is of no use to anybody, so that it may
 * go later, in parts, and without the row of the partition.
 *
 * Three connections: the journal's, that of what is carried, that of reads, so that none waits for another; or as many as all
 * partitions of a process share (shared-lines.ts).
 */
import type { Bytes } from "../../base/bytes.ts";
import { Generations } from "../generations.ts";
import type { Hold } from "../not-loaded.ts";
import {
  CommitError,
  type Entry,
  type OrderedStore,
  type RangeOptions,
  type StoreStatus,
  type Write,
} from "../ordered-store.ts";
import type { Post } from "../post.ts";
import type { Statement } from "./connection.ts";
import type { PostgresData } from "./data.ts";
import type { DataReads } from "./data-reads.ts";
import { PostgresJournal } from "./journal.ts";
import type { KnownKeys } from "./known-keys.ts";
import { openParts, type Parts, type PostgresLimits, type PostgresOptions } from "./opening.ts";
import type { LostError, Ownership } from "./ownership.ts";
import { PostgresPost, type PostHints } from "./post.ts";

const SIZE: Statement = {
  name: "size",
  text: "select pg_total_relation_size('detent_data'), pg_total_relation_size('detent_journal')",
};

export class PostgresStore implements OrderedStore {
  readonly mayMiss = true;
  readonly #options: PostgresOptions;
  readonly #ownership: Ownership;
  readonly #lines: Parts["lines"];
  readonly #known: KnownKeys;
  readonly #reads: DataReads;
  readonly #data: PostgresData;
  readonly #limits: PostgresLimits;
  readonly #journal: PostgresJournal;
  readonly #generations: Generations;
  #onSettled: (failure: CommitError | undefined) => void = () => undefined;
  #onLost: (error: Error) => void = () => undefined;
  /** True since somebody was notified that the journal is full. */
  #hasHeldBack = false;
  #dataBytes = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: PostgresOptions, parts: Parts) {
    this.#options = options;
    this.#ownership = parts.ownership;
    this.#lines = parts.lines;
    this.#known = parts.known;
    this.#reads = parts.reads;
    this.#data = parts.data;
    this.#limits = parts.limits;
    const { ownership, recovered, lines } = parts;
    this.#journal = new PostgresJournal({
      line: lines.journal,
      trimLine: lines.carry,
      ownership,
      end: recovered.end,
      onSettled: () => this.#settled(),
    });
    this.#generations = new Generations(
      {
        data: this.#data,
        derived: options.derived,
        limits: this.#limits,
        transientSpaces: options.transientSpaces ?? "",
        journalBytes: () => this.#journal.activeBytes,
        isFailed: () => this.failure !== undefined,
        archive: async () => undefined,
        synced: () => this.#journal.syncSpare(),
        settle: () => undefined,
        rotate: () => {
          const mark = { number: this.#journal.number, sequence: this.#journal.sequence };
          this.#journal.rotate();
          return mark;
        },
        release: ({ sequence }) => {
          this.#journal.release(sequence);
          void this.#measure();
        },
        onFolded: () => undefined,
        onLost: () => undefined,
      },
      { ...recovered, frozen: undefined },
    );
    ownership.onLost = (error) => this.#lost(error);
  }

  /**
   * Opens a partition for its owner and replays its journal.
   * @throws OpenError with a message for the operator
   */
  static async open(options: PostgresOptions): Promise<PostgresStore> {
    const parts = await openParts(options);
    try {
      const store = new PostgresStore(options, parts);
      await store.#measure();
      return store;
    } catch (error) {
      for (const line of Object.values(parts.lines)) line.abandon();
      throw error;
    }
  }

  /** The post as the partition uses it. @param hints among the partitions of the process */
  post(hints: PostHints): Post {
    return new PostgresPost(this.#lines.read, this.#ownership, hints);
  }

  /** The epoch that the owner has now. */
  get epoch(): number {
    return this.#ownership.epoch;
  }

  /** Why no commit is taken: the partition is lost, or the database has not taken the last ones yet. */
  get failure(): CommitError | undefined {
    const reason = this.#ownership.lost?.message ?? this.#journal.trouble ?? this.#data.trouble;
    return reason === undefined ? this.#generations.checkpointer.failure : new CommitError(reason);
  }

  get isCongested(): boolean {
    if (!this.#journal.isFull) return this.#generations.isCongested;
    this.#hasHeldBack = true;
    return true;
  }

  get lastSyncMs(): number {
    return this.#journal.flushMs;
  }

  get position(): number {
    return this.#journal.sequence;
  }

  get settledPosition(): number {
    return this.#journal.syncedSequence;
  }

  onSettled(listener: (failure: CommitError | undefined) => void): void {
    this.#onSettled = listener;
  }

  onRelieved(listener: () => void): void {
    this.#generations.onRelieved = listener;
  }

  /** Its partition has another owner. */
  onLost(listener: (error: Error) => void): void {
    this.#onLost = listener;
  }

  get(key: Bytes): Buffer | undefined {
    const written = this.#generations.get(key);
    return written === undefined ? this.#data.get(key) : (written ?? undefined);
  }

  range(from: Bytes, to: Bytes, options: RangeOptions = {}): Iterable<Entry> {
    return this.#generations.range(from, to, options);
  }

  /** Loads what is not known of some keys; undefined when all are. */
  prefetch(keys: readonly Bytes[], hold: Hold): Promise<void> | undefined {
    return this.#data.prefetch(
      keys.filter((key) => this.#generations.get(key) === undefined),
      hold,
    );
  }

  commit(writes: readonly Write[], redo: readonly Buffer[] = [], atMs?: number): void {
    if (this.failure !== undefined) throw this.failure;
    this.#journal.append({ redo, writes, atMs });
    this.#generations.take(writes, redo);
  }

  /** A database commits as it is set to. */
  setFlushPolicy(): void {}

  /** It cannot wait: `drained` can. */
  flush(): void {}

  settle(): void {}

  async drained(): Promise<void> {
    await this.#journal.syncAside();
  }

  reopen(): void {
    this.#generations.checkpointer.retry();
    if (this.failure !== undefined) throw this.failure;
  }

  /** Damage is for the database to find, by its checksums and `pg_amcheck`. */
  verifyDisk(): string[] {
    return [];
  }

  limitMemory(share: number): void {
    this.#known.limit(this.#limits.cacheBytesMax * share);
    this.#generations.limitMemory(share);
  }

  checkpoint(): void {
    this.#generations.checkpoint();
  }

  status(): StoreStatus {
    return {
      ...this.#generations.status(),
      position: this.#journal.sequence,
      journalBytes: this.#journal.bytes,
      flushMs: this.#journal.flushMs,
      flushCount: this.#journal.flushes.count,
      flushTotalMs: this.#journal.flushes.totalMs,
      cacheHits: this.#data.hits,
      cacheMisses: this.#data.misses,
      unflushedCommits: this.#journal.sequence - this.#journal.syncedSequence,
      dataBytes: this.#dataBytes,
      usedBytes: this.#dataBytes,
    };
  }

  /** Waits until all is settled, or the partition is lost. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Gives all up at once: nothing is settled any more. */
  abandon(): void {
    this.#onLost = () => undefined;
    this.#ownership.lose(`partition ${this.#ownership.partition} has been given up`);
    for (const line of Object.values(this.#lines)) line.abandon();
  }

  async #close(): Promise<void> {
    try {
      await this.#journal.syncAside();
      if (this.#options.carriesAtEnd === true) await this.#generations.carryAll();
      await this.#journal.close();
    } catch (error) {
      if (this.#ownership.lost === undefined) throw error;
    }
    const { lost } = this.#ownership;
    this.#onLost = () => undefined;
    this.#ownership.lose("the store is closed");
    await Promise.all(Object.values(this.#lines).map((line) => line.close()));
    if (lost !== undefined) throw new CommitError(lost.message);
  }

  #settled(): void {
    this.#onSettled(undefined);
    if (!this.#hasHeldBack || this.isCongested) return;
    this.#hasHeldBack = false;
    this.#generations.onRelieved();
  }

  #lost(error: LostError): void {
    this.#journal.fail(error);
    this.#reads.close(error);
    this.#onLost(error);
  }

  /** How large the tables are is known from time to time; not to know it now is no fault. */
  async #measure(): Promise<void> {
    try {
      const { rows } = await this.#lines.read.run(SIZE, []);
      this.#dataBytes = Number(rows[0]?.[0] ?? this.#dataBytes);
    } catch {
      // The next time.
    }
  }
}
