/** The table of expressions in docs/expressions.md: each has the value that the page says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../src/base/json.ts";
import { compileExpression } from "../../src/engine/expressions.ts";
import { EXPRESSION_LIMITS } from "../../src/engine/expressions-scope.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/expressions.md"), "utf8");
const given = JSON.parse(/^```json scope.json\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "") as {
  readonly context: JsonObject;
  readonly event: { readonly type: string; readonly data: Json };
  readonly constants: JsonObject;
  readonly now: number;
  readonly key: string;
};
const table = page.slice(page.indexOf("| expression |")).split("\n\n")[0] ?? "";
const rows = [...table.matchAll(/^\| `(.+?)` \| `(.+?)` \|$/gm)].map(([, source = "", value = ""]) => ({
  source,
  value,
}));

test("the table is read as a whole", () => {
  expect(rows).toHaveLength(table.split("\n").length - 2);
  expect(isJsonObject(given.context)).toBe(true);
});

test.each(rows)("$source", ({ source, value }) => {
  const compiled = compileExpression(source, EXPRESSION_LIMITS);
  if (!compiled.ok) throw new Error(compiled.reason);
  const { context, event, constants, now, key } = given;
  const result = compiled.expression.evaluate({
    context,
    constants,
    eventType: event.type,
    eventData: event.data,
    now,
    key,
    resultSizeMax: 1_000_000,
    budgetLeft: 1_000_000,
    activeIds: () => [],
  });
  expect(JSON.stringify(result)).toBe(value);
});
