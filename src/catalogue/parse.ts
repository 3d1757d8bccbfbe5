/**
 * The check that commands.json has the shape of its declarations. This is the boundary: nothing behind it looks at
 * unchecked JSON, and a mistake in the file stops the start with the path of the field.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import {
  ACL_CATEGORIES,
  ARGUMENT_TYPES,
  type Argument,
  type BeginSearch,
  COMMAND_FLAGS,
  type Declaration,
  DOC_FLAGS,
  type FindKeys,
  KEY_FLAGS,
  type KeySpec,
} from "./declaration.ts";

/**
 * The checked entries of commands.json, in the file's order.
 * @throws Error naming the path and what is expected there, at the first mistake.
 */
export function parseDeclarations(file: Json): readonly Declaration[] {
  const entries = Object.entries(asObject(file, "commands.json"));
  if (entries.length === 0) wrong("commands.json", "at least one command");
  return entries.map(([name, entry]) => declaration(name, entry));
}

function declaration(name: string, json: Json): Declaration {
  if (!/^[A-Z][A-Z0-9._-]*(\|[A-Z0-9_-]+)?$/.test(name)) wrong(name, "a command name in upper case");
  const entry = fields(json, name, DECLARATION_FIELDS);
  const container = name.includes("|") ? name.slice(0, name.indexOf("|")) : undefined;
  if (entry["container"] !== container) wrong(`${name}.container`, container ?? "no container");
  const keySpecs = list(entry["key_specs"], `${name}.key_specs`, keySpec);
  return {
    name,
    summary: text(entry["summary"], `${name}.summary`),
    since: version(entry["since"], `${name}.since`),
    group: text(entry["group"], `${name}.group`),
    module: optional(entry["module"], `${name}.module`, text),
    complexity: text(entry["complexity"], `${name}.complexity`),
    arity: arity(entry["arity"], `${name}.arity`),
    container,
    history: list(entry["history"], `${name}.history`, change),
    docFlags: list(entry["doc_flags"], `${name}.doc_flags`, oneOf(DOC_FLAGS)),
    deprecatedSince: optional(entry["deprecated_since"], `${name}.deprecated_since`, version),
    replacedBy: optional(entry["replaced_by"], `${name}.replaced_by`, text),
    commandFlags: list(entry["command_flags"], `${name}.command_flags`, oneOf(COMMAND_FLAGS)),
    aclCategories: list(entry["acl_categories"], `${name}.acl_categories`, oneOf(ACL_CATEGORIES)),
    commandTips: list(entry["command_tips"], `${name}.command_tips`, text),
    keySpecs,
    arguments: list(entry["arguments"], `${name}.arguments`, (one, path) =>
      argument(one, path, keySpecs.length),
    ),
    replySchema: optional(entry["reply_schema"], `${name}.reply_schema`, asObject),
  };
}

const DECLARATION_FIELDS = new Set([
  ...["summary", "since", "group", "module", "complexity", "arity", "container", "history", "doc_flags"],
  ...["deprecated_since", "replaced_by", "command_flags", "acl_categories", "command_tips", "key_specs"],
  ...["arguments", "reply_schema"],
]);

const KEY_SPEC_FIELDS = new Set(["notes", "flags", "begin_search", "find_keys"]);

function keySpec(json: Json, path: string): KeySpec {
  const spec = fields(json, path, KEY_SPEC_FIELDS);
  const flags = list(spec["flags"], `${path}.flags`, oneOf(KEY_FLAGS));
  const isKey = !flags.includes("NOT_KEY");
  if (isKey && flags.filter((flag) => /^(RO|RW|OW|RM)$/.test(flag)).length !== 1) {
    wrong(`${path}.flags`, "exactly one of RO RW OW RM");
  }
  return {
    notes: optional(spec["notes"], `${path}.notes`, text),
    flags,
    beginSearch: beginSearch(spec["begin_search"], `${path}.begin_search`),
    findKeys: findKeys(spec["find_keys"], `${path}.find_keys`),
  };
}

function beginSearch(json: Json | undefined, path: string): BeginSearch {
  const [kind, search] = onlyField(json, path);
  if (kind === "index") return { kind, pos: integer(search["pos"], `${path}.index.pos`) };
  if (kind === "unknown") return { kind };
  if (kind !== "keyword") return wrong(path, "index, keyword or unknown");
  return {
    kind,
    keyword: text(search["keyword"], `${path}.keyword.keyword`),
    startfrom: integer(search["startfrom"], `${path}.keyword.startfrom`),
  };
}

