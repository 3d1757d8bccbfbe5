/** LINDEX key index: the element at a place, counted from the end when it is negative; null when there is none. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { listAt, placeOf } from "./lists.ts";

export const lindex = {
  name: "LINDEX",
  run: (call) => {
    const list = listAt(call, argument(call.args, 1));
    if (list === undefined) return null;
    const place = placeOf(list, argument(call.args, 2));
    return place < 0 || place >= list.count ? null : list.at(place);
  },
} as const satisfies Handler;
