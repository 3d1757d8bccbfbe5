/** SMEMBERS key: all members. */
import { membersOf } from "../../values/set-members.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { setAt, setReply } from "./sets.ts";

export const smembers = {
  name: "SMEMBERS",
  run: (call) => {
    const table = setAt(call, argument(call.args, 1));
    if (table === undefined) return setReply([]);
    if (table.encoding === "integers") return setReply(membersOf(table));
    return { kind: "bulks", shape: "set", strings: table.strings("names") };
  },
} as const satisfies Handler;
