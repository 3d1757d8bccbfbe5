/**
 * Carries a table of writes into the data file, in slices short enough that requests in between do not notice.
 * The slices go in key order: neighbours share LMDB's pages, each of which is then written once instead of
 * once per slice. Any number of slices may have been committed when the process ends: the journal still has
 * every write, and carrying one twice changes nothing.
 */
import { performance } from "node:perf_hooks";
import type { Bytes } from "../base/bytes.ts";
import { chars } from "../base/bytes.ts";
import type { LmdbData } from "./lmdb-data.ts";
import type { Write } from "./ordered-store.ts";
import type { WriteTable } from "./write-table.ts";

/** How much is done in one go while nobody waits for the end: pauses of about two milliseconds. */
const EASE: Portion = { sortedKeys: 2000, writes: 2000, bytes: 1024 * 1024 };
/** And while commits do. */
const HURRY: Portion = { sortedKeys: 16_000, writes: 16_000, bytes: 4 * 1024 * 1024 };

/**
 * A write costs this thread about a microsecond, and a slice costs the disk two syncs. Under load a turn of the event
 * loop lasts longer than both, and there is one slice a turn: what is carried in one has to outgrow what a turn writes.
 */
interface Portion {
  readonly sortedKeys: number;
  readonly writes: number;
  readonly bytes: number;
}

export interface Carried {
  readonly table: WriteTable;
  /** Writes that follow the table's and replace them where they have a key in common; called once, after the table. */
  folded(): Iterable<Write>;
  /** Folded writes that are now on disk. */
  onFolded(writes: readonly Write[]): void;
  /**
   * Asked before each portion: how full the next table is, from 1 on commits wait for this to end. The fuller, the
   * larger are the portions, so that the next table grows only until they suffice.
   */
  urgency(): number;
}

/** How long the fold of derived things may keep the main thread in one go. */
const FOLD_SLICE_MS = 2;

/** Resolves when all of the table and of what is folded is on disk in the data file. @throws Error of LMDB */
export async function carry(data: LmdbData, { table, folded, onFolded, urgency }: Carried): Promise<void> {
  // A turn of the event loop may be under way, and a store may be half constructed.
  await nextTurn();
  const keys = merged(await sortedRuns(table, urgency));
  for (;;) {
    const slice = nextSlice(keys, table, portionOf(urgency()));
    if (slice.length === 0) break;
    await data.apply(slice);
  }
  const writes = folded()[Symbol.iterator]();
  try {
    for (;;) {
      const slice = nextFolded(writes);
      if (slice.length === 0) return;
      await data.apply(slice);
      onFolded(slice);
    }
  } finally {
    writes.return?.();
  }
}

/** Empty only at the end. */
function nextFolded(writes: Iterator<Write>): Write[] {
  const endMs = performance.now() + FOLD_SLICE_MS;
  const slice: Write[] = [];
  do {
    const next = writes.next();
    if (next.done === true) break;
    slice.push(next.value);
  } while (performance.now() < endMs);
  return slice;
}

function portionOf(urgency: number): Portion {
  if (urgency < 1) return EASE;
  const { sortedKeys, writes, bytes } = HURRY;
  return { sortedKeys: sortedKeys * urgency, writes: writes * urgency, bytes: bytes * urgency };
}

async function sortedRuns(table: WriteTable, urgency: () => number): Promise<Bytes[][]> {
  const runs: Bytes[][] = [];
  let run: Bytes[] = [];
  let length = portionOf(urgency()).sortedKeys;
  for (const key of table.keys()) {
    run.push(key);
    if (run.length < length) continue;
    runs.push(run.sort(compareKeys));
    run = [];
    await nextTurn();
    length = portionOf(urgency()).sortedKeys;
  }
  if (run.length > 0) runs.push(run.sort(compareKeys));
  return runs;
}

function nextSlice(keys: Iterator<Bytes>, table: WriteTable, portion: Portion): Write[] {
  const slice: Write[] = [];
  let bytes = 0;
  while (slice.length < portion.writes && bytes < portion.bytes) {
    const next = keys.next();
    if (next.done === true) break;
    const value = table.get(next.value) ?? null;
    slice.push([next.value, value]);
    bytes += value === null ? 0 : value.length;
  }
  return slice;
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
