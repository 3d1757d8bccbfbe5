/** LRANGE key start stop: the elements between two places, both included, counted from the end when negative. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { placesBetween } from "../places.ts";
import { listAt } from "./lists.ts";

export const lrange = {
  name: "LRANGE",
  run: (call) => {
    const placesOf = placesBetween(argument(call.args, 2), argument(call.args, 3));
    const list = listAt(call, argument(call.args, 1));
    const places = placesOf(list?.count ?? 0);
    if (list === undefined || places === undefined) return [];
    return { kind: "bulks", shape: "array", strings: list.ranges(places.from, places.to) };
  },
} as const satisfies Handler;
