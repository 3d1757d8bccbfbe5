/**
 * One checkpoint: a frozen table, and what is folded beside it, go into the data file in slices, each of which keeps
 * the main thread for a bounded time. The table goes in key order: neighbours share LMDB's pages, each of which is then
 * written once instead of once per slice. Any number of slices may have been committed when the process ends: the
 * journal still has every write, and carrying one twice changes nothing.
 */
import { performance } from "node:perf_hooks";
import type { Bytes } from "../base/bytes.ts";
import { inOrder, RUN_LENGTH } from "../base/in-order.ts";
import type { LmdbData } from "./lmdb-data.ts";
import type { Write } from "./ordered-store.ts";
import type { WriteTable } from "./write-table.ts";

/** How long the main thread works at a time. LMDB's own thread and the disk need several times that for a slice. */
const SLICE_MS = 2;
const SLICE_BYTES_MAX = 1024 * 1024;

export interface Carried {
  readonly table: WriteTable;
  /** Writes that follow the table's and replace them where they have a key in common; called once, after the table. */
  folded(): Iterable<Write | undefined>;
  /** Folded writes that are now on disk. */
  onFolded(writes: readonly Write[]): void;
  /** After each step, with how many keys it has done: to sort one is a part of that, to write it the rest. */
  onStep(done: number): Promise<void>;
}

/** The part of a step for a key that was sorted, and for a write that is on disk. */
const SORTED = 0.25;
const WRITTEN = 0.75;

/** Resolves when all of the table and of what is folded is on disk in the data file. @throws Error of LMDB */
export async function carry(data: LmdbData, { table, folded, onFolded, onStep }: Carried): Promise<void> {
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

/** `onApplied` hears of the writes of a slice and of the pauses that came before them. */
async function applySliced(
  data: LmdbData,
  writes: Iterable<Write | undefined>,
  onApplied: (slice: readonly Write[], pauses: number) => Promise<void>,
): Promise<void> {
  const iterator = writes[Symbol.iterator]();
  try {
    for (;;) {
      const { slice, pauses, isLast } = nextSlice(iterator);
      if (slice.length > 0) await data.apply(slice);
      else if (!isLast) await nextTurn();
      if (slice.length > 0 || pauses > 0) await onApplied(slice, pauses);
      if (isLast) return;
    }
  } finally {
    iterator.return?.();
  }
}

interface Slice {
  readonly slice: readonly Write[];
  /** How often there was nothing to write yet. */
  readonly pauses: number;
  readonly isLast: boolean;
}

/** Handing a write over to LMDB costs about as much as taking it here. */
function nextSlice(writes: Iterator<Write | undefined>): Slice {
  const endMs = performance.now() + SLICE_MS / 2;
  const slice: Write[] = [];
  let bytes = 0;
  let pauses = 0;
  do {
    const next = writes.next();
    if (next.done === true) return { slice, pauses, isLast: true };
    if (next.value === undefined) {
      pauses += 1;
      continue;
    }
    slice.push(next.value);
    bytes += next.value[1]?.length ?? 0;
  } while (bytes < SLICE_BYTES_MAX && performance.now() < endMs);
  return { slice, pauses, isLast: false };
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
