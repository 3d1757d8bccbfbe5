/** Streams in payloads of other versions of Redis, and in payloads that are none. */
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { bufferOf } from "../../src/base/bytes.ts";
import { listpack } from "../../src/dump/listpack.ts";
import { openDump, sealDump } from "../../src/dump/payload.ts";
import { rdbLength, rdbString } from "../../src/dump/rdb-writer.ts";
import { entryId } from "../../src/streams/entry-id.ts";
import type { TestClient } from "../support/client.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { startTestServer } from "../support/server.ts";

async function connected(): Promise<TestClient> {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  return server.client();
}

const text = (value: string) => Buffer.from(value);
const id = (ms: number, seq: number) => bufferOf(entryId(ms, seq));
const time = (ms: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(ms);
  return bytes;
};

/** A node of 1-0, of an entry that was deleted, and of 3-0 with other fields. */
const NODE = [
  rdbString(id(1, 0)),
  rdbString(
    listpack([
      ...[2n, 1n, 1n, text("a"), 0n],
      ...[2n, 0n, 0n, text("one"), 4n],
      ...[3n, 1n, 0n, text("two"), 4n],
      ...[0n, 2n, 0n, 1n, text("b"), text("three"), 6n],
    ]),
  ),
];
const lengths = (...numbers: readonly number[]) => numbers.map(rdbLength);
/** The group g of ann, who has 1-0 pending, and of bob. */
const group = (entriesRead: readonly Buffer[], activeTime: readonly Buffer[]) => [
  rdbLength(1),
  rdbString(text("g")),
  ...lengths(1, 0),
  ...entriesRead,
  ...[rdbLength(1), id(1, 0), time(1000n), rdbLength(3)],
  ...[rdbLength(2), rdbString(text("ann")), time(2000n), ...activeTime, rdbLength(1), id(1, 0)],
  ...[rdbString(text("bob")), time(3000n), ...activeTime, rdbLength(0)],
];

test.each([
  ["Redis 5", sealDump(15, rdbLength(1), ...NODE, ...lengths(2, 9, 0), ...group([], []))],
  [
    "Redis 7.0",
    sealDump(19, rdbLength(1), ...NODE, ...lengths(2, 9, 0, 1, 0, 2, 0, 7), ...group(lengths(3), [])),
  ],
  [
    "Redis 7.2",
    sealDump(
      21,
      rdbLength(1),
      ...NODE,
      ...lengths(2, 9, 0, 1, 0, 2, 0, 7),
      ...group(lengths(3), [time(-1n)]),
    ),
  ],
])("RESTORE takes a stream of %s", async (version, payload) => {
  const client = await connected();
  const isOld = version === "Redis 5";
  expect(await client.call("RESTORE", "s", 0, payload)).toBe("OK");
  await client.call("HELLO", "3");
  expect(await client.call("XRANGE", "s", "-", "+")).toEqual([
    ["1-0", ["a", "one"]],
    ["3-0", ["b", "three"]],
  ]);
  const info = (await client.call("XINFO", "STREAM", "s")) as ReadonlyMap<string, unknown>;
  expect([info.get("length"), info.get("last-generated-id")]).toEqual([2, "9-0"]);
  expect([info.get("entries-added"), info.get("max-deleted-entry-id")]).toEqual(
    isOld ? [2, "0-0"] : [7, "2-0"],
  );
  const [groups] = (await client.call("XINFO", "GROUPS", "s")) as ReadonlyArray<ReadonlyMap<string, unknown>>;
  expect(groups?.get("entries-read")).toBe(isOld ? 1 : 3);
  const pending = (await client.call("XPENDING", "s", "g", "-", "+", 10)) as readonly unknown[][];
  expect(pending.map(([entry, consumer, , count]) => [entry, consumer, count])).toEqual([["1-0", "ann", 3]]);
  const consumers = (await client.call("XINFO", "CONSUMERS", "s", "g")) as ReadonlyArray<
    ReadonlyMap<string, unknown>
  >;
  expect(consumers.map((one) => one.get("name"))).toEqual(["ann", "bob"]);
  expect(consumers.map((one) => one.get("inactive") === -1)).toEqual(
    version === "Redis 7.2" ? [true, true] : [false, false],
  );
});

test.each([
  ["of a length that is another", sealDump(15, rdbLength(1), ...NODE, ...lengths(3, 9, 0, 0))],
  ["with an entry above the last id", sealDump(15, rdbLength(1), ...NODE, ...lengths(2, 2, 0, 0))],
  ["whose nodes are out of order", sealDump(15, rdbLength(2), ...NODE, ...NODE, ...lengths(4, 9, 0, 0))],
  [
    "with fewer entries added than there are",
    sealDump(19, rdbLength(1), ...NODE, ...lengths(2, 9, 0, 1, 0, 0, 0, 1, 0)),
  ],
  [
    "with a pending entry of no consumer",
    sealDump(15, ...lengths(0, 0, 0, 0, 1, 0, 0, 0, 1), id(1, 0), time(0n), ...lengths(1, 0)),
  ],
  ["with a group that is there twice", sealDump(15, ...lengths(0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))],
  [
    "of a node without entries",
    sealDump(
      15,
      rdbLength(1),
      rdbString(id(1, 0)),
      rdbString(listpack([0n, 0n, 0n, 0n])),
      ...lengths(0, 0, 0, 0),
    ),
  ],
  [
    "of a node that is no listpack",
    sealDump(15, rdbLength(1), rdbString(id(1, 0)), rdbString(text("x".repeat(30))), ...lengths(1, 1, 0, 0)),
  ],
])("RESTORE refuses a stream %s", async (_what, payload) => {
  const client = await connected();
  expect(await client.call("RESTORE", "s", 0, payload)).toEqual(new ReplyFailure("ERR Bad data format"));
  expect(await client.call("EXISTS", "s")).toBe(0);
});

test("RESTORE refuses a changed payload, or makes a sound stream of it", async () => {
  const client = await connected();
  for (let at = 1; at <= 6; at += 1) await client.call("XADD", "s", `${at}-1`, at % 2 === 0 ? "a" : "b", at);
  await client.call("XGROUP", "CREATE", "s", "g", "0");
  await client.call("XGROUP", "CREATE", "s", "h", "3-1");
  await client.call("XREADGROUP", "GROUP", "g", "ann", "COUNT", 2, "STREAMS", "s", ">");
  await client.call("XREADGROUP", "GROUP", "g", "bob", "COUNT", 2, "STREAMS", "s", ">");
  const reply = (await client.exchange("DUMP", "s")).bytes;
  const body = openDump(reply.subarray(reply.indexOf("\r\n") + 2, -2));
  const change = fc.record({ at: fc.nat(body.length - 1), to: fc.integer({ min: 0, max: 255 }) });
  const changes = fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 3 }),
    end: fc.nat(body.length * 4),
  });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(changes, async ({ changes: made, end }) => {
      const changed = Buffer.from(body);
      for (const { at, to } of made) changed[at] = to;
      const payload = sealDump(
        changed[0] ?? 0,
        changed.subarray(1, end === 0 ? undefined : Math.max(end, 1)),
      );
      count += 1;
      const copy = `copy:${count}`;
      const restored = await client.call("RESTORE", copy, 0, payload);
      if (restored instanceof ReplyFailure) {
        expect(restored.message).toBe("ERR Bad data format");
        return;
      }
      const type = await client.call("TYPE", copy);
      if (type === "stream") await client.call("XINFO", "STREAM", copy, "FULL");
      await client.call("DUMP", copy);
    }),
    { numRuns: 500 },
  );
  // The store is checked when the server closes, with all of them in it.
});
