/**
 * The journal: commits in order, in two files that take turns. One takes the records of the table that is
 * being filled; the other keeps those of the table before it until a checkpoint has carried that one into the
 * data file. Here is also decided when a record counts as being on disk.
 */
import { fdatasync } from "node:fs";
import type { CommitJournal } from "./commit-journal.ts";
import { isNoSpace, reasonOf } from "./disk-errors.ts";
import type { JournalFile } from "./journal-file.ts";
import { type Commit, RecordEncoder } from "./journal-record.ts";
import { CommitError, type FlushPolicy } from "./ordered-store.ts";

const FLUSH_INTERVAL_MS = 1000;
/** How often it is looked whether the file that is written is still the one that a restart would find. */
const PLACE_INTERVAL_MS = 10;

/** Where a journal stands before a commit. */
export interface JournalPlace {
  readonly sequence: number;
  /** Where the record of the commit begins. */
  readonly bytes: number;
}

export interface JournalPosition {
  /** The file that takes records. */
  readonly active: JournalFile;
  /** The other one. */
  readonly spare: JournalFile;
  readonly sequenceNext: number;
}

/** A file that may be removed or replaced while it is open. */
export interface PlacedFile {
  readonly path: string;
  /** False when its path leads to another file, or nowhere. */
  readonly isInPlace: boolean;
}

export class Journal implements CommitJournal {
  readonly #others: readonly PlacedFile[];
  readonly #encoder = new RecordEncoder();
  #active: JournalFile;
  #spare: JournalFile;
  #sequence: number;
  #syncedSequence: number;
  /** True while the spare file holds records that no sync has covered. */
  #isSpareUnsynced = false;
  #policy: FlushPolicy = "always";
  #timer: NodeJS.Timeout | undefined;
  /** The sync under way in another thread, or the last one; it never rejects. */
  #aside: Promise<void> = Promise.resolve();
  /** True while the timer's sync is under way. */
  #isFlushing = false;
  #flushMs = 0;
  #flushCount = 0;
  #flushMsTotal = 0;
  #failure: CommitError | undefined;
  #placeCheckedMs = 0;
  /** False when only opening the store anew can tell what is on disk. */
  #canRecover = false;
  /** True when a sync has failed that records depended on: they may be nowhere but in memory. */
  #isInDoubt = false;

  /**
   * Everything before the position has been synced.
   * @param others files without which the journal is of no use
   */
  constructor({ active, spare, sequenceNext }: JournalPosition, others: readonly PlacedFile[] = []) {
    this.#others = others;
    this.#active = active;
    this.#spare = spare;
    this.#sequence = sequenceNext - 1;
    this.#syncedSequence = this.#sequence;
  }

  get failure(): CommitError | undefined {
    return this.#failure;
  }

  /** The number of the journal that takes records. */
  get number(): number {
    return this.#active.head.number;
  }

  /** The file that takes no records now. */
  get spare(): JournalFile {
    return this.#spare;
  }

  /** The sequence of the last commit. */
  get sequence(): number {
    return this.#sequence;
  }

  get syncedSequence(): number {
    return this.#syncedSequence;
  }

  /** Bytes of the journal that takes records. */
  get activeBytes(): number {
    return this.#active.endBytes;
  }

  /** Bytes of both files. */
  get bytes(): number {
    return this.#active.allocatedBytes + this.#spare.allocatedBytes;
  }

  /** How long the last sync took. */
  get flushMs(): number {
    return this.#flushMs;
  }

