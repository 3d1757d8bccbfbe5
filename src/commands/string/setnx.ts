/** SETNX key value: makes the key a string if it does not exist; 1 if it did not. */
import { bytesOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { setString } from "./write-string.ts";

export const setnx = {
  name: "SETNX",
  run: (call) => {
    const key = bytesOf(argument(call.args, 1));
    if (call.db.find(key) !== undefined) return 0;
    setString(call, key, argument(call.args, 2));
    return 1;
  },
} as const satisfies Handler;
