/** The keyspace events of each command, as redis-server 7.0 was seen to send them (PSUBSCRIBE __keyevent*). */
import { describe, expect, test } from "vitest";
import { chars } from "../../../src/base/bytes.ts";
import { Store } from "../../../src/keyspace/store.ts";
import type { Transaction } from "../../../src/keyspace/transaction.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import { MemoryStore } from "../../../src/storage/memory-store.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const NEW_KEY = [
  ["SET a 1", "0:new:a 0:set:a"],
  ["SET a 1 EX 10", "0:new:a 0:set:a 0:expire:a"],
  ["SETEX a 10 1", "0:new:a 0:set:a 0:expire:a"],
  ["MSET a 1 b 2", "0:new:a 0:set:a 0:new:b 0:set:b"],
  ["APPEND a 1", "0:new:a 0:append:a"],
  ["SETRANGE a 1 x", "0:new:a 0:setrange:a"],
  ["INCR a", "0:new:a 0:incrby:a"],
  ["INCRBYFLOAT a 1.5", "0:new:a 0:incrbyfloat:a"],
  ["GETSET a 2", "0:new:a 0:set:a"],
] as const;

/** Before each: SETEX a 100 1, SET other 1. */
const EXISTING_KEY = [
  ["SET a 2 KEEPTTL", "0:set:a"],
  ["SET a 2 NX", ""],
  ["GETSET a 2", "0:set:a"],
  ["GETDEL a", "0:del:a"],
  ["GETEX a", ""],
  ["GETEX a EX 10", "0:expire:a"],
  ["GETEX a PXAT 1", "0:del:a"],
  ["GETEX a PERSIST", "0:persist:a"],
  ["APPEND a 1", "0:append:a"],
  ["SETRANGE a 1 x", "0:setrange:a"],
  ["DECR a", "0:incrby:a"],
  ["EXPIRE a 10", "0:expire:a"],
  ["EXPIRE a 10 GT", ""],
  ["EXPIRE a -1", "0:del:a"],
  ["PERSIST a", "0:persist:a"],
  ["DEL a none", "0:del:a"],
  ["UNLINK a", "0:del:a"],
  ["RENAME a b", "0:new:b 0:rename_from:a 0:rename_to:b"],
  ["RENAME a a", ""],
  ["RENAME a other", "0:new:other 0:rename_from:a 0:rename_to:other"],
  ["COPY a b", "0:new:b 0:copy_to:b"],
  ["COPY a other REPLACE", "0:new:other 0:copy_to:other"],
  ["MOVE a 1", "1:new:a 0:move_from:a 1:move_to:a"],
  ["TOUCH a", ""],
  ["SWAPDB 0 1", "swap"],
  ["FLUSHDB", "flush"],
] as const;

async function eventsOf(request: string, setup: readonly string[]): Promise<string> {
  const events: string[] = [];
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const commit = store.commit.bind(store);
  store.commit = (transaction: Transaction) => {
    for (const change of transaction.changes) {
      events.push(
        change.kind === "key" ? `${change.database}:${change.event}:${chars(change.key)}` : change.kind,
      );
    }
    commit(transaction);
  };
  const server = await startTestServer({ store, clock: new VirtualClock() });
  const client = await server.client();
  for (const line of setup) await client.call(...line.split(" "));
  events.length = 0;
  await client.call(...request.split(" "));
  await server.close();
  return events.join(" ");
}

describe("keyspace events", () => {
  test.each(NEW_KEY)("%s, of a new key: %s", async (request, events) => {
    expect(await eventsOf(request, [])).toBe(events);
  });

  test.each(EXISTING_KEY)("%s: %s", async (request, events) => {
    expect(await eventsOf(request, ["SETEX a 100 1", "SET other 1"])).toBe(events);
  });
});
