/** GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]: the string, whose expiry is set or taken away. */
import { bytesOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import { positiveExpiry } from "../expiry.ts";
import type { Handler } from "../handler.ts";
import { stringRecordAt } from "../values.ts";
import { parseSetOptions } from "./set-options.ts";

export const getex = {
  name: "GETEX",
  run: (call) => {
    const key = argument(call.args, 1);
    const { expiry, persists } = parseSetOptions(call.args, 2, "GETEX");
    const record = stringRecordAt(call, key);
    if (record === undefined) return null;
    const value = call.db.stringValue(record);
    const bytes = bytesOf(key);
    if (expiry !== undefined) {
      const context = { nowMs: call.nowMs, command: "getex" };
      const expireAtMs = positiveExpiry(expiry.value, expiry.form, context);
      if (expireAtMs > call.nowMs) call.db.setExpiry(bytes, record, expireAtMs, "expire");
      else call.db.remove(bytes, "del");
    } else if (persists && record.expireAtMs !== 0) call.db.setExpiry(bytes, record, 0, "persist");
    return value;
  },
} as const satisfies Handler;
