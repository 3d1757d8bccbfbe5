/** SETRANGE key offset value: overwrites part of a string, filling up with zero bytes; its length then. */
import * as errors from "../../protocol/errors.ts";
import { argument, integer } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { changeString, checkStringBytes, stringToWrite } from "./write-string.ts";

export const setrange = {
  name: "SETRANGE",
  run: (call) => {
    const key = argument(call.args, 1);
    const offset = Number(integer(argument(call.args, 2)));
    const part = argument(call.args, 3);
    if (offset < 0) throw errors.offsetOutOfRange();
    const before = stringToWrite(call, key);
    const old = before === undefined ? Buffer.alloc(0) : call.db.stringValue(before);
    if (part.length === 0) return old.length;
    checkStringBytes(call, offset + part.length);
    const value = Buffer.alloc(Math.max(old.length, offset + part.length));
    old.copy(value);
    part.copy(value, offset);
    changeString(call, key, { before, value, event: "setrange", form: "appended" });
    return value.length;
  },
} as const satisfies Handler;
