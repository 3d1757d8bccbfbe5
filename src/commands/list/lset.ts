/** LSET key index element: replaces the element at a place. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { growing, listForWrite, placeOf, shrinking } from "./lists.ts";

export const lset = {
  name: "LSET",
  run: (call) => {
    const list = listForWrite(call, argument(call.args, 1));
    if (list === undefined) throw errors.noSuchKey();
    const element = argument(call.args, 3);
    const place = placeOf(list, argument(call.args, 2));
    if (place < 0 || place >= list.count) throw errors.indexOutOfRange();
    growing(call, list, [element]);
    list.replace(place, element);
    shrinking(call, list);
    list.save("lset");
    return OK;
  },
} as const satisfies Handler;
