/** docs/errors.md has a row for every code of the catalogue, and for no other. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codes } from "../../src/protocol/errors.ts";

test("every error code is on the page once", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/errors.md"), "utf8");
  const listed = [...page.matchAll(/^\| `([A-Za-z]+)` \|/gm)].map(([, code]) => code);
  expect(listed.sort()).toEqual(codes.map(({ code }) => code).sort());
});
