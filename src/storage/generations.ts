/**
 * The two generations of what the journal has and the data file has not: the active one takes what is committed, the frozen one
 * is being carried. Every store with a journal has them:
 *
 *     commit -> active table          read -> active table -> frozen table -> what lies below
 *     rotate: the active table becomes the frozen one, the journal goes on behind a mark
 *     checkpoint: the frozen table goes into the data file; its part of the journal is then free
 *
 * What a `Derived` keeps beside the tables has the same two generations (see derived.ts).
 *
 * The active generation may exceed its limits while the frozen one is being carried, by the part of that which
 * has been carried; beyond, the store is congested. So writers that heed that go as fast as the disk does, and the
 * memory of both generations together stays below four times the limits of one.
 */
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";
import { Checkpointer, type CheckpointerOptions, type FrozenTable } from "./checkpointer.ts";
import type { DataFile, JournalMark } from "./data-file.ts";
import type { Derived } from "./derived.ts";
import { layeredRange } from "./layered-reader.ts";
import type { Entry, RangeOptions, StoreStatus, Write } from "./ordered-store.ts";
import type { Before, WriteTable } from "./write-table.ts";

/** Bounds of memory and of the time a start takes. */
export interface GenerationLimits {
  /** A journal of so many bytes is full. */
  readonly journalBytesMax: number;
  /** As is one whose table takes so many bytes of memory. */
  readonly tableBytesMax: number;
  /** And one whose derived things do. */
  readonly derivedBytesMax: number;
}

/** Both the active generation and the frozen one may have twice what the limits are. */
const GENERATIONS_MAX = 4;

/** What the store does of it all. */
export interface GenerationsOptions
  extends Pick<CheckpointerOptions, "synced" | "archive" | "onFolded" | "onLost"> {
  readonly data: DataFile;
  readonly derived: Derived | undefined;
  readonly limits: GenerationLimits;
  /** First bytes of keys that often come and go within seconds: of such a key nothing remains to be carried. */
  readonly transientSpaces: string;
  /** Bytes of the journal's part that belongs to the active generation. */
  journalBytes(): number;
  /** No commit is taken, and nothing is rotated. */
  isFailed(): boolean;
  /** What is frozen cannot be taken back any more: that is decided before. */
  settle(): void;
  /** The journal begins its next part; what it has so far is that of the mark. Undefined when it cannot. */
  rotate(): JournalMark | undefined;
  /** The data file has all up to the mark. */
  release(mark: JournalMark): void;
}

/** What a store begins with. */
export interface OpenedGenerations {
  readonly active: WriteTable;
  /** True when the active generation has redo records. */
  readonly hasRedo: boolean;
  readonly frozen: FrozenTable | undefined;
}

export class Generations {
  readonly #options: GenerationsOptions;
  readonly #checkpointer: Checkpointer;
  #active: WriteTable;
  #hasRedo: boolean;
  /** True while a rotation is to follow the turn at hand. */
  #isRotationDue = false;
  /** True since somebody was notified that the store is congested. */
  #hasHeldBack = false;
  /** What it gets by with of the memory it may have. */
  #memoryShare = 1;
  /** A checkpoint was asked for, however little there is. */
  #isCheckpointWanted = false;
  #isClosing = false;
  /** Called when the store is not congested any more, or has failed. */
  onRelieved: () => void = () => undefined;

