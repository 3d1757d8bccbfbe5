/**
 * LREM key count element: removes elements that are equal to one: the first `count`, the last if it is negative, all if
 * it is 0; how many there were.
 */
import { argument, integer } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { listForWrite, shrinking } from "./lists.ts";
import { matches } from "./matches.ts";

export const lrem = {
  name: "LREM",
  run: (call) => {
    const count = integer(argument(call.args, 2));
    const list = listForWrite(call, argument(call.args, 1));
    if (list === undefined) return 0;
    const removedMax = count === 0n ? Number.POSITIVE_INFINITY : Math.abs(Number(count));
    const places: number[] = [];
    for (const place of matches(list, argument(call.args, 3), count < 0n)) {
      places.push(place);
      if (places.length === removedMax) break;
    }
    if (places.length === 0) return 0;
    // From the end, so that the places before stay what they are.
    places.sort((a, b) => b - a);
    for (const place of places) list.remove(place, 1);
    shrinking(call, list);
    list.save("lrem");
    return places.length;
  },
} as const satisfies Handler;
