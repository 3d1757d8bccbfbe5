import { describe, expect, test } from "vitest";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import type { Write } from "../../src/storage/ordered-store.ts";
import { type Before, type PackedSpaces, WriteTable } from "../../src/storage/write-table.ts";

const key = bytesOfText;
const VALUE = Buffer.from("v");

function shown(table: WriteTable): string[] {
  const entries = table.range(raw("a"), raw("b"), false);
  return entries === undefined ? [] : Array.from({ [Symbol.iterator]: () => entries }, ([at]) => chars(at));
}

describe.each<readonly [string, PackedSpaces | undefined]>([
  ["buffers", undefined],
  ["bytes", { spaces: "abc", packs: () => true }],
])("a table that holds values as %s", (_kind, packed) => {
  test("apply() keeps nothing of a key that was put and removed, once its space was read by range", () => {
    const table = new WriteTable("", packed);
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
    const table = new WriteTable("", packed);
    table.apply([[key("a1"), VALUE]]);
    shown(table);
    table.apply([[key("a1"), null]], (at) => chars(at) === "a1");
    table.apply([[key("a2"), null]], () => false);
    expect([table.get(key("a1")), table.get(key("a2"))]).toEqual([null, null]);
  });

  test("apply() asks nothing in a space that is only looked up", () => {
    const table = new WriteTable("", packed);
    table.apply([[key("a1"), VALUE]]);
    table.apply([[key("a1"), null]], () => {
      throw new Error("asked");
    });
    expect(table.get(key("a1"))).toBeNull();
  });

  test("apply() keeps nothing of a key that was put and removed in a transient space", () => {
    const table = new WriteTable("ab", packed);
    for (const name of ["b1", "c1"]) {
      table.apply([[key(name), VALUE]], () => false);
      table.apply([[key(name), null]], () => false);
    }
    expect([table.get(key("b1")), table.get(key("c1")), table.size]).toEqual([undefined, null, 1]);
    expect(table.successor().get(key("b1"))).toBeUndefined();
  });

  test("apply() reports each key that it did not know, again after it has kept nothing of it", () => {
    const table = new WriteTable("b", packed);
    const reported: string[] = [];
    const apply = (name: string, value: Buffer | null) =>
      table.apply(
        [[key(name), value]],
        () => false,
        (at) => reported.push(chars(at)),
      );
    for (const name of ["a1", "b1"]) {
      apply(name, VALUE);
      apply(name, VALUE);
      apply(name, null);
      apply(name, VALUE);
    }
    expect(reported).toEqual(["a1", "b1", "b1"]);
  });

  test("restore() puts back what a table had before writes that are taken back, in the reverse order", () => {
    const table = new WriteTable("b", packed);
    const befores: Before[] = [];
    const writes: Write[] = [
      [key("a1"), VALUE],
      [key("b1"), Buffer.alloc(5000)],
      [key("a1"), null],
      [key("b1"), VALUE],
      [key("a1"), Buffer.from("w")],
      [key("b1"), null],
    ];
    const seen: unknown[] = [];
    const look = () => [table.get(key("a1")), table.get(key("b1"))?.length, table.size];
    for (const write of writes) {
      seen.push(look());
      table.apply(
        [write],
        () => false,
        () => undefined,
        befores,
      );
    }
    for (const [at] of writes.toReversed()) {
      table.restore(at, befores.pop());
      expect(look()).toEqual(seen.pop());
    }
  });
});

test("bytes counts keys and values as they are put, replaced and removed", () => {
  const table = new WriteTable("a");
  const bytes = () => table.bytes - 160 * table.size;
  table.apply([
    [key("a1"), Buffer.alloc(100)],
    [key("b1"), Buffer.alloc(10)],
  ]);
  expect(bytes()).toBe(114);
  table.apply([
    [key("a1"), Buffer.alloc(7)],
    [key("b1"), null],
  ]);
  expect(bytes()).toBe(11);
  table.apply([[key("a1"), null]], () => false);
  expect([bytes(), table.size]).toEqual([2, 1]);
});
