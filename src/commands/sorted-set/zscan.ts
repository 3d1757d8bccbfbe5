/** ZSCAN key cursor [MATCH pattern] [COUNT n]: a step of a walk over the members, each with its score. */
import { bytesOf } from "../../base/bytes.ts";
import { formatDouble } from "../../protocol/double.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { scanCursorOf, scanOptions } from "../scan-elements.ts";
import { sortedSetAt } from "./sorted-sets.ts";

export const zscan = {
  name: "ZSCAN",
  run: (call) => {
    const from = scanCursorOf(argument(call.args, 2));
    const set = sortedSetAt(call, argument(call.args, 1));
    if (set === undefined) return ["0", []];
    const { matches, count } = scanOptions(call.args, 3, false);
    const { cursor, members } = set.scan(Number(from), count);
    const found = members.filter(({ name }) => matches(bytesOf(name)));
    return [String(cursor), found.flatMap(({ name, score }) => [name, formatDouble(score)])];
  },
} as const satisfies Handler;