function findKeys(json: Json | undefined, path: string): FindKeys {
  const [kind, find] = onlyField(json, path);
  if (kind === "unknown") return { kind };
  if (kind !== "range" && kind !== "keynum") return wrong(path, "range, keynum or unknown");
  const number = (field: string) => integer(find[field], `${path}.${kind}.${field}`);
  const step = number("step");
  if (step < 1) wrong(`${path}.${kind}.step`, "a positive integer");
  if (kind === "keynum") return { kind, keynumidx: number("keynumidx"), firstkey: number("firstkey"), step };
  return { kind, lastkey: number("lastkey"), step, limit: number("limit") };
}

const ARGUMENT_FIELDS = new Set([
  ...["name", "type", "key_spec_index", "token", "since", "display"],
  ...["optional", "multiple", "multiple_token", "arguments"],
]);

function argument(json: Json, path: string, keySpecCount: number): Argument {
  const one = fields(json, path, ARGUMENT_FIELDS);
  const type = oneOf(ARGUMENT_TYPES)(one["type"], `${path}.type`);
  const parts = list(one["arguments"], `${path}.arguments`, (part, at) => argument(part, at, keySpecCount));
  if ((type === "oneof" || type === "block") !== parts.length > 0) {
    wrong(`${path}.arguments`, "parts for a oneof or a block, and for these alone");
  }
  const keySpecIndex = optional(one["key_spec_index"], `${path}.key_spec_index`, integer);
  if (keySpecIndex !== undefined && (keySpecIndex < 0 || keySpecIndex >= keySpecCount)) {
    wrong(`${path}.key_spec_index`, "the index of a key specification");
  }
  // The one empty token of Redis' grammar is none of ours, so a pure token without text is a mistake.
  const token = optional(one["token"], `${path}.token`, text);
  if (type === "pure-token" && token === undefined) wrong(`${path}.token`, "a token");
  return {
    name: text(one["name"], `${path}.name`),
    type,
    keySpecIndex,
    token,
    since: optional(one["since"], `${path}.since`, version),
    display: optional(one["display"], `${path}.display`, text),
    isOptional: flag(one["optional"], `${path}.optional`),
    isMultiple: flag(one["multiple"], `${path}.multiple`),
    isMultipleToken: flag(one["multiple_token"], `${path}.multiple_token`),
    parts,
  };
}

function change(json: Json, path: string): readonly [string, string] {
  const [since, what, ...others] = list(json, path, text);
  if (since === undefined || what === undefined || others.length > 0)
    return wrong(path, "a version and a text");
  return [version(since, `${path}[0]`), what];
}

function arity(json: Json | undefined, path: string): number {
  const number = integer(json, path);
  return number === 0 ? wrong(path, "an integer other than 0") : number;
}

// What follows reads one JSON value of a kind, or refuses it with its path.

function wrong(path: string, expected: string): never {
  throw new Error(`commands.json is not valid: ${path}: expected ${expected}`);
}

function asObject(json: Json | undefined, path: string): JsonObject {
  return isJsonObject(json) ? json : wrong(path, "an object");
}

function fields(json: Json | undefined, path: string, known: ReadonlySet<string>): JsonObject {
  const object = asObject(json, path);
  const unknown = Object.keys(object).find((field) => !known.has(field));
  return unknown === undefined ? object : wrong(`${path}.${unknown}`, `one of ${[...known].join(" ")}`);
}

function onlyField(json: Json | undefined, path: string): readonly [string, JsonObject] {
  const [field, ...others] = Object.entries(asObject(json, path));
  if (field === undefined || others.length > 0) return wrong(path, "an object with one field");
  const [kind, value] = field;
  return [kind, kind === "unknown" ? {} : asObject(value, `${path}.${kind}`)];
}

function text(json: Json | undefined, path: string): string {
  return typeof json === "string" && json !== "" ? json : wrong(path, "a text");
}

function version(json: Json | undefined, path: string): string {
  const value = text(json, path);
  return /^\d+\.\d+\.\d+$/.test(value) ? value : wrong(path, "a version of three numbers");
}

function integer(json: Json | undefined, path: string): number {
  return typeof json === "number" && Number.isSafeInteger(json) ? json : wrong(path, "an integer");
}

function flag(json: Json | undefined, path: string): boolean {
  if (json === undefined) return false;
  return json === true ? true : wrong(path, "true, or no such field");
}

function optional<T>(json: Json | undefined, path: string, read: (json: Json, path: string) => T) {
  return json === undefined ? undefined : read(json, path);
}

function list<T>(json: Json | undefined, path: string, read: (json: Json, path: string) => T): readonly T[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) return wrong(path, "an array");
  return json.map((item: Json, index) => read(item, `${path}[${index}]`));
}

function oneOf<T extends string>(choices: readonly T[]) {
  return (json: Json | undefined, path: string): T =>
    choices.find((choice) => choice === json) ?? wrong(path, `one of ${choices.join(" ")}`);
}
