/** What the figures of monitoring cost: counted in entries that are read from the store. */

import { expect, onTestFinished, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { CountingStore } from "../support/counting-store.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

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
