/** GETSET key value: as SET, and returns the string before. */
import { bytesOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { stringAt } from "../values.ts";
import { setString } from "./write-string.ts";

export const getset = {
  name: "GETSET",
  run: (call) => {
    const key = argument(call.args, 1);
    const old = stringAt(call, key) ?? null;
    setString(call, bytesOf(key), argument(call.args, 2));
    return old;
  },
} as const satisfies Handler;