  constructor(options: GenerationsOptions, opened: OpenedGenerations) {
    this.#options = options;
    this.#active = opened.active;
    this.#hasRedo = opened.hasRedo;
    const { data, derived, synced, archive, onFolded, onLost } = options;
    this.#checkpointer = new Checkpointer({
      data,
      derived,
      archive,
      synced,
      onFolded,
      onLost,
      fullness: () => this.#fullness,
      onProgress: () => this.relieve(),
      onCarried: (mark) => this.#carried(mark),
    });
    if (opened.frozen !== undefined) this.#checkpointer.begin(opened.frozen, 0);
  }

  /** The table that takes what is committed. */
  get active(): WriteTable {
    return this.#active;
  }

  get checkpointer(): Checkpointer {
    return this.#checkpointer;
  }

  /** True when there is something that the data file has not and that is not being carried. */
  get hasActive(): boolean {
    return this.#active.size > 0 || this.#hasRedo;
  }

  get isCongested(): boolean {
    const { frozen, progress } = this.#checkpointer;
    if (frozen === undefined || this.#options.isFailed() || this.#fullness <= 1 + progress) return false;
    this.#hasHeldBack = true;
    return true;
  }

  /** What a commit of either generation has for a key: null for a removed one, undefined where none has it. */
  get(key: Bytes): Buffer | null | undefined {
    const written = this.#active.get(key);
    return written === undefined ? this.#checkpointer.frozen?.table.get(key) : written;
  }

  /** Entries of the data file with both generations over it. */
  range(from: Bytes, to: Bytes, options: RangeOptions): Iterable<Entry> {
    const reverse = options.reverse === true;
    const tables = [this.#active, this.#checkpointer.frozen?.table];
    return layeredRange(tables, this.#options.data, { from, to, reverse });
  }

  /** Takes a commit that the journal has. `onNew` and `befores` are those of `WriteTable.apply`. */
  take(
    writes: readonly Write[],
    redo: readonly Buffer[],
    onNew?: (key: Bytes) => void,
    befores?: Before[],
  ): void {
    if (redo.length > 0) this.#hasRedo = true;
    this.#active.apply(writes, this.#isBelow, onNew, befores);
    if (this.#fullness >= 1) this.rotateAfterTurn();
  }

  limitMemory(share: number): void {
    this.#memoryShare = share;
    if (this.#fullness >= 1) this.rotateAfterTurn();
  }

  checkpoint(): void {
    if (!this.hasActive) return;
    this.#isCheckpointWanted = true;
    this.rotateAfterTurn();
  }

  /** Not within the turn that commits: only at its end has who derives taken up all of it. */
  rotateAfterTurn(): void {
    if (this.#isRotationDue || this.#checkpointer.frozen !== undefined) return;
    this.#isRotationDue = true;
    queueMicrotask(() => {
      this.#isRotationDue = false;
      this.#rotateIfFull();
    });
  }

  /** The active generation becomes the frozen one, of which there must be none, and its checkpoint begins. */
  rotate(): void {
    const mark = this.#options.rotate();
    if (mark === undefined) return;
    const { derived } = this.#options;
    this.#isCheckpointWanted = false;
    const derivedSize = derived?.size ?? 0;
    const table = this.#active;
    this.#active = table.successor();
    this.#hasRedo = false;
    derived?.freeze();
    this.#checkpointer.begin({ table, mark }, derivedSize);
  }

  /** Carries all there is, without a rest; to be called when no commit comes any more. */
  async carryAll(): Promise<void> {
    this.#isClosing = true;
    this.#checkpointer.hurry();
    await this.#checkpointer.settled();
    while (!this.#options.isFailed() && this.hasActive) {
      this.rotate();
      await this.#checkpointer.settled();
    }
  }

  /** Lets those go on that have been held back, when there is room. */
  relieve(): void {
    if (!this.#hasHeldBack || this.isCongested) return;
    this.#hasHeldBack = false;
    this.onRelieved();
  }

  status(): Pick<
    StoreStatus,
    | "pendingKeys"
    | "pendingBytes"
    | "pendingBytesMax"
    | "isCheckpointing"
    | "checkpointCount"
    | "checkpointMs"
  > {
    const { limits, derived } = this.#options;
    const frozen = this.#checkpointer.frozen?.table;
    const bytesMax = limits.tableBytesMax + (derived === undefined ? 0 : limits.derivedBytesMax);
    return {
      pendingKeys: this.#active.size + (frozen?.size ?? 0),
      pendingBytes: this.#active.bytes + (frozen?.bytes ?? 0) + (derived?.bytes ?? 0),
      pendingBytesMax: GENERATIONS_MAX * bytesMax * this.#memoryShare,
      isCheckpointing: this.#checkpointer.isRunning,
      checkpointCount: this.#checkpointer.count,
      checkpointMs: this.#checkpointer.lastMs,
    };
  }

  /** Whether the frozen table or the data file know of a key, or what is frozen beside them may. */
  readonly #isBelow = (key: Bytes): boolean => {
    const { frozen } = this.#checkpointer;
    const { data, derived, transientSpaces } = this.#options;
    // What is folded may reach the data file at any time, so that only keys that nothing derives may leave no trace.
    const isTransient = transientSpaces.includes(chars(key).charAt(0));
    if (derived !== undefined && (frozen !== undefined || !isTransient)) return true;
    return frozen?.table.get(key) !== undefined || data.has(key);
  };

  /** How full the active generation is, in the journal or in memory; from 1 on it is to be frozen. */
  get #fullness(): number {
    const { limits, derived } = this.#options;
    return Math.max(
      this.#options.journalBytes() / limits.journalBytesMax,
      this.#active.bytes / (limits.tableBytesMax * this.#memoryShare),
      (derived?.bytes ?? 0) / (limits.derivedBytesMax * this.#memoryShare),
    );
  }

  #rotateIfFull(): void {
    const isDue = this.#fullness >= 1 || this.#isCheckpointWanted;
    if (!isDue || this.#checkpointer.frozen !== undefined) return;
    this.#options.settle();
    if (!this.#isClosing && !this.#options.isFailed()) this.rotate();
  }

  #carried(mark: JournalMark): void {
    this.#options.release(mark);
    this.#rotateIfFull();
    this.relieve();
  }
}
