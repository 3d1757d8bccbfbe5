/** What `detent move` makes of streams of two partitions that groups have read to different places. */
import { expect, onTestFinished, test } from "vitest";
import { Importer } from "../../src/export/import.ts";
import { headLine, reshaped } from "../../src/export/reshape.ts";
import { reshapedStreams } from "../../src/export/reshape-streams.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { WHOLE } from "../../src/keyspace/place.ts";
import { Store } from "../../src/keyspace/store.ts";
import { putDefinition } from "../../src/machines/definitions.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { startPartitionedServer } from "../support/partitioned-server.ts";
import type { Decoded } from "../support/resp-decoder.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const WORK = {
  initial: "idle",
  states: { idle: { on: { GO: "busy" } }, busy: { entry: [{ task: "job" }] } },
};

/** The field `key` of entries of a stream, by id. */
function keysOf(entries: Decoded): Map<string, string> {
  const rows = entries as unknown as [string, string[]][];
  return new Map(rows.map(([id, fields]) => [id, fields[fields.indexOf("key") + 1] ?? ""]));
}

test("entries that a group has not read of one of two partitions wait for it, and none is read twice", async () => {
  // All that is written within a turn has the same time, in both partitions.
  const clock = new VirtualClock();
  const from = await startPartitionedServer({ count: 2, clock });
  onTestFinished(() => from.close());
  const client = await from.client();
  const [a, b] = from.parts;
  if (a === undefined || b === undefined) throw new Error("two partitions");
  // Nothing carries definitions from one to the other here.
  for (const { store, place } of [a.partition, b.partition]) {
    const db = new Databases(store.begin(), 1, 0, place).at(0);
    const document = JSON.stringify(WORK);
    putDefinition(db, {
      name: "work",
      version: "v1",
      document,
      references: {},
      owner: "default",
      createdMs: 1,
    });
    store.commit(db.transaction);
  }
  for (const part of [a, b])
    for (let n = 0; n < 3; n += 1) {
      await client.call("SM.CREATE", part.key(`m${n}`), "work:v1");
      await client.call("SM.SEND", part.key(`m${n}`), "GO");
    }
  const streams = [a, b].map((part) => `sm:tasks:{${part.partition.place.tag}}:job`);
  for (const [index, stream] of streams.entries()) {
    await client.call("XGROUP", "CREATE", stream, "g", "0");
    // All of the first are read, and one of the second.
    const count = index === 0 ? 3 : 1;
    await client.call("XREADGROUP", "GROUP", "g", "w", "COUNT", count, "STREAMS", stream, ">");
  }
  const sources = [a, b].map(({ store, partition: { place } }) => ({ transaction: store.begin(), place }));
  const target = Store.over(new MemoryStore(), OBJECT_TYPES);
  const importer = new Importer();
  const transaction = target.begin();
  const take = (line: string) => importer.take(transaction, Buffer.from(line));
  take(headLine("test", 0));
  for (const { line } of reshaped(sources, WHOLE)) take(line);
  for (const { line } of reshapedStreams(sources, [WHOLE])) take(line);
  target.commit(transaction);

  const all = await startTestServer({ store: target, clock });
  onTestFinished(() => all.close());
  const whole = await all.client();
  expect(await whole.call("SM.VERIFY")).toEqual([]);
  const tasks = keysOf(await whole.call("XRANGE", "sm:tasks:job", "-", "+"));
  expect([...tasks.values()].sort()).toEqual(
    [a, b].flatMap((part) => [0, 1, 2].map((n) => part.key(`m${n}`))).sort(),
  );
  expect(await whole.call("XLEN", "sm:changes:work")).toBe(12);
  const pending = (await whole.call("XPENDING", "sm:tasks:job", "g", "-", "+", 100)) as unknown as string[][];
  const heldBy = (consumer: string) =>
    pending
      .filter(([, its]) => its === consumer)
      .map(([id]) => tasks.get(id ?? ""))
      .sort();
  expect(heldBy("w")).toEqual([a.key("m0"), a.key("m1"), a.key("m2"), b.key("m0")].sort());
  const read = await whole.call("XREADGROUP", "GROUP", "g", "w", "STREAMS", "sm:tasks:job", ">");
  const fresh =
    read === null ? [] : [...keysOf((read as unknown as [string, Decoded][])[0]?.[1] ?? []).values()];
  expect([...heldBy("detent move"), ...fresh].sort()).toEqual([b.key("m1"), b.key("m2")].sort());
});
