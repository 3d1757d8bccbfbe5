/**
 * Sorting much at a time that others must not wait for: the items in order, and `undefined` in between wherever the
 * caller may pause. Runs are sorted one by one and then merged step by step.
 */

/** Items that are sorted in one go: less than a millisecond. */
export const RUN_LENGTH = 1000;

interface Cursor<T> {
  readonly run: readonly T[];
  position: number;
}

/** Consumes `items` before the first comes out. O(n log n), of which a step does a thousandth at most. */
export function* inOrder<T>(items: Iterable<T>, compare: (a: T, b: T) => number): Generator<T | undefined> {
  const heap: Cursor<T>[] = [];
  let run: T[] = [];
  for (const item of items) {
    run.push(item);
    if (run.length < RUN_LENGTH) continue;
    heap.push({ run: run.sort(compare), position: 0 });
    run = [];
    yield undefined;
  }
  if (run.length > 0) heap.push({ run: run.sort(compare), position: 0 });
  const isBefore = (a: Cursor<T>, b: Cursor<T>) => {
    const left = a.run[a.position];
    const right = b.run[b.position];
    return left !== undefined && (right === undefined || compare(left, right) < 0);
  };
  for (let index = heap.length - 1; index >= 0; index -= 1) sink(heap, index, isBefore);
  for (let first = heap[0]; first !== undefined; first = heap[0]) {
    yield first.run[first.position];
    first.position += 1;
    if (first.position === first.run.length) {
      const last = heap.pop();
      if (last !== undefined && last !== first) heap[0] = last;
    }
    sink(heap, 0, isBefore);
  }
}

/** Moves the item at an index of a heap down to its place. */
function sink<T>(heap: T[], from: number, isBefore: (a: T, b: T) => boolean): void {
  const moving = heap[from];
  if (moving === undefined) return;
  let index = from;
  for (;;) {
    const leftIndex = 2 * index + 1;
    const left = heap[leftIndex];
    const right = heap[leftIndex + 1];
    if (left === undefined) break;
    const isRight = right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (!isBefore(child, moving)) break;
    heap[index] = child;
    index = isRight ? leftIndex + 1 : leftIndex;
  }
  heap[index] = moving;
}
