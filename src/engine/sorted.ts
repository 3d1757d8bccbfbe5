/** Sets of states as ascending arrays of their numbers: what configurations, exit sets and entry sets are. */

/** The position of the first number that is `from` or more. */
export function lowerBound(numbers: readonly number[], from: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** True when the ascending array holds the number. */
export function hasNumber(numbers: readonly number[], wanted: number): boolean {
  return numbers[lowerBound(numbers, wanted)] === wanted;
}

/** `base` without `removed` and with `added`, all three ascending. */
export function merged(
  base: readonly number[],
  removed: readonly number[],
  added: readonly number[],
): readonly number[] {
  let length = 0;
  let gone = 0;
  let next = 0;
  for (const number of base) {
    while (gone < removed.length && (removed[gone] ?? 0) < number) gone++;
    if (removed[gone] === number) continue;
    for (let come = added[next]; come !== undefined && come <= number; come = added[++next])
      if (come < number) scratch[length++] = come;
    scratch[length++] = number;
  }
  for (; next < added.length; next++) scratch[length++] = added[next] ?? 0;
  return scratch.slice(0, length);
}

/** Where `merged` puts its result together: a list that grows item by item has room for sixteen more. */
const scratch: number[] = [];
