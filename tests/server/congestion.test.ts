/** A store that does not keep up holds back who writes, and nobody else. */
import { expect, onTestFinished, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { OrderedStore } from "../../src/storage/ordered-store.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** A store in memory that is congested when a test says so. */
function slowStore() {
  const memory = new MemoryStore();
  let isCongested = false;
  let onRelieved: () => void = () => undefined;
  const store: OrderedStore = {
    get: (key) => memory.get(key),
    range: (from, to, options) => memory.range(from, to, options),
    commit: (writes) => memory.commit(writes),
    failure: undefined,
    lastSyncMs: 0,
    get isCongested() {
      return isCongested;
    },
    onRelieved: (listener) => {
      onRelieved = listener;
    },
    reopen: () => undefined,
    onLost: () => undefined,
    position: 0,
    settledPosition: 0,
    onSettled: () => undefined,
    settle: () => undefined,
    drained: async () => undefined,
    verifyDisk: () => [],
    setFlushPolicy: () => undefined,
    flush: () => undefined,
    limitMemory: () => undefined,
    checkpoint: () => undefined,
    status: () => memory.status(),
    close: async () => undefined,
  };
  return {
    store,
    congest: () => {
      isCongested = true;
    },
    relieve: () => {
      isCongested = false;
      onRelieved();
    },
  };
}

async function server() {
  const slow = slowStore();
  const clock = new VirtualClock();
  const started = await startTestServer({ clock, store: Store.over(slow.store, OBJECT_TYPES) });
  onTestFinished(() => started.close());
  return { ...slow, clock, writer: await started.client(), reader: await started.client() };
}

test("a request that writes waits while the store is congested, and one that reads does not", async () => {
  const { congest, relieve, writer, reader } = await server();
  await writer.call("SET", "k", "1");
  congest();
  let isWritten = false;
  const written = writer.call("SET", "k", "2").then((reply) => {
    isWritten = true;
    return reply;
  });
  const behind = writer.call("GET", "k");
  for (let round = 0; round < 5; round += 1) {
    expect(await reader.call("GET", "k")).toBe("1");
    expect(await reader.call("PING")).toBe("PONG");
  }
  expect(isWritten).toBe(false);
  relieve();
  expect(await written).toBe("OK");
  expect(await behind).toBe("2");
});

test("an EXEC with a write waits while the store is congested", async () => {
  const { congest, relieve, writer, reader } = await server();
  await writer.call("MULTI");
  await writer.call("SET", "k", "2");
  congest();
  const done = writer.call("EXEC");
  expect(await reader.call("GET", "k")).toBeNull();
  relieve();
  expect(await done).toEqual(["OK"]);
});

test("timers wait while the store is congested", async () => {
  const { congest, relieve, clock, writer, reader } = await server();
  await writer.call("SM.DEF", "CREATE", "d", '{"initial":"a","states":{"a":{"after":{"1s":"b"}},"b":{}}}');
  await writer.call("SM.CREATE", "m", "d");
  congest();
  clock.advance(2000);
  expect(await reader.call("SM.STATE", "m")).toEqual(["a"]);
  relieve();
  clock.advance(0);
  await reader.call("PING");
  expect(await reader.call("SM.STATE", "m")).toEqual(["b"]);
});
