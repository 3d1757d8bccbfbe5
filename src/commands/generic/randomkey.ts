/** RANDOMKEY: some key, null when there is none. */
import { bufferOf } from "../../base/bytes.ts";
import type { Handler } from "../handler.ts";

export const randomkey = {
  name: "RANDOMKEY",
  run: (call) => {
    const { db } = call;
    for (;;) {
      const key = db.keyAt(call.random());
      if (key === undefined) return null;
      // One past its expiry is removed by the look at it, so this comes to an end.
      if (db.find(key) !== undefined) return bufferOf(key);
    }
  },
} as const satisfies Handler;
