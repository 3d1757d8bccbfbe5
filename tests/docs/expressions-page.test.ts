/** The tables of docs/expressions.md: each expression has the value, each action the effect, that the page says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { compile } from "../../src/engine/compile.ts";
import { compileExpression, ExpressionFailure } from "../../src/engine/expressions.ts";
import { FUNCTION_NAMES } from "../../src/engine/expressions-calls.ts";
import { EXPRESSION_LIMITS } from "../../src/engine/expressions-scope.ts";
import { start, step } from "../../src/engine/step.ts";
import { scopeWith } from "../engine/support/scope.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/expressions.md"), "utf8");

type Given = {
  readonly context: JsonObject;
  readonly event: { readonly type: string; readonly data: Json };
  readonly constants: JsonObject;
  readonly now: number;
  readonly key: string;
};

/** The scope in a block of the page. */
function given(file: string): Given {
  const block = new RegExp(`^\`\`\`json ${file}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page);
  return JSON.parse(block?.[1] ?? "") as Given;
}

/** The rows of all tables with this head, each a list of cells. */
function rowsOf(head: string): readonly (readonly string[])[] {
  const tables = page.split(`${head}\n`).slice(1);
  return tables.flatMap((table) => {
    const lines = (table.split("\n\n")[0] ?? "").split("\n").slice(1);
    return lines.map((line) => cellsOf(line));
  });
}

function cellsOf(line: string): readonly string[] {
  // `\|` is how a table writes a bar.
  const cells = line.slice(2, -2).split(/ (?<!\\)\| /);
  return cells.map((cell) => cell.replaceAll("\\|", "|").replace(/^`(.*)`$/, "$1"));
}

function evaluate(source: string, { context, event, constants, now, key }: Given): Json {
  const compiled = compileExpression(source, EXPRESSION_LIMITS);
  if (!compiled.ok) throw new Error(compiled.reason);
  return compiled.expression.evaluate(
    scopeWith({ context, constants, eventType: event.type, eventData: event.data, now, key }),
  );
}

function messageOf(source: string, scope: Given): string {
  try {
    return JSON.stringify(evaluate(source, scope));
  } catch (error) {
    if (error instanceof ExpressionFailure || error instanceof Error) return error.message;
    throw error;
  }
}

/** What an action makes of the context: the fields that are others than before. */
function effectOf(action: Json, { context, event, now, key }: Given): Json {
  const states = { a: { on: { [event.type]: { actions: [action] } } } };
  const compiled = compile({ initial: "a", context, states });
  if (!compiled.ok) throw new Error(`${compiled.path}: ${compiled.reason}`);
  const env = { now, key };
  const started = start(compiled.machine, env);
  if (started.kind !== "moved") throw new Error(started.message);
  const moved = step(compiled.machine, started.snapshot, { type: event.type, data: event.data }, env);
  if (moved.kind !== "moved") throw new Error(JSON.stringify(moved));
  const after = Object.entries(moved.snapshot.context);
  return Object.fromEntries(
    after.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(context[name])),
  );
}

describe("an expression of the page", () => {
  const rows = rowsOf("| expression | value |").map(([source = "", value = ""]) => ({ source, value }));
  const scope = given("scope.json");

  test("is in a table that is read", () => {
    expect(rows.length).toBeGreaterThan(120);
  });

  test.each(rows)("$source", ({ source, value }) => {
    expect(JSON.stringify(evaluate(source, scope))).toBe(value);
  });
});

describe("an everyday need", () => {
  const rows = rowsOf("| need | expression or action | result |").map(
    ([need = "", source = "", result = ""]) => ({
      need,
      source,
      result,
    }),
  );
  const scope = given("everyday.json");

  test("is one of the twenty of its table", () => {
    expect(rows).toHaveLength(20);
  });

  test.each(rows)("$need", ({ source, result }) => {
    const isAction = source.startsWith('{"');
    const value = isAction ? effectOf(JSON.parse(source) as Json, scope) : evaluate(source, scope);
    expect(JSON.stringify(value)).toBe(result);
  });
});

describe("a message of the page", () => {
  const rows = rowsOf("| expression | message |").map(([source = "", message = ""]) => ({ source, message }));
  const scope = given("scope.json");

  test.each(rows)("$source", ({ source, message }) => {
    expect(messageOf(source, scope)).toBe(message);
  });
});

test("the page names every function of the library", () => {
  const code = [...page.matchAll(/`[^`\n]*`/g)].map(([span]) => span).join(" ");
  const words = FUNCTION_NAMES.map((name) => name.replace(/^.*\./, ""));
  expect(words.length).toBeGreaterThan(80);
  expect(words.filter((word) => !new RegExp(`\\b${word}\\b`).test(code))).toEqual([]);
});
