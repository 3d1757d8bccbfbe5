/**
 * Sorts so much of a list that its first elements are those of the sorted list, in the order that Redis leaves elements in
 * which are equal: clients that ask for the nearest few get the same ones. Redis takes the quicksort of Bentley and McIlroy
 * ("Engineering a Sort Function", 1993), which parts a list in three, and leaves out parts that nobody asked for.
 */
export type Compare<T> = (a: T, b: T) => number;

/** Shorter lists are sorted by insertion. */
const INSERTION_MAX = 6;
/** In longer ones the middle of three elements is taken for the pivot, in still longer ones that of nine. */
const MEDIAN_MIN = 8;
const NINTHER_MIN = 41;

/** Partings one behind the other, by the logarithm of the length, after which a list is taken for one made to defeat them. */
const PARTINGS_FACTOR = 4;

/**
 * The first `count` elements become those of the sorted list. O(n log n): lists that would take quadratic time are sorted in
 * another way, where what is equal is in the order it was in.
 */
export function sortFirst<T>(list: T[], count: number, compare: Compare<T>): void {
  const partings = PARTINGS_FACTOR * Math.ceil(Math.log2(list.length + 1));
  sortPart({ list, compare, last: count - 1 }, { from: 0, count: list.length, partings });
}

interface Sorting<T> {
  readonly list: T[];
  readonly compare: Compare<T>;
  /** The last place that has to be right. */
  readonly last: number;
}

interface Part {
  readonly from: number;
  readonly count: number;
  /** How often it may still be parted. */
  readonly partings: number;
}

/** Sorts a part of the list, as far as it matters. The recursion is no deeper than the partings. */
function sortPart<T>(sorting: Sorting<T>, { from, count, partings }: Part): void {
  if (count <= 1 || from > sorting.last) return;
  if (count <= INSERTION_MAX) {
    insertionSort(sorting, from, count);
    return;
  }
  if (partings === 0) {
    const { list, compare } = sorting;
    for (const [at, element] of list
      .slice(from, from + count)
      .sort(compare)
      .entries())
      list[from + at] = element;
    return;
  }
  swap(sorting.list, from, pivotOf(sorting, from, count));
  const { less, greater } = partition(sorting, from, count);
  sortPart(sorting, { from, count: less, partings: partings - 1 });
  sortPart(sorting, { from: from + count - greater, count: greater, partings: partings - 1 });
}

function insertionSort<T>({ list, compare }: Sorting<T>, from: number, count: number): void {
  for (let at = from + 1; at < from + count; at += 1)
    for (let to = at; to > from && compare(elementAt(list, to - 1), elementAt(list, to)) > 0; to -= 1)
      swap(list, to, to - 1);
}

function pivotOf<T>(sorting: Sorting<T>, from: number, count: number): number {
  let middle = from + Math.floor(count / 2);
  if (count < MEDIAN_MIN) return middle;
  let [low, high] = [from, from + count - 1];
  if (count >= NINTHER_MIN) {
    const step = Math.floor(count / 8);
    low = medianOf(sorting, low, low + step, low + 2 * step);
    middle = medianOf(sorting, middle - step, middle, middle + step);
    high = medianOf(sorting, high - 2 * step, high - step, high);
  }
  return medianOf(sorting, low, middle, high);
}

function medianOf<T>({ list, compare }: Sorting<T>, a: number, b: number, c: number): number {
  const isLess = (x: number, y: number) => compare(elementAt(list, x), elementAt(list, y)) < 0;
  if (isLess(a, b)) return isLess(b, c) ? b : isLess(a, c) ? c : a;
  return isLess(c, b) ? b : isLess(a, c) ? a : c;
}

/** Parts elements by the first one; how many are less and greater, which are then at both ends. */
function partition<T>(
  { list, compare }: Sorting<T>,
  from: number,
  count: number,
): { less: number; greater: number } {
  const end = from + count;
  // What is equal gathers at both ends first: before `equalLow` and behind `equalHigh`.
  let [equalLow, low, high, equalHigh] = [from + 1, from + 1, end - 1, end - 1];
  for (;;) {
    for (let order = 0; low <= high; low += 1) {
      order = compare(elementAt(list, low), elementAt(list, from));
      if (order > 0) break;
      if (order === 0) swap(list, equalLow++, low);
    }
    for (let order = 0; low <= high; high -= 1) {
      order = compare(elementAt(list, high), elementAt(list, from));
      if (order < 0) break;
      if (order === 0) swap(list, high, equalHigh--);
    }
    if (low > high) break;
    swap(list, low++, high--);
  }
  const [less, greater] = [low - equalLow, equalHigh - high];
  swapRuns(list, from, low, Math.min(equalLow - from, less));
  swapRuns(list, low, end, Math.min(greater, end - equalHigh - 1));
  return { less, greater };
}

/** Swaps a run of elements from a place on with the run that ends at another. */
function swapRuns<T>(list: T[], from: number, end: number, length: number): void {
  for (let at = 0; at < length; at += 1) swap(list, from + at, end - length + at);
}

function swap<T>(list: T[], a: number, b: number): void {
  const kept = elementAt(list, a);
  list[a] = elementAt(list, b);
  list[b] = kept;
}

function elementAt<T>(list: readonly T[], at: number): T {
  // Within the list.
  return list[at] as T;
}
