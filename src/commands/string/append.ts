/** APPEND key value: adds bytes to the end of a string; its length then. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { changeString, checkStringBytes, stringToWrite } from "./write-string.ts";

export const append = {
  name: "APPEND",
  run: (call) => {
    const key = argument(call.args, 1);
    const addition = argument(call.args, 2);
    const before = stringToWrite(call, key);
    const old = before === undefined ? Buffer.alloc(0) : call.db.stringValue(before);
    if (before !== undefined) checkStringBytes(call, old.length + addition.length);
    const value = Buffer.concat([old, addition]);
    changeString(call, key, {
      before,
      value,
      event: "append",
      form: before === undefined ? undefined : "appended",
    });
    return value.length;
  },
} as const satisfies Handler;
