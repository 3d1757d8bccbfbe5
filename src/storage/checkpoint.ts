/**
 * One checkpoint: a frozen table, and what is folded beside it, go into the data file in slices, each of which keeps
 * the main thread for a bounded time. The table goes in key order: neighbours share LMDB's pages, each of which is then
 * written once instead of once per slice. Any number of slices may have been committed when the process ends: the
 * journal still has every write, and carrying one twice changes nothing.
 */
import type { Bytes } from "../base/bytes.ts";
import { inOrder, RUN_LENGTH } from "../base/in-order.ts";
import type { DataFile } from "./data-file.ts";
import type { Write } from "./ordered-store.ts";
import type { WriteTable } from "./write-table.ts";

/** How long the main thread works at a time. LMDB's own thread and the disk need several times that for a slice. */
const SLICE_MS = 2;
const SLICE_BYTES_MAX = 1024 * 1024;

export interface Carried {
  readonly table: WriteTable;
  /** Writes that follow the table's and replace them where they have a key in common; called once, after the table. */
  folded(): Iterable<Write | undefined | Promise<void>>;
  /** Folded writes that are now on disk. */
  onFolded(writes: readonly Write[]): void;
  /** After each step, with how many keys it has done: to sort one is a part of that, to write it the rest. */
  onStep(done: number): Promise<void>;
}

/** The part of a step for a key that was sorted, and for a write that is on disk. */
const SORTED = 0.25;
const WRITTEN = 0.75;

/** Resolves when all of the table and of what is folded is on disk in the data file. @throws Error of LMDB */
export async function carry(data: DataFile, { table, folded, onFolded, onStep }: Carried): Promise<void> {
  // A turn of the event loop may be under way, and a store may be half constructed.
  await nextTurn();
  await applySliced(data, tableWrites(table), (slice, runs) =>
    onStep(slice.length * WRITTEN + runs * RUN_LENGTH * SORTED),
  );
  await applySliced(data, folded(), (slice) => {
    onFolded(slice);
    return onStep(slice.length);
  });
}

/** `onApplied` hears of the writes of a slice and of the pauses that came with them. */
async function applySliced(
  data: DataFile,
  writes: Iterable<Write | undefined | Promise<void>>,
  onApplied: (slice: readonly Write[], pauses: number) => Promise<void>,
): Promise<void> {
  const iterator = writes[Symbol.iterator]();
  try {
    for (let isLast = false; !isLast; ) {
      const slice = new Slice(iterator);
      if (slice.begin()) await data.apply(slice.writes());
      else if (!slice.isLast && slice.awaited === undefined) await nextTurn();
      await slice.awaited;
      const { taken, pauses } = slice;
      isLast = slice.isLast;
      if (taken.length > 0 || pauses > 0) await onApplied(taken, pauses);
    }
  } finally {
    iterator.return?.();
  }
}

/** Writes that are made and handed over to LMDB one by one until their time is up; both take the main thread. */
class Slice {
  readonly taken: Write[] = [];
  /** How often there was nothing to write yet. */
  pauses = 0;
  isLast = false;
  /** What ends the slice, as the next write waits for it. */
  awaited: Promise<void> | undefined;
  readonly #source: Iterator<Write | undefined | Promise<void>>;
  readonly #endMs = performance.now() + SLICE_MS;
  #bytes = 0;

  constructor(source: Iterator<Write | undefined | Promise<void>>) {
    this.#source = source;
  }

  get #isEmpty(): boolean {
    return this.taken.length === 0 && this.pauses === 0;
  }

  /** False when there is no write yet. */
  begin(): boolean {
    return this.#next() !== undefined;
  }

  *writes(): Generator<Write> {
    for (let write = this.taken[0]; write !== undefined; write = this.#next()) yield write;
  }

  /** Undefined when the time is up, or nothing is left. */
  #next(): Write | undefined {
    if (this.awaited !== undefined) return undefined;
    while (this.#isEmpty || (this.#bytes < SLICE_BYTES_MAX && performance.now() < this.#endMs)) {
      const { done, value } = this.#source.next();
      if (done === true) {
        this.isLast = true;
        return undefined;
      }
      if (value instanceof Promise) {
        // Whoever awaits it meets the rejection, if later than now.
        value.catch(() => undefined);
        this.awaited = value;
        return undefined;
      }
      if (value !== undefined) {
        this.taken.push(value);
        this.#bytes += value[1]?.length ?? 0;
        return value;
      }
      this.pauses += 1;
    }
    return undefined;
  }
}

/** In the order of keys; undefined after each run of them that was sorted. */
function* tableWrites(table: WriteTable): Generator<Write | undefined> {
  for (const key of inOrder(table.keys(), compareKeys))
    yield key === undefined ? undefined : [key, table.get(key) ?? null];
}

function compareKeys(a: Bytes, b: Bytes): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
