/** What a change of a map machine leaves behind: its events, and how much of its history. */
import { describe, expect, onTestFinished, test } from "vitest";
import { bytesOfText } from "../../../src/base/bytes.ts";
import { EventData } from "../../../src/base/event-data.ts";
import { Databases } from "../../../src/keyspace/databases.ts";
import { Store } from "../../../src/keyspace/store.ts";
import type { Transaction } from "../../../src/keyspace/transaction.ts";
import { historyOf, putHistory } from "../../../src/machines/history.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import { MemoryStore } from "../../../src/storage/memory-store.ts";
import { startTestServer } from "../../support/server.ts";

const TOGGLE = '{"current":"","map":{"on":["off"],"off":["on"]},"initial":"off","reason":""}';

/** A store that remembers the events of what it was given to commit. */
function watchedStore() {
  const events: string[] = [];
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const commit = store.commit.bind(store);
  store.commit = (transaction: Transaction) => {
    for (const change of transaction.changes) {
      if (change.kind !== "machine") events.push(change.kind === "key" ? change.event : change.kind);
    }
    commit(transaction);
  };
  return { store, events };
}

describe("keyspace events", () => {
  test.each([
    ["documented", ["new", "sm.set", "sm.mutate", "sm.mutate", "sm.reset", "new", "sm.create"]],
    ["module", ["new", "touch", "touch", "touch", "touch", "new", "touch"]],
  ] as const)("are published in %s mode", async (mode, expected) => {
    const { store, events } = watchedStore();
    const server = await startTestServer({ store, config: { "sm-compat": mode } });
    onTestFinished(() => server.close());
    const client = await server.client();
    await client.call("SM.SET", "k", TOGGLE);
    await client.call("SM.MUTATE", "k", "on");
    await client.call("SM.MUTATE", "k", "on", "r", "FORCE");
    await client.call("SM.RESET", "k");
    await client.call("SM.CREATE", "k");
    expect(events).toEqual(expected);
  });
});

describe("history", () => {
  test("keeps the newest sm-history-max entries, also when the limit is lowered", async () => {
    const server = await startTestServer({ config: { "sm-history-max": 8 } });
    onTestFinished(() => server.close());
    const client = await server.client();
    const revs = () => {
      const transaction = server.context.partitions.home.store.begin();
      const record = new Databases(transaction, 16, 0).at(0).find(bytesOfText("k"));
      return historyOf(transaction, record?.id ?? 0, { from: 0, to: 1e9 }).map(({ rev }) => rev);
    };
    await client.call("SM.SET", "k", TOGGLE);
    for (let i = 0; i < 9; i += 1) await client.call("SM.RESET", "k");
    expect(revs()).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    server.context.config.set([["sm-history-max", "2"]]);
    await client.call("SM.RESET", "k");
    expect(revs()).toEqual([10, 11]);
  });

  test("SM.HISTORY returns an entry as it was written", async () => {
    const { store } = watchedStore();
    const transaction = store.begin();
    const entries = [
      { rev: 1, atMs: 5, kind: "create", from: [], to: ["a"] },
      { rev: 2, atMs: 6, kind: "mutate", from: ["a"], to: ["b"], reason: "" },
      { rev: 3, atMs: 7, kind: "event", from: ["b"], to: ["a"], event: "E", data: EventData.ofText(" null") },
      {
        rev: 4,
        atMs: 8,
        kind: "event",
        from: ["a"],
        to: ["b"],
        event: "E",
        id: "1",
        by: "me",
        context: { n: 1 },
        via: ["c"],
        stampMs: 3,
        output: null,
        trace: "00-a-b-01",
        status: "failed",
        data: EventData.ofText('{"n":9007199254740993}'),
      },
    ] as const;
    for (const entry of entries) putHistory(transaction, 7, entry);
    const found = historyOf(transaction, 7, { from: 0, to: 9 });
    expect(found).toEqual(entries);
    const texts = [undefined, undefined, " null", '{"n":9007199254740993}'];
    expect(found.map(({ data }) => data?.text)).toEqual(texts);
    expect(historyOf(transaction, 7, { from: 2, to: 3, reverse: true, limit: 1 })).toEqual([entries[2]]);
  });
});
