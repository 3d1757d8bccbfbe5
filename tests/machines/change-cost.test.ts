/** What a transition writes: counted, not timed. */
import { expect, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Write } from "../../src/storage/ordered-store.ts";
import { startTestServer } from "../support/server.ts";

const LAMP = JSON.stringify({
  initial: "off",
  states: { off: { on: { GO: "on" } }, on: { on: { GO: "off" } } },
});

/** A store in memory that counts what its commits bring. */
class CountingStore extends MemoryStore {
  keys = 0;
  redo: Buffer[] = [];

  override commit(writes: readonly Write[], redo: readonly Buffer[] = []): void {
    this.keys += writes.length;
    this.redo.push(...redo);
    super.commit(writes);
  }

  forget(): void {
    this.keys = 0;
    this.redo = [];
  }
}

test("SM.SEND writes no key and one redo record of at most 150 bytes when an event has no data", async () => {
  const ordered = new CountingStore();
  const server = await startTestServer({ store: Store.over(ordered, OBJECT_TYPES) });
  const client = await server.client();
  await client.call("SM.DEF", "CREATE", "lamp", LAMP);
  await client.call("SM.CREATE", "lamp:000000000001", "lamp");
  ordered.forget();
  const events = 20;
  for (let event = 0; event < events; event += 1) await client.call("SM.SEND", "lamp:000000000001", "GO");
  expect(ordered.keys).toBe(0);
  expect(ordered.redo.length).toBe(events);
  for (const record of ordered.redo) expect(record.length).toBeLessThanOrEqual(150);
  await server.close();
});

test("SM.SEND with an id writes no key and one redo record, which has the outcome too", async () => {
  const ordered = new CountingStore();
  const server = await startTestServer({ store: Store.over(ordered, OBJECT_TYPES) });
  const client = await server.client();
  await client.call("SM.DEF", "CREATE", "lamp", LAMP);
  await client.call("SM.CREATE", "lamp:000000000001", "lamp");
  ordered.forget();
  const events = 5;
  for (let event = 0; event < events; event += 1)
    await client.call("SM.SEND", "lamp:000000000001", "GO", "ID", `event${event}`, "SEQ", "s", `${event}`);
  expect(ordered.keys).toBe(0);
  // The number of the source is a change of its own, which the outcome joins.
  expect(ordered.redo.length).toBe(2 * events);
  ordered.forget();
  for (let event = 0; event < events; event += 1)
    await client.call("SM.SEND", "lamp:000000000001", "GO", "ID", `other${event}`);
  expect(ordered.keys).toBe(0);
  expect(ordered.redo.length).toBe(events);
  for (const record of ordered.redo) expect(record.length).toBeLessThanOrEqual(250);
  await server.close();
});

test("a checkpoint writes the outcomes that are kept, however many there were", async () => {
  const ordered = new CountingStore();
  const store = Store.over(ordered, OBJECT_TYPES);
  const server = await startTestServer({ store });
  const client = await server.client();
  await client.call("CONFIG", "SET", "sm-outcome-max", "5");
  await client.call("SM.DEF", "CREATE", "lamp", LAMP);
  await client.call("SM.CREATE", "m", "lamp");
  const pipeline = Array.from({ length: 200 }, (_, n) => ["SM.SEND", "m", "GO", "ID", `id${n}`]);
  await client.pipeline(pipeline);
  ordered.forget();
  await server.close();
  // Two keys an outcome; the rest is the machine and its history and change stream in chunks.
  expect(ordered.keys).toBeLessThan(2 * 5 + 25);
});

test("a checkpoint writes a machine once when it has had fifty events", async () => {
  const ordered = new CountingStore();
  const store = Store.over(ordered, OBJECT_TYPES);
  const server = await startTestServer({ store });
  const client = await server.client();
  const [machines, events] = [20, 50];
  await client.call("SM.DEF", "CREATE", "lamp", LAMP);
  for (let machine = 0; machine < machines; machine += 1)
    await client.call("SM.CREATE", `m${machine}`, "lamp");
  for (let event = 0; event < events; event += 1)
    for (let machine = 0; machine < machines; machine += 1) await client.call("SM.SEND", `m${machine}`, "GO");
  ordered.forget();
  // Closing a store in memory does what a checkpoint does.
  await server.close();
  expect(ordered.keys / (machines * events)).toBeLessThan(0.15);
});