  /** How many syncs there have been since the start, and how long they took together. */
  get flushes(): { readonly count: number; readonly totalMs: number } {
    return { count: this.#flushCount, totalMs: this.#flushMsTotal };
  }

  /** True when commits can be taken again once all there have been so far are in the data file, and not before. */
  get isInDoubt(): boolean {
    return this.#isInDoubt && this.#canRecover;
  }

  get policy(): FlushPolicy {
    return this.#policy;
  }

  /** True when a sync has failed that commits depended on. */
  get hasLostSync(): boolean {
    return this.#failure !== undefined && this.#isInDoubt;
  }

  /** Where the next commit goes. */
  get place(): JournalPlace {
    return { sequence: this.#sequence, bytes: this.#active.endBytes };
  }

  /**
   * Appends a commit; returns when it is as safe as the policy says, or with `isEarly` when it is written. Who asked for
   * that brings it to disk by `syncAside`, or withdraws it. @throws CommitError
   */
  append(commit: Commit, isEarly = false): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#assertInPlace();
    const start = this.#active.endBytes;
    const head = { sequence: this.#sequence + 1, syncedSequence: this.#syncedSequence };
    try {
      this.#active.append(this.#encoder.encode(commit, head, this.#active.head.salt));
    } catch (error) {
      this.#fail("write to", error);
      throw this.#undone(start);
    }
    if (this.#policy === "always" && !isEarly) {
      try {
        this.#timed(() => this.#active.sync());
      } catch (error) {
        this.#fail("sync", error);
        throw this.#undone(start);
      }
      this.#syncedSequence = head.sequence;
    }
    this.#sequence = head.sequence;
  }

  /** Brings every commit to disk. @throws CommitError */
  flush(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#syncAll();
  }

  #syncAll(): void {
    if (this.#syncedSequence === this.#sequence) return;
    try {
      this.#timed(() => {
        if (this.#isSpareUnsynced) this.#spare.sync();
        this.#active.sync();
      });
    } catch (error) {
      throw this.#fail("sync", error);
    }
    this.#isSpareUnsynced = false;
    this.#syncedSequence = this.#sequence;
  }

  /**
   * Brings every commit so far to disk while the event loop goes on; returns the sequence of the last one.
   * @throws CommitError when they may not be there
   */
  syncAside(): Promise<number> {
    return this.#afterOthers(() => this.#syncAside());
  }

  /** Syncs in other threads run one at a time: of several, a later one may end first, and only one gets an error. */
  #afterOthers<T>(sync: () => Promise<T>): Promise<T> {
    const run = this.#aside.then(sync);
    this.#aside = run.then(
      () => undefined,
      () => undefined,
    );
    return run;
  }

  async #syncAside(): Promise<number> {
    if (this.hasLostSync) throw this.#failure;
    const [active, sequence, startMs] = [this.#active, this.#sequence, performance.now()];
    try {
      if (this.#isSpareUnsynced) await syncAside(this.#spare);
      await syncAside(active);
    } catch (error) {
      throw this.#fail("sync", error);
    }
    // Another sync has failed meanwhile, and an error is reported once: this success says nothing.
    if (this.hasLostSync) throw this.#failure;
    this.#flushed(startMs);
    this.#syncedSequence = Math.max(this.#syncedSequence, sequence);
    // A journal that has become the spare one meanwhile may have taken more records than this sync covered.
    if (this.#active === active) this.#isSpareUnsynced = false;
    return sequence;
  }

  /** Brings every commit to disk, also when further ones are refused. @throws CommitError when they may not be there */
  settle(): void {
    if (this.hasLostSync) throw this.#failure;
    this.#syncAll();
  }

  /** Takes back the last commits, whose sync has failed, by where the journal stood before each, the oldest first. */
  withdraw(places: readonly JournalPlace[]): void {
    const [first] = places;
    if (first === undefined) return;
    this.#sequence = first.sequence;
    // Each of them: what is written over the first could end where a later one begins, which would then count.
    for (const { bytes } of places.toReversed()) this.#undone(bytes);
    if (this.#syncedSequence === this.#sequence) this.#isInDoubt = false;
  }

  /** "always" unless set. @throws CommitError when the change asks for a sync and that fails */
  setPolicy(policy: FlushPolicy): void {
    if (policy === "always") this.flush();
    this.#policy = policy;
    clearInterval(this.#timer);
    if (policy !== "everysec") return;
    this.#timer = setInterval(() => this.#flushInBackground(), FLUSH_INTERVAL_MS);
    this.#timer.unref();
  }

  /**
   * Begins the next journal in the spare file, which must be free; the one that took records becomes the spare.
   * @param dataBytesMin bytes that the data file is known to have
   * @throws CommitError
   */
  rotate(dataBytesMin: number): void {
    if (this.#failure !== undefined) {
      // What is in doubt is carried from memory, and this is how that begins.
      if (!this.isInDoubt) throw this.#failure;
      this.#placeCheckedMs = 0;
      this.#assertInPlace();
    }
    try {
      this.#spare.use(this.number + 1, dataBytesMin);
    } catch (error) {
      throw this.#fail("begin", error);
    }
    [this.#active, this.#spare] = [this.#spare, this.#active];
    this.#isSpareUnsynced = this.#syncedSequence < this.#sequence;
  }

  /**
   * Brings the records of the spare journal to disk before a checkpoint carries them: the data file may be ahead of
   * what the journals would lead to, but not of what they hold. After a sync that failed there is nothing to wait for:
   * the checkpoint carries what the memory has. @throws CommitError
   */
  syncSpare(): Promise<void> {
    return this.#afterOthers(() => this.#syncSpare());
  }

  async #syncSpare(): Promise<void> {
    if (!this.#isSpareUnsynced || this.#isInDoubt) return;
    const spare = this.#spare;
    try {
      await syncAside(spare);
    } catch (error) {
      throw this.#fail("sync", error);
    }
    if (this.#spare === spare) this.#isSpareUnsynced = false;
  }

  /** The spare journal's commits, up to a sequence, are in the data file and on disk. */
  release(sequence: number): void {
    this.#isSpareUnsynced = false;
    this.#syncedSequence = Math.max(this.#syncedSequence, sequence);
    if (this.#syncedSequence === this.#sequence) this.#isInDoubt = false;
  }

  /**
   * Tries whether the journal takes records again, after it had run out of space.
   * @throws CommitError when it does not, or when only opening the store anew can tell what is on disk
   */
  recover(): void {
    if (this.#failure === undefined) return;
    if (!this.#canRecover || this.#isInDoubt) throw this.#failure;
    this.#placeCheckedMs = 0;
    this.#assertInPlace();
    const start = this.#active.endBytes;
    try {
      // What was half written goes, and a record without a write shows that there is room again.
      this.#active.erase(start);
      this.#active.distrustGrowth();
      this.#active.sync();
    } catch (error) {
      throw this.#fail("write to", error);
    }
    this.#failure = undefined;
    const policy = this.#policy;
    this.#policy = "always";
    try {
      this.append({ redo: [], writes: [] });
    } finally {
      this.#policy = policy;
    }
  }

  /** Notes in the spare file, whose records are not needed, how large the data file is. @throws CommitError */
  noteDataBytes(dataBytesMin: number): void {
    try {
      this.#spare.noteDataBytes(dataBytesMin);
    } catch (error) {
      throw this.#fail("note the size of the data file in", error);
    }
  }

  /** To be awaited, as a sync may be under way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#aside;
    this.#active.close();
    this.#spare.close();
  }

  #assertInPlace(): void {
    const nowMs = performance.now();
    if (nowMs - this.#placeCheckedMs < PLACE_INTERVAL_MS) return;
    const moved = [this.#active, this.#spare, ...this.#others].find((file) => !file.isInPlace);
    if (moved === undefined) {
      this.#placeCheckedMs = nowMs;
      return;
    }
    this.#failure = new CommitError(
      `'${moved.path}' has been removed or replaced, or its directory has, while it was written: ` +
        "put back what was there, or commits since then are lost when the server ends",
    );
    this.#canRecover = true;
    throw this.#failure;
  }

  #flushInBackground(): void {
    if (this.#isFlushing || this.#failure !== undefined || this.#syncedSequence === this.#sequence) return;
    this.#isFlushing = true;
    const ended = () => {
      this.#isFlushing = false;
    };
    // What has failed is kept as `failure`.
    this.syncAside().then(ended, ended);
  }

  #timed(sync: () => void): void {
    const startMs = performance.now();
    sync();
    this.#flushed(startMs);
  }

  #flushed(startMs: number): void {
    this.#flushMs = performance.now() - startMs;
    this.#flushCount += 1;
    this.#flushMsTotal += this.#flushMs;
  }

  #fail(action: string, error: unknown): CommitError {
    // A sync that has failed, also one after the file has grown, may have lost what was written before; nothing that was
    // acknowledged is among that if all of it had been synced. Otherwise the memory has it.
    const isWrite = error instanceof Error && "syscall" in error && error.syscall === "write";
    if (!isWrite && this.#syncedSequence < this.#sequence) this.#isInDoubt = true;
    this.#canRecover = isNoSpace(error);
    this.#failure = new CommitError(
      `could not ${action} the journal '${this.#active.path}': ${reasonOf(error)}`,
    );
    return this.#failure;
  }

  /** Cuts off a record that was not acknowledged, so that a later start does not find it. Best effort. */
  #undone(start: number): CommitError | undefined {
    try {
      this.#active.erase(start);
    } catch {
      // The failure that led here says more than this one, and the record is at worst found whole: it is then
      // a commit whose client knows that it is not known to be on disk.
    }
    return this.#failure;
  }
}

function syncAside(file: JournalFile): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(file.asideDescriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}
