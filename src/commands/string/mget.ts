/** MGET key [key …]: the strings in the order of the keys; null for a key that is none. */
import type { Handler } from "../handler.ts";
import { look } from "../values.ts";

export const mget = {
  name: "MGET",
  run: (call) =>
    call.args.slice(1).map((key) => {
      const record = look(call, key);
      const isString = record?.type === "string" || record?.type === "longString";
      return isString ? call.db.stringValue(record) : null;
    }),
} as const satisfies Handler;
