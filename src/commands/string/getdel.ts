/** GETDEL key: the string, which is removed. */
import { bytesOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";

export const getdel = {
  name: "GETDEL",
  run: (call) => {
    const key = argument(call.args, 1);
    const value = stringAt(call, key);
    if (value === undefined) return null;
    call.db.remove(bytesOf(key), "del");
    return value;
  },
} as const satisfies Handler;
