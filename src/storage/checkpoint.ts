/**
 * One checkpoint: a frozen table, and what is folded beside it, go into the data file in slices, each of which keeps
 * the main thread for a bounded time. The table goes in key order: neighbours share LMDB's pages, each of which is then
 * written once instead of once per slice. Any number of slices may have been committed when the process ends: the
 * journal still has every write, and carrying one twice changes nothing.
 */
import { performance } from "node:perf_hooks";
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";
import type { LmdbData } from "./lmdb-data.ts";
import type { Write } from "./ordered-store.ts";
import type { WriteTable } from "./write-table.ts";

/** How long the main thread works at a time. LMDB's own thread and the disk need several times that for a slice. */
const SLICE_MS = 2;
const SLICE_BYTES_MAX = 1024 * 1024;
/** Keys that are sorted in one go: less than a millisecond. */
const RUN_LENGTH = 1000;

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
  const runs: Bytes[][] = [];
  for (const sorted of sortedRuns(table)) {
    runs.push(...sorted);
    await nextTurn();
    await onStep(sorted.reduce((sum, run) => sum + run.length, 0) * SORTED);
  }
  await applySliced(data, tableWrites(table, merged(runs)), (slice) => onStep(slice.length * WRITTEN));
  await applySliced(data, folded(), (slice) => {
    onFolded(slice);
    return onStep(slice.length);
  });
}

async function applySliced(
  data: LmdbData,
  writes: Iterable<Write | undefined>,
  onApplied: (slice: readonly Write[]) => Promise<void>,
): Promise<void> {
  const iterator = writes[Symbol.iterator]();
  try {
    for (;;) {
      const { slice, isLast } = nextSlice(iterator);
      if (slice.length > 0) {
        await data.apply(slice);
        await onApplied(slice);
      }
      if (isLast) return;
      if (slice.length === 0) await nextTurn();
    }
  } finally {
    iterator.return?.();
  }
}

/** Empty where there is nothing to write yet. Handing a write over to LMDB costs about as much as taking it here. */
function nextSlice(writes: Iterator<Write | undefined>): {
  readonly slice: readonly Write[];
  readonly isLast: boolean;
} {
  const endMs = performance.now() + SLICE_MS / 2;
  const slice: Write[] = [];
  let bytes = 0;
  do {
    const next = writes.next();
    if (next.done === true) return { slice, isLast: true };
    if (next.value === undefined) continue;
    slice.push(next.value);
    bytes += next.value[1]?.length ?? 0;
  } while (bytes < SLICE_BYTES_MAX && performance.now() < endMs);
  return { slice, isLast: false };
}

/** Sorted runs of the keys, as many at a time as there is time for. */
function* sortedRuns(table: WriteTable): Generator<Bytes[][]> {
  let endMs = performance.now() + SLICE_MS;
  let ready: Bytes[][] = [];
  let run: Bytes[] = [];
  for (const key of table.keys()) {
    run.push(key);
    if (run.length < RUN_LENGTH) continue;
    ready.push(run.sort(compareKeys));
    run = [];
    if (performance.now() < endMs) continue;
    yield ready;
    ready = [];
    endMs = performance.now() + SLICE_MS;
  }
  if (run.length > 0) ready.push(run.sort(compareKeys));
  if (ready.length > 0) yield ready;
}

function* tableWrites(table: WriteTable, keys: Iterable<Bytes>): Generator<Write> {
  for (const key of keys) yield [key, table.get(key) ?? null];
}

interface Cursor {
  readonly run: readonly Bytes[];
  position: number;
}

/** The keys of all runs in order; a heap of runs by their next key. */
function* merged(runs: readonly (readonly Bytes[])[]): Generator<Bytes> {
  const heap = runs.map((run): Cursor => ({ run, position: 0 })).sort(compareCursors);
  for (let first = heap[0]; first !== undefined; first = heap[0]) {
    const key = first.run[first.position];
    if (key !== undefined) yield key;
    first.position += 1;
    if (first.position >= first.run.length) {
      const last = heap.pop();
      if (last !== undefined && last !== first) heap[0] = last;
    }
    sink(heap);
  }
}

/** Moves the first cursor down to its place. */
function sink(heap: Cursor[]): void {
  const moving = heap[0];
  if (moving === undefined) return;
  let index = 0;
  for (;;) {
    const leftIndex = 2 * index + 1;
    const left = heap[leftIndex];
    if (left === undefined) break;
    const right = heap[leftIndex + 1];
    const isRight = right !== undefined && compareCursors(right, left) < 0;
    const child = isRight ? right : left;
    if (compareCursors(moving, child) <= 0) break;
    heap[index] = child;
    index = isRight ? leftIndex + 1 : leftIndex;
  }
  heap[index] = moving;
}

function compareCursors(a: Cursor, b: Cursor): number {
  return compareKeys(a.run[a.position], b.run[b.position]);
}

function compareKeys(a: Bytes | undefined, b: Bytes | undefined): number {
  const [left, right] = [a === undefined ? "" : chars(a), b === undefined ? "" : chars(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
