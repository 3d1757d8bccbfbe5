/**
 * SCAN cursor [MATCH pattern] [COUNT n] [TYPE name]: a step of a walk over all keys. A key that is there from the
 * beginning of the walk to its end is returned; one that comes or goes meanwhile may be. The walk ends however many
 * keys come meanwhile. A key that gets a value of another type counts as one that came.
 *
 * Where the server holds several partitions the walk goes through them in the order of slots, and a cursor is that within
 * a partition times the number of partitions, plus the number of this one: the server remembers nothing. A partition that
 * has gone to another server is passed over, as slots that move are in Redis.
 */
import { type Bytes, bufferOf } from "../../base/bytes.ts";
import type { Database } from "../../keyspace/database.ts";
import { argument } from "../arguments.ts";
import { everyDatabase } from "../everywhere.ts";
import type { Call, Handler } from "../handler.ts";
import { scanCursorOf, scanOptions } from "../scan-elements.ts";
import { TYPE_NAMES } from "./type-names.ts";

export const scan = {
  name: "SCAN",
  run: (call: Call) => {
    const { args } = call;
    const from = scanCursorOf(argument(args, 1));
    const { matches, type, count } = scanOptions(args, 2, true);
    const { cursor, keys } = stepOf(everyDatabase(call), from, count);
    const found = keys.filter(([db, key]) => {
      if (!matches(key)) return false;
      const record = db.find(key);
      if (record === undefined) return false;
      return type === undefined || TYPE_NAMES[record.type].toLowerCase() === type;
    });
    return [String(cursor), found.map(([, key]) => bufferOf(key))];
  },
} as const satisfies Handler;

interface Step {
  readonly cursor: bigint;
  readonly keys: ReadonlyArray<readonly [Database, Bytes]>;
}

/** A step of the walk: it looks at `count` keys, in further partitions too where one has fewer. */
function stepOf(all: readonly Database[], from: bigint, count: number): Step {
  const partitions = BigInt(all[0]?.place.count ?? 1);
  const number = Number(from % partitions);
  let within = from / partitions;
  const keys: Array<readonly [Database, Bytes]> = [];
  const ahead = all.filter(({ place }) => place.number >= number);
  for (const [index, db] of ahead.entries()) {
    const page = db.scan(db.place.number === number ? within : 0n, count - keys.length);
    for (const key of page.keys) keys.push([db, key]);
    if (page.cursor !== 0n) return { cursor: page.cursor * partitions + BigInt(db.place.number), keys };
    within = 0n;
    const next = ahead[index + 1];
    if (next !== undefined && keys.length >= count) return { cursor: BigInt(next.place.number), keys };
  }
  return { cursor: 0n, keys };
}
