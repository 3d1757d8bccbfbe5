/** SSCAN key cursor [MATCH pattern] [COUNT n]: a step of a walk over the members of a set. */
import { bytesOf } from "../../base/bytes.ts";
import { membersOf } from "../../values/set-members.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { scanCursorOf, scanOptions } from "../scan-elements.ts";
import { setAt } from "./sets.ts";

export const sscan = {
  name: "SSCAN",
  run: (call) => {
    const from = scanCursorOf(argument(call.args, 2));
    const table = setAt(call, argument(call.args, 1));
    if (table === undefined) return ["0", []];
    const { matches, count } = scanOptions(call.args, 3, false);
    const isWhole = !table.isLarge || table.encoding === "integers";
    const page = isWhole ? { cursor: 0, elements: [] } : table.scan(Number(from), count);
    const members = isWhole ? membersOf(table) : page.elements.map(({ name }) => name);
    return [String(page.cursor), members.filter((member) => matches(bytesOf(member)))];
  },
} as const satisfies Handler;
