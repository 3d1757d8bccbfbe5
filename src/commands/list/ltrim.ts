/** LTRIM key start stop: removes all elements but those between two places, both included. */
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { placesBetween } from "../places.ts";
import { listForWrite, shrinking } from "./lists.ts";

export const ltrim = {
  name: "LTRIM",
  run: (call) => {
    const placesOf = placesBetween(argument(call.args, 2), argument(call.args, 3));
    const list = listForWrite(call, argument(call.args, 1));
    if (list === undefined) return OK;
    const { count } = list;
    const places = placesOf(count);
    if (places === undefined) list.remove(0, count);
    else {
      list.remove(places.to + 1, count - places.to - 1);
      list.remove(0, places.from);
    }
    shrinking(call, list);
    list.save("ltrim");
    return OK;
  },
} as const satisfies Handler;
