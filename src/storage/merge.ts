/** Reading ordered sequences as one: newer writes over what lies below them. */
import type { Bytes } from "../base/bytes.ts";
import type { Entry } from "./ordered-store.ts";

/** Two ordered sequences as one, whatever the values are; where both have a key, `upper` wins. */
export function* layered<V>(
  upper: Iterator<[Bytes, V]>,
  lower: Iterator<[Bytes, V]>,
  reverse: boolean,
): Generator<[Bytes, V]> {
  let [above, below] = [upper.next(), lower.next()];
  while (above.done !== true && below.done !== true) {
    const order = compareKeys(above.value[0], below.value[0]);
    if ((reverse ? -order : order) > 0) {
      yield below.value;
      below = lower.next();
    } else {
      yield above.value;
      above = upper.next();
      if (order === 0) below = lower.next();
    }
  }
  for (; above.done !== true; above = upper.next()) yield above.value;
  for (; below.done !== true; below = lower.next()) yield below.value;
}

/** Two ordered sequences as one; where both have a key, `upper` wins, and its null hides the entry. */
export function* merge(
  upper: Iterator<[Bytes, Buffer | null]>,
  lower: Iterator<Entry>,
  reverse: boolean,
): Generator<Entry> {
  try {
    let above = upper.next();
    let below = lower.next();
    while (above.done !== true || below.done !== true) {
      const order =
        above.done === true ? 1 : below.done === true ? -1 : compareKeys(above.value[0], below.value[0]);
      const direction = above.done === true || below.done === true || !reverse ? order : -order;
      if (direction > 0 && below.done !== true) {
        yield below.value;
        below = lower.next();
      } else if (above.done !== true) {
        const [key, value] = above.value;
        if (value !== null) yield [key, value];
        above = upper.next();
        if (direction === 0) below = lower.next();
      }
    }
  } finally {
    // A range that is left early ends the reads below it: an engine's cursor may hold pages as long as it lives.
    upper.return?.();
    lower.return?.();
  }
}

function compareKeys(a: Bytes, b: Bytes): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
