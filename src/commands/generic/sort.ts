/**
 * SORT key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC|DESC] [ALPHA] [STORE destination]: the elements of a
 * list, set or sorted set in order; with STORE they become a list, and the reply is how many there are.
 */
import { bytesOf } from "../../base/bytes.ts";
import { Held } from "../../values/held.ts";
import { List } from "../../values/list.ts";
import type { Call, Handler } from "../handler.ts";
import { fillList } from "../list/lists.ts";
import { sorted, sortQuery } from "./sorting.ts";

export const sort = {
  name: "SORT",
  run: (call) => {
    const query = sortQuery(call, true);
    const items = sorted(call, query);
    return query.store === undefined ? items : stored(call, query.store, items);
  },
} as const satisfies Handler;

function stored(call: Call, key: Buffer, items: ReadonlyArray<Buffer | null>): number {
  if (items.length === 0) {
    call.db.remove(bytesOf(key), "del");
    return 0;
  }
  const list = new List(new Held(call.db, bytesOf(key), "list", undefined));
  fillList(
    call,
    list,
    items.map((item) => item ?? Buffer.alloc(0)),
  );
  list.save("sortstore");
  return items.length;
}
