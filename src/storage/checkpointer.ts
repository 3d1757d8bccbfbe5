/**
 * Carries one frozen generation after the other into the data file, at the pace at which the next one fills: a fifth
 * faster than that, so that it is done before the next is full, and not faster, so that requests have the rest of the
 * processor and of the disk. A generation that could not be carried stays frozen, its journal has all of it, and it is
 * tried again when `retry` is called.
 */
import { carry } from "./checkpoint.ts";
import type { DataFile, JournalMark } from "./data-file.ts";
import type { Derived } from "./derived.ts";
import { layeredReader } from "./layered-reader.ts";
import { CommitError, type Write } from "./ordered-store.ts";
import type { WriteTable } from "./write-table.ts";

/** How much faster than the next generation fills. */
const PACE = 1.2;
/** A checkpoint that is ahead rests between steps for so many times what the step took, within bounds. */
const REST_FACTOR = 10;
const REST_MS_MAX = 20;

/** A table whose journal takes no more records, to be carried into the data file. */
export interface FrozenTable {
  readonly table: WriteTable;
  /** What the data file has when it has the table. */
  readonly mark: JournalMark;
}

export interface CheckpointerOptions {
  readonly data: DataFile;
  readonly derived: Derived | undefined;
  /** How full the next generation is; 1: it has to be frozen as soon as this one is carried. */
  fullness(): number;
  /** Resolves when the generation's journal is on disk, which has to come first. */
  synced(): Promise<void>;
  /** Keeps the generation's journal where it can be found later; awaited before the journal is free. */
  archive(): Promise<void>;
  /** Writes that were in no table have reached the data file. */
  onFolded(writes: readonly Write[]): void;
  /** A part of the generation is on disk. */
  onProgress(): void;
  /** The data file can neither be written nor read any more. */
  onLost(error: CommitError): void;
  /** All of it is, and is not frozen any more. */
  onCarried(mark: JournalMark): void;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #frozen: FrozenTable | undefined;
  #failure: CommitError | undefined;
  /** Things derived that the generation has. */
  #derivedSize = 0;
  /** Of the generation's writes, how many there will be, about, and how many are done. */
  #total = 0;
  #done = 0;
  /** Writes that a thing derived was folded into the last time. */
  #writesPerThing = 1;
  #isRunning = false;
  #isHurried = false;
  /** False when only a restart can tell what is on disk. */
  #canRetry = true;
  /** The checkpoint under way, or the last one; it never rejects. */
  #run: Promise<void> = Promise.resolve();
  #count = 0;
  #lastMs = 0;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  get frozen(): FrozenTable | undefined {
    return this.#frozen;
  }

  /** Why the frozen generation could not be carried; it goes when a later try has succeeded. */
  get failure(): CommitError | undefined {
    return this.#failure;
  }

  /** The part of the frozen generation that has been carried, from 0 to 1; 1 when there is none. */
  get progress(): number {
    if (this.#frozen === undefined) return 1;
    return this.#total === 0 ? 0 : Math.min(1, this.#done / this.#total);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** How many there have been, and how long the last one took. */
  get count(): number {
    return this.#count;
  }

  get lastMs(): number {
    return this.#lastMs;
  }

  /** Takes a generation over, when there is none. @param derivedSize things that are dirty beside the table */
  begin(frozen: FrozenTable, derivedSize: number): void {
    this.#frozen = frozen;
    this.#derivedSize = derivedSize;
    this.#start();
  }

  /** Tries a generation again that could not be carried, where that can lead to something. `failure` tells when that has succeeded. */
  retry(): void {
    if (this.#failure !== undefined && !this.#isRunning && this.#canRetry) this.#start();
  }

  /** From now on there are no rests. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** Resolves when no checkpoint is under way. */
  async settled(): Promise<void> {
    await this.#run;
  }

  #start(): void {
    const frozen = this.#frozen;
    if (frozen === undefined) return;
    this.#isRunning = true;
    this.#done = 0;
    this.#total = frozen.table.size + this.#derivedSize * this.#writesPerThing;
    this.#run = this.#carry(frozen).then(
      () => this.#succeeded(frozen.mark),
      (error: unknown) => this.#failed(error),
    );
  }

  async #carry({ table, mark }: FrozenTable): Promise<void> {
    const { data, derived, synced, archive, onFolded, onProgress } = this.#options;
    const startMs = performance.now();
    await synced();
    const archived = archive();
    // It is awaited below, unless something else fails before.
    archived.catch(() => undefined);
    if ((data.mark()?.number ?? 0) >= mark.number) {
      // An attempt that failed has got further than it knows. What it wrote last must not be written twice.
      await data.setMark(mark);
      return;
    }
    let stepMs = startMs;
    let foldedCount = 0;
    const below = layeredReader([table], data);
    await carry(data, {
      table,
      folded: () => derived?.fold(below) ?? [],
      onFolded: (writes) => {
        foldedCount += writes.length;
        onFolded(writes);
      },
      onStep: async (done) => {
        this.#done += done;
        onProgress();
        const tookMs = performance.now() - stepMs;
        if (this.#isAhead) await rest(Math.min(REST_MS_MAX, tookMs * REST_FACTOR));
        stepMs = performance.now();
      },
    });
    await archived;
    const last = derived?.lastWrites(below) ?? [];
    await data.setMark(mark, last);
    onFolded(last);
    if (this.#derivedSize > 0) this.#writesPerThing = foldedCount / this.#derivedSize;
    this.#lastMs = performance.now() - startMs;
  }

  get #isAhead(): boolean {
    return !this.#isHurried && this.progress > PACE * this.#options.fullness();
  }

  #succeeded(mark: JournalMark): void {
    this.#options.data.renewReads();
    this.#isRunning = false;
    this.#failure = undefined;
    this.#frozen = undefined;
    this.#count += 1;
    this.#options.derived?.thawed();
    this.#options.onCarried(mark);
  }

  #failed(error: unknown): void {
    const { data, onProgress, onLost } = this.#options;
    this.#isRunning = false;
    this.#failure = new CommitError(
      `a checkpoint failed: ${data.reasonOf(error)}; every acknowledged commit is in the journal and is found there after a restart`,
    );
    const { isLost } = data;
    this.#canRetry = !isLost && data.canRetry(error);
    onProgress();
    if (isLost) onLost(this.#failure);
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
