/** SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]: makes the key a string. */
import { bytesOf } from "../../base/bytes.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import { positiveExpiry } from "../expiry.ts";
import type { Call, Handler } from "../handler.ts";
import { stringAt } from "../values.ts";
import { parseSetOptions } from "./set-options.ts";
import { setString } from "./write-string.ts";

export const set = {
  name: "SET",
  run: (call) => {
    const key = bytesOf(argument(call.args, 1));
    const value = argument(call.args, 2);
    if (call.args.length > 3) return setWithOptions(call);
    setString(call, key, value);
    return OK;
  },
} as const satisfies Handler;

function setWithOptions(call: Call) {
  const key = argument(call.args, 1);
  const options = parseSetOptions(call.args, 3, "SET");
  const { expiry, condition } = options;
  const givenMs =
    expiry === undefined
      ? 0
      : positiveExpiry(expiry.value, expiry.form, { nowMs: call.nowMs, command: "set" });
  const old = options.returnsOld ? (stringAt(call, key) ?? null) : undefined;
  const bytes = bytesOf(key);
  const before = condition !== undefined || options.keepsExpiry ? call.db.find(bytes) : undefined;
  const isMet = condition === undefined || (condition === "XX") === (before !== undefined);
  if (!isMet) return old ?? null;
  if (options.keepsExpiry) {
    const expireAtMs = before?.expireAtMs ?? 0;
    call.db.put(bytes, { type: "string", payload: argument(call.args, 2), expireAtMs }, "set");
  } else setString(call, bytes, argument(call.args, 2), givenMs);
  return old === undefined ? OK : old;
}
