/** The inputs that were once answered wrongly, as data: `tests/cases/README.md` gives the format. */
import { readdirSync, readFileSync } from "node:fs";
import type { Json, JsonObject } from "../../src/base/json.ts";
import type { TestClient } from "./client.ts";
import { type Decoded, ReplyFailure } from "./resp-decoder.ts";

/** A command with the reply it must get, or time that passes. */
export type FoundStep =
  | { readonly cmd: readonly string[]; readonly want?: Want }
  | { readonly sleep: number };

/** A reply as it must be, or one of the ways to say what must be in it. */
export type Want = Json;

/** One input of a kind. */
export type FoundCase = {
  readonly name: string;
  readonly kind: string;
  readonly steps: readonly FoundStep[];
};

const FOLDER = new URL("../cases/found/", import.meta.url);

/** All cases of the folder, in the order of their names. */
export const FOUND_CASES: readonly FoundCase[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => ({
    ...(JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Omit<FoundCase, "name">),
    name: file.slice(0, -".json".length),
  }));

/** Sends a command of a case. `$DEF` and `$KEY` stand for names of its own. */
export async function play(client: TestClient, name: string, cmd: readonly string[]): Promise<Json> {
  const args = cmd.map((argument) => named(argument, name));
  return plain(await client.call(...args));
}

function named(text: string, name: string): string {
  return text.replaceAll("$DEF", `def-${name}`).replaceAll("$KEY", `key-${name}`);
}

/** A reply as JSON: an error is a text that begins with a minus sign, as on the wire. */
function plain(reply: Decoded): Json {
  if (reply instanceof ReplyFailure) return `-${reply.message}`;
  if (reply instanceof Map)
    return Object.fromEntries([...reply].map(([key, value]) => [String(plain(key)), plain(value)]));
  if (reply instanceof Set) return [...reply].map(plain);
  if (Array.isArray(reply)) return reply.map(plain);
  return typeof reply === "bigint" ? String(reply) : (reply as Json);
}

/** Why a reply is not as wanted; undefined when it is. */
export function mismatch(name: string, reply: Json, want: Want): string | undefined {
  const wanted = JSON.parse(named(JSON.stringify(want), name)) as Json;
  const isMet = meets(reply, wanted);
  return isMet ? undefined : `wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(reply)}`;
}

function meets(reply: Json, want: Json): boolean {
  const rule = ruleOf(want);
  if (rule === undefined) return isSame(reply, want);
  const [kind, value] = rule;
  switch (kind) {
    case "$error":
      return typeof reply === "string" && reply.startsWith("-") && reply.includes(String(value));
    case "$contains":
      return textOf(reply).includes(String(value));
    case "$lacks":
      return !textOf(reply).includes(String(value));
    case "$json":
      return typeof reply === "string" && isSame(JSON.parse(reply) as Json, value);
    case "$count":
      return Array.isArray(reply) && reply.length === value;
    case "$over":
      return typeof reply === "number" && reply > Number(value);
    case "$has":
      return hasAll(reply, value);
    case "$all":
      return Array.isArray(value) && value.every((part) => meets(reply, part));
    default:
      throw new Error(`no such rule: ${kind}`);
  }
}

function textOf(reply: Json): string {
  return typeof reply === "string" ? reply : JSON.stringify(reply);
}

/** `{"$rule": value}`. */
function ruleOf(want: Json): readonly [string, Json] | undefined {
  if (typeof want !== "object" || want === null || Array.isArray(want)) return undefined;
  const [entry, ...others] = Object.entries(want as JsonObject);
  return entry !== undefined && others.length === 0 && entry[0].startsWith("$") ? entry : undefined;
}

/** Fields of a map reply, each as wanted. */
function hasAll(reply: Json, value: Json): boolean {
  if (typeof reply !== "object" || reply === null || typeof value !== "object" || value === null)
    return false;
  return Object.entries(value).every(
    ([key, item]) => Object.hasOwn(reply, key) && meets((reply as JsonObject)[key] ?? null, item as Json),
  );
}

function isSame(a: Json, b: Json): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
