/** Live objects over a store whose reads miss: a restart and a checkpoint load what they need, and come to the same. */
import { expect, test } from "vitest";
import { bytesOfText, chars } from "../../src/base/bytes.ts";
import { LiveObjects } from "../../src/keyspace/live-objects.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { OrderedStore, Write } from "../../src/storage/ordered-store.ts";
import { untilLoaded } from "../../src/storage/until-loaded.ts";
import { forgetfulStore } from "../support/forgetful-store.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const DEFINITION = '{"states":{"a":{"on":{"GO":"b"}},"b":{"on":{"GO":"a"}}}}';

/** What a server has written by a restart, and the redo records that it left behind that. */
async function journaled(): Promise<{ readonly memory: MemoryStore; readonly redo: readonly Buffer[] }> {
  const memory = new MemoryStore();
  const clock = new VirtualClock();
  const first = await startTestServer({ clock, store: Store.over(memory, OBJECT_TYPES) });
  const client = await first.client();
  await client.call("SM.DEF", "CREATE", "d", DEFINITION);
  for (let i = 0; i < 30; i += 1) await client.call("SM.CREATE", `m${i}`, "d");
  for (let i = 0; i < 90; i += 1) await client.call("SM.SEND", `m${i % 30}`, "GO", "ID", `e${i % 7}`);
  await first.close();
  const redo: Buffer[] = [];
  const before = new MemoryStore();
  before.commit([...memory.range(bytesOfText(""), bytesOfText("~"))]);
  const recording = new Proxy(memory, {
    get: (target, name) => {
      if (name === "commit")
        return (writes: readonly Write[], records: readonly Buffer[] = []) => {
          redo.push(...records);
          target.commit(writes);
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const second = await startTestServer({ clock, store: Store.over(recording, OBJECT_TYPES) });
  const other = await second.client();
  for (let i = 0; i < 300; i += 1) await other.call("SM.SEND", `m${i % 30}`, "GO");
  redo.splice(300 * 5);
  const all = [...redo];
  await second.close();
  return { memory: before, redo: all };
}

/** What the data becomes when the records are redone over a store and folded. */
async function folded(store: OrderedStore, redo: readonly Buffer[]): Promise<readonly string[]> {
  const live = new LiveObjects(OBJECT_TYPES.redo);
  for (const record of redo) await untilLoaded(() => live.redo(record, store));
  live.attach(store);
  live.freeze();
  const writes: Write[] = [];
  for (const write of live.fold()) {
    if (write instanceof Promise) await write;
    else if (write !== undefined) writes.push(write);
  }
  writes.push(...live.lastWrites());
  live.thawed();
  return writes.map(([key, value]) => `${key} ${value?.toString("latin1")}`).sort();
}

test("LiveObjects redoes and folds the same over a store that forgets as over one that does not", async () => {
  const { memory, redo } = await journaled();
  expect(redo.length).toBeGreaterThan(200);
  const plain = await folded(memory, redo);
  for (const seed of [1, 2, 3]) {
    const forgetful = forgetfulStore(memory, { seed, forgets: 0.5 });
    expect(await folded(forgetful, redo), `seed ${seed}`).toEqual(plain);
    expect(forgetful.missCount).toBeGreaterThan(20);
  }
});

test("LiveObjects names what it reads to redo a record", async () => {
  const { memory, redo } = await journaled();
  const live = new LiveObjects(OBJECT_TYPES.redo);
  for (const record of redo) {
    const named = new Set(live.prepare(record).reads());
    const reader = {
      get: (key: Parameters<typeof memory.get>[0]) => {
        // What follows from a long tail is derived early, where that is in memory.
        if (!chars(key).startsWith("s")) expect(named.has(key)).toBe(true);
        return memory.get(key);
      },
      range: () => expect.unreachable("a record is redone without ranges"),
    };
    live.redo(record, reader);
  }
});
