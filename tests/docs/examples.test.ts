/** The definitions in examples/ compile, and SM.DEF CHECK has nothing to say about them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { check } from "../../src/engine/check.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");

test.each(readdirSync(EXAMPLES).filter((name) => name.endsWith(".json")))("%s is clean", (name) => {
  expect(check(JSON.parse(readFileSync(join(EXAMPLES, name), "utf8")) as Json)).toEqual([]);
});
