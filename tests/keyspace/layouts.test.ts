/** The table of key layouts: what one kind of key is written under, no other may be. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The rows of the table, with those that only continue one above; the tables of parts come behind it. */
function rowsOfSpaces(): string[] {
  const source = readFileSync(new URL("../../src/keyspace/layouts.ts", import.meta.url), "utf8");
  const lines = source.slice(0, source.indexOf("The parts of a stream, by")).split("\n");
  return lines.flatMap((line) => /^ \* \| ([a-z]) +\| (\S+)/.exec(line)?.slice(1, 3).join(" ") ?? []);
}

test("the table of key layouts has each space for one kind of objects", () => {
  const first = new Map<string, string>();
  for (const row of rowsOfSpaces()) {
    const [space = "", field = ""] = row.split(" ");
    // Rows of one space tell of the same id, or of kinds that are told apart by a letter.
    const known = first.get(space);
    if (known !== undefined) expect([space, field.length > 2]).toEqual([space, known.length > 2]);
    else first.set(space, field);
  }
  expect(first.size).toBeGreaterThan(20);
});
