/** RANDOMKEY: some key, null when there is none. */
import { bufferOf } from "../../base/bytes.ts";
import type { Database } from "../../keyspace/database.ts";
import { everyDatabase } from "../everywhere.ts";
import type { Call, Handler } from "../handler.ts";

export const randomkey = {
  name: "RANDOMKEY",
  run: (call) => {
    const all = everyDatabase(call);
    for (;;) {
      const db = all.length === 1 ? call.db : oneOf(call, all);
      const key = db.keyAt(call.random());
      if (key === undefined) return null;
      // One past its expiry is removed by the look at it, so this comes to an end.
      if (db.find(key) !== undefined) return bufferOf(key);
    }
  },
} as const satisfies Handler;

/** A partition, each as likely as its share of the keys. */
function oneOf(call: Call, all: readonly Database[]): Database {
  let left = call.random() * all.reduce((sum, { size }) => sum + size, 0);
  const chosen = all.find(({ size }) => {
    left -= size;
    return left < 0;
  });
  return chosen ?? call.db;
}
