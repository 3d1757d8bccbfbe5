/** PERSIST key: takes the expiry of a key away; 1 if it had one. */
import { bytesOf } from "../../base/bytes.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const persist = {
  name: "PERSIST",
  run: ({ args, db }) => {
    const key = bytesOf(argument(args, 1));
    const record = db.find(key);
    if (record === undefined || record.expireAtMs === 0) return 0;
    db.setExpiry(key, record, 0, "persist");
    return 1;
  },
} as const satisfies Handler;
