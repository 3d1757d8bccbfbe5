/** SMEMBERS key: all members. */
import { membersOf } from "../../values/set-members.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { setAt, setReply } from "./sets.ts";

export const smembers = {
  name: "SMEMBERS",
  run: (call) => {
    const table = setAt(call, argument(call.args, 1));
    return setReply(table === undefined ? [] : membersOf(table));
  },
} as const satisfies Handler;
