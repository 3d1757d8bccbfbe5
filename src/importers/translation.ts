/**
 * What an importer is: the text of a definition in another language in, a document of ours and findings out. A finding
 * that is an error marks what does not translate, with what to write instead; nothing is left out in silence.
 */
import { firstInexact, withInexactNumbers } from "../base/exact-json.ts";
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { COMPILE_LIMITS } from "../engine/compile.ts";
import { compileExpression } from "../engine/expressions.ts";
import { at, kindOf, type Problems } from "../engine/problems.ts";
import type { Finding } from "../engine/types.ts";

/** A document, unless an error is among the findings. */
export type Translation = {
  readonly document: JsonObject | undefined;
  readonly findings: readonly Finding[];
};

/** Reads one language. Paths of problems are places in the text as it was given. */
export type Translator = (text: string, problems: Problems) => JsonObject | undefined;

/** An object that is being made. */
export type Draft = { [key: string]: Json };

/** Characters of a text; what a server takes is bounded by its configuration too. */
export const TEXT_CHARS_MAX = 4_000_000;

/** Objects and lists inside one another in a text that is JSON or YAML. */
export const DEPTH_MAX = 128;

/** The text as a JSON object. */
export function readJson(text: string, problems: Problems): JsonObject | undefined {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    problems.error("$", `this is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const object = checkedObject(json, problems);
  const inexact = object && firstInexact(withInexactNumbers(text, object));
  if (inexact === undefined) return object;
  problems.error(inexact.path, notExact(inexact.text));
  return undefined;
}

/** What is said of a number that no double holds. */
export function notExact(text: string): string {
  return `the number ${text} is not exact: write it as a string`;
}

/** A value that is an object and not nested too deeply. */
export function checkedObject(json: Json, problems: Problems): JsonObject | undefined {
  if (isDeeperThan(json, DEPTH_MAX)) {
    problems.error("$", `objects and lists may be nested ${DEPTH_MAX} deep`);
    return undefined;
  }
  if (isJsonObject(json)) return json;
  problems.error("$", `a definition is an object, this is ${kindOf(json)}`);
  return undefined;
}

/** A text as an expression that stands for it. */
export function quoted(text: string): string {
  const body = text.replaceAll(/[\\'\p{Cc}]/gu, (character) => {
    if (character === "\\" || character === "'") return `\\${character}`;
    if (character === "\n") return "\\n";
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `'${body}'`;
}

/** Literal JSON as a template of ours, in which a text is an expression. */
export function literal(json: Json): Json {
  if (typeof json === "string") return quoted(json);
  if (Array.isArray(json)) return json.map((item: Json) => literal(item));
  if (!isJsonObject(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, literal(value)]));
}

/** Literal JSON as the text of one expression. */
export function celOf(json: Json): string {
  if (typeof json === "string") return quoted(json);
  if (Array.isArray(json)) return `[${json.map((item: Json) => celOf(item)).join(", ")}]`;
  if (!isJsonObject(json)) return String(json);
  return `{${Object.entries(json)
    .map(([key, value]) => `${quoted(key)}: ${celOf(value)}`)
    .join(", ")}}`;
}

/** `target.key`, or `target['key']` where the key is no plain name. */
export function field(target: string, key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !RESERVED.has(key)
    ? `${target}.${key}`
    : `${target}[${quoted(key)}]`;
}

/** Words that CEL keeps for itself. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** A key of the context as `assign` writes it. */
export function pathKey(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : `[${quoted(key)}]`;
}

/** True for a text that is an expression here, and reads a variable or is no more than a literal of another kind. */
export function isExpression(text: string, locals: readonly string[] = []): boolean {
  return compileExpression(text, COMPILE_LIMITS.expressions, locals).ok;
}

/** True for a text that is an expression over the variables of ours. */
export function readsVariables(text: string): boolean {
  const result = compileExpression(text, COMPILE_LIMITS.expressions);
  return result.ok && result.expression.reads.length > 0;
}

/** A value as a list: what is there, and a single one alone. */
export function listOf(json: Json | undefined): readonly Json[] {
  if (json === undefined || json === null) return [];
  return Array.isArray(json) ? json : [json];
}

/** The items of a value that may be one or a list, with their places. */
export function placesOf(
  json: Json | undefined,
  path: string,
): readonly { readonly json: Json; readonly path: string }[] {
  if (json === undefined || json === null) return [];
  if (!Array.isArray(json)) return [{ json, path }];
  return json.map((item: Json, index) => ({ json: item, path: at(path, index) }));
}

/** One thing alone, several as a list. */
export function oneOrList(list: readonly Json[]): Json {
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : [...list];
}

/** Sets a key where there is something to set. */
export function put(draft: Draft, key: string, value: Json | undefined): void {
  if (value !== undefined) draft[key] = value;
}

/** Sets a key where the list has something in it. */
export function putList(draft: Draft, key: string, list: readonly Json[]): void {
  if (list.length > 0) draft[key] = oneOrList(list);
}
