/** LRANGE key start stop: the elements between two places, both included, counted from the end when negative. */
import { argument, safeIndex } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { listAt } from "./lists.ts";

export const lrange = {
  name: "LRANGE",
  run: (call) => {
    const [start, stop] = [safeIndex(argument(call.args, 2)), safeIndex(argument(call.args, 3))];
    const list = listAt(call, argument(call.args, 1));
    if (list === undefined) return [];
    const from = Math.max(0, start < 0 ? list.count + start : start);
    const to = Math.min(list.count - 1, stop < 0 ? list.count + stop : stop);
    return from > to ? [] : list.range(from, to);
  },
} as const satisfies Handler;
