/** What the figures of monitoring cost: counted in entries that are read from the store. */
import { expect, onTestFinished, test } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Entry, RangeOptions } from "../../src/storage/ordered-store.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

class CountingStore extends MemoryStore {
  reads = 0;

  override get(key: Bytes): Buffer | undefined {
    this.reads += 1;
    return super.get(key);
  }

  override *range(from: Bytes, to: Bytes, options: RangeOptions = {}): Generator<Entry> {
    for (const entry of super.range(from, to, options)) {
      this.reads += 1;
      yield entry;
    }
  }
}

test("INFO statemachine reads no more when there are keys beside those of machines' streams", async () => {
  const ordered = new CountingStore();
  const server = await startTestServer({ store: Store.over(ordered, OBJECT_TYPES) });
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "lamp:v1", { initial: "off", states: { off: {} } });
  await client.call("SM.CREATE", "hall", "lamp");
  const readsOfInfo = async () => {
    const before = ordered.reads;
    const text = String(await client.call("INFO", "statemachine"));
    return { text, reads: ordered.reads - before };
  };
  await readsOfInfo();
  const few = await readsOfInfo();
  for (let i = 0; i < 300; i += 1) await client.call("SET", `sm:cart:${i}`, "x");
  const many = await readsOfInfo();
  expect(many.text).toBe(few.text);
  expect(few.reads).toBeGreaterThan(0);
  expect(many.reads - few.reads).toBeLessThan(20);
});
