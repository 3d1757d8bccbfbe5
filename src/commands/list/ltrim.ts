/** LTRIM key start stop: removes all elements but those between two places, both included. */
import { OK } from "../../protocol/reply.ts";
import { argument, safeIndex } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { listForWrite, shrinking } from "./lists.ts";

export const ltrim = {
  name: "LTRIM",
  run: (call) => {
    const [start, stop] = [safeIndex(argument(call.args, 2)), safeIndex(argument(call.args, 3))];
    const list = listForWrite(call, argument(call.args, 1));
    if (list === undefined) return OK;
    const { count } = list;
    const from = Math.max(0, start < 0 ? count + start : start);
    const to = Math.min(count - 1, stop < 0 ? count + stop : stop);
    if (from > to) list.remove(0, count);
    else {
      list.remove(to + 1, count - to - 1);
      list.remove(0, from);
    }
    shrinking(call, list);
    list.save("ltrim");
    return OK;
  },
} as const satisfies Handler;
