/** Putting values in order. */
import { charge } from "./expressions-meter.ts";
import { show } from "./expressions-show.ts";
import { compare, Failure, kindOf } from "./expressions-values.ts";

/** Items in ascending order of `by`; equal ones keep their order. A failure when two are of different kinds. */
export function sorted(pairs: readonly { readonly item: unknown; readonly by: unknown }[]): unknown {
  charge(1 + pairs.length * Math.ceil(Math.log2(pairs.length + 1)));
  const first = pairs[0]?.by;
  for (const { by } of pairs) {
    const order = compare(first, by);
    if (order === undefined || Number.isNaN(order)) {
      return new Failure(
        () => `${kindOf(first)} ${show(first)} and ${kindOf(by)} ${show(by)} cannot be put in order`,
      );
    }
  }
  return pairs.toSorted((a, b) => compare(a.by, b.by) ?? 0).map(({ item }) => item);
}
