/** Sequences that are in order, as one. */

/**
 * The items of all sequences in order; of equals, those of an earlier sequence come first. Takes what is asked for and one
 * more item of each sequence. A step takes the time of as many comparisons as there are sequences.
 */
export function* mergedInOrder<T>(
  sequences: readonly Iterable<T>[],
  isBefore: (a: T, b: T) => boolean,
): Generator<T> {
  const [only] = sequences;
  if (sequences.length === 1 && only !== undefined) {
    yield* only;
    return;
  }
  const open: Array<{ readonly iterator: Iterator<T>; value: T }> = [];
  try {
    for (const sequence of sequences) {
      const iterator = sequence[Symbol.iterator]();
      const first = iterator.next();
      if (first.done !== true) open.push({ iterator, value: first.value });
    }
    while (open.length > 0) {
      let next = 0;
      for (let index = 1; index < open.length; index += 1) {
        const [candidate, best] = [open[index], open[next]];
        if (candidate !== undefined && best !== undefined && isBefore(candidate.value, best.value))
          next = index;
      }
      const cursor = open[next];
      if (cursor === undefined) return;
      yield cursor.value;
      const following = cursor.iterator.next();
      if (following.done === true) open.splice(next, 1);
      else cursor.value = following.value;
    }
  } finally {
    // A range that is left early ends the reads below it.
    for (const { iterator } of open) iterator.return?.();
  }
}
