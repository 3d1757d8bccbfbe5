import { expect, test } from "vitest";
import { bytesOfText, raw } from "../../src/base/bytes.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { encodeNumber } from "../../src/keyspace/records.ts";
import { checkStore } from "../../src/keyspace/self-check.ts";
import { Transaction } from "../../src/keyspace/transaction.ts";
import { createMachine } from "../../src/machines/machines.ts";
import { newMapMachine } from "../../src/machines/map-machine.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Write } from "../../src/storage/ordered-store.ts";

const { machine: MACHINE, history: ENTRY } = newMapMachine(500, {
  map: [["new", []]],
  initial: "new",
  current: "new",
  reason: undefined,
  kind: "set",
});

/** The findings after one entry that begins with `prefix` is removed or given another value. */
function findingsAfter(prefix: string, value: Buffer | null): string[] {
  const ordered = new MemoryStore();
  const transaction = new Transaction(ordered);
  const database = new Databases(transaction, 16, 0).at(3);
  database.put(bytesOfText("k"), { type: "string", payload: Buffer.alloc(5000), expireAtMs: 77 }, "set");
  createMachine(database, bytesOfText("m"), {
    machine: MACHINE,
    expireAtMs: 0,
    history: ENTRY,
    keeping: { historyMax: 0, changesMax: 0, tellsMaps: false },
    event: undefined,
  });
  ordered.commit(transaction.writes());
  expect(checkStore(ordered, OBJECT_TYPES)).toEqual([]);
  const [first] = ordered.range(raw(prefix), raw(`${prefix}\xff`));
  expect(first).toBeDefined();
  const writes: Write[] = first === undefined ? [] : [[first[0], value]];
  ordered.commit(writes);
  return checkStore(ordered, OBJECT_TYPES);
}

test.each([
  ["o", null, ["has no entry in the order of SCAN"]],
  ["x", null, ["expires and is not in the index of expiries"]],
  ["v", null, ["lacks its bytes"]],
  ["k", null, ["order entry", "expiry", "belong to no record", "counter keys", "counter expires"]],
  ["ckeys", encodeNumber(1), ["the counter keys of 3 says 1, there are 2"]],
  ["ckeys", null, ["the physical database 3 has no counter keys"]],
  ["cid", encodeNumber(0), ["is above the counter of ids"]],
  ["i", null, ["of a machine is missing"]],
  ["y", null, ["of a machine is missing"]],
  ["n", null, ["the counter", "is missing"]],
  ["n", encodeNumber(7), ["says 7, there are 1"]],
  [
    "k\0\0\0\x03\0m",
    null,
    ["order entry", "counter keys", "belongs to no machine", "belongs to no object", "says 1, there are 0"],
  ],
])("checkStore() reports a wrong entry of the space %s", (prefix, value, expected) => {
  const findings = findingsAfter(prefix, value);
  expect(findings).not.toEqual([]);
  for (const part of expected) expect(findings.some((finding) => finding.includes(part))).toBe(true);
});
