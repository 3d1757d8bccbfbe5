/** HSCAN key cursor [MATCH pattern] [COUNT n]: a step of a walk over the fields of a hash, each with its value. */
import { bytesOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { scanCursorOf, scanOptions } from "../scan-elements.ts";
import { hashAt } from "./hashes.ts";

export const hscan = {
  name: "HSCAN",
  run: (call) => {
    const from = scanCursorOf(argument(call.args, 2));
    const table = hashAt(call, argument(call.args, 1));
    if (table === undefined) return ["0", []];
    const { matches, count } = scanOptions(call.args, 3, false);
    const { cursor, elements } = table.scan(Number(from), count);
    const found = elements.filter(({ name }) => matches(bytesOf(name)));
    return [String(cursor), found.flatMap(({ name, value }) => [name, value])];
  },
} as const satisfies Handler;
