/** The table of key layouts: keys of two kinds never have the same form. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The space and the first field of each row; rows that only continue the one above are left out. */
function rowsOfSpaces(): (readonly [space: string, field: string])[] {
  const source = readFileSync(new URL("../../src/keyspace/layouts.ts", import.meta.url), "utf8");
  const table = source.slice(0, source.indexOf("The parts of a stream, by"));
  return [...table.matchAll(/^ \* \| ([a-z]) +\| ([^ ,|]+)/gm)].map(([, space = "", field = ""]) => [
    space,
    field,
  ]);
}

test("the table of key layouts begins all keys of a space with the same field, or each kind with a letter of its own", () => {
  const spaces = new Map<string, string[]>();
  for (const [space, field] of rowsOfSpaces()) spaces.set(space, [...(spaces.get(space) ?? []), field]);
  expect(spaces.size).toBeGreaterThan(20);
  for (const [space, fields] of spaces) {
    const areLetters = fields.every((field) => field.length === 1);
    expect([space, new Set(fields).size]).toEqual([space, areLetters ? fields.length : 1]);
  }
});
