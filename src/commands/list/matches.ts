/** Looking through a list for an element. */
import type { List } from "../../values/list.ts";

/**
 * The places of the elements that are equal to one, from the front or from the end, among the first `looksMax` that are
 * looked at; lazy, to be read before the next write.
 */
export function* matches(
  list: List,
  element: Buffer,
  reverse: boolean,
  looksMax = Number.POSITIVE_INFINITY,
): Generator<number> {
  let looks = 0;
  for (const { entries, start } of list.runs(reverse ? list.count - 1 : 0, reverse)) {
    for (let step = 0; step < entries.count; step += 1) {
      if (looks >= looksMax) return;
      looks += 1;
      const index = reverse ? entries.count - 1 - step : step;
      if (entries.at(index).equals(element)) yield start + index;
    }
  }
}
