/** Counts of all machines that take walks: what asking for them again and again costs. */
import { expect, onTestFinished, test } from "vitest";
import { Databases } from "../../src/keyspace/databases.ts";
import { duesAt } from "../../src/keyspace/layouts.ts";
import { Store } from "../../src/keyspace/store.ts";
import { LongCounts } from "../../src/machines/long-counts.ts";
import { armDue } from "../../src/machines/pending.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { CountingStore } from "../support/counting-store.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";
import { START_MS, VirtualClock } from "../support/virtual-clock.ts";

test("INFO counts a few timers each time, and thousands of them at most once a second", async () => {
  const [clock, ordered] = [new VirtualClock(), new CountingStore()];
  const server = await startTestServer({ clock, store: Store.over(ordered, OBJECT_TYPES) });
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "wait:v1", { initial: "a", states: { a: { after: { "72h": "b" } }, b: {} } });
  const pending = async () => {
    const before = ordered.reads;
    const text = String(await client.call("INFO", "statemachine"));
    return [Number(/timers_pending:(\d+)/.exec(text)?.[1]), ordered.reads - before] as const;
  };
  const create = (from: number, count: number) =>
    client.pipeline(Array.from({ length: count }, (_, at) => ["SM.CREATE", `m${from + at}`, "wait"]));
  await create(0, 900);
  expect((await pending())[0]).toBe(900);
  await create(900, 99);
  expect((await pending())[0]).toBe(999);
  await create(999, 2001);
  expect((await pending())[0]).toBe(3000);
  const [known, reads] = await pending();
  expect(known).toBe(3000);
  expect(reads).toBeLessThan(500);
  await create(3000, 10);
  clock.advance(1000);
  expect((await pending())[0]).toBe(3010);
});

test("LongCounts remembers a count at its bound for ten seconds, and counts what is late each time", () => {
  const ordered = new CountingStore();
  const store = Store.over(ordered, OBJECT_TYPES);
  const arm = (count: number, dueMs: number) => {
    const transaction = store.begin();
    for (let id = 1; id <= count; id += 1) armDue(transaction, { dueMs, id, kind: "e", sequence: 0 }, 0);
    store.commit(transaction, START_MS);
  };
  const counts = new LongCounts();
  const timersAt = (nowMs: number) => {
    const before = ordered.reads;
    const timers = counts.timers([new Databases(store.begin(), 16, nowMs)], () => duesAt(0));
    return { ...timers, reads: ordered.reads - before };
  };
  arm(10_001, START_MS + 100_000);
  expect(timersAt(START_MS)).toMatchObject({ pending: 10_000, late: 0 });
  arm(3, START_MS);
  expect(timersAt(START_MS + 5000)).toEqual({ pending: 10_000, late: 3, latenessMs: 5000, reads: 3 });
  expect(timersAt(START_MS + 10_000).reads).toBeGreaterThan(10_000);
});
