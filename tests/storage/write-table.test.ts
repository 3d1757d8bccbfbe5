import { expect, test } from "vitest";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { WriteTable } from "../../src/storage/write-table.ts";

const key = bytesOfText;
const VALUE = Buffer.from("v");

function shown(table: WriteTable): string[] {
  const entries = table.range(raw("a"), raw("b"), false);
  return entries === undefined ? [] : Array.from({ [Symbol.iterator]: () => entries }, ([at]) => chars(at));
}

test("apply() leaves nothing of a key that came and went, once its space is ranged over", () => {
  const table = new WriteTable();
  table.apply([[key("a1"), VALUE]]);
  shown(table);
  for (let i = 0; i < 1000; i += 1) {
    table.apply([[key(`a2${i}`), VALUE]], () => false);
    table.apply([[key(`a2${i}`), null]], () => false);
  }
  expect([table.size, shown(table)]).toEqual([1, ["a1"]]);
  expect(table.get(key("a20"))).toBeUndefined();
});

test("apply() keeps the removal of a key that is known below, or was never put here", () => {
  const table = new WriteTable();
  table.apply([[key("a1"), VALUE]]);
  shown(table);
  table.apply([[key("a1"), null]], (at) => chars(at) === "a1");
  table.apply([[key("a2"), null]], () => false);
  expect([table.get(key("a1")), table.get(key("a2"))]).toEqual([null, null]);
});

test("apply() asks nothing in a space that is only looked up", () => {
  const table = new WriteTable();
  table.apply([[key("a1"), VALUE]]);
  table.apply([[key("a1"), null]], () => {
    throw new Error("asked");
  });
  expect(table.get(key("a1"))).toBeNull();
});
