/**
 * What XState leaves to code: guards, actions, delays and actors that a config calls by name, and functions in it. A
 * config may bring their counterparts along, under `guards`, `actions`, `delays` and `actors` at the top.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { parseDuration } from "../engine/durations.ts";
import { at, kindOf, type Problems } from "../engine/problems.ts";
import { conditionOf, expressionOf, shown, typeOf } from "./javascript.ts";
import { type Names, sameNames } from "./javascript-names.ts";
import { type Draft, field, isExpression, literal, placesOf, quoted } from "./translation.ts";

/** What the reading of one config carries around. */
export type Reader = {
  readonly problems: Problems;
  /** 4, or what came after. */
  readonly isOld: boolean;
  readonly root: JsonObject;
  /** Dotted path of states by id. */
  readonly ids: ReadonlyMap<string, string>;
  /** Ids of actors that became tasks. */
  readonly tasks: Set<string>;
};

/** Names of variables in functions of a config. The context it starts with says what types its fields are of. */
function namesOf({ root }: Reader): Names {
  const { context } = root;
  return {
    ...sameNames(["event"], "; there are context and event"),
    resolve: ([name = "", second = ""]) => {
      if (name === "ctx" || name === "context") {
        const known =
          isJsonObject(context) && Object.hasOwn(context, second) ? typeOf(context[second]) : undefined;
        return known === undefined
          ? { text: "context", used: 1, type: "map" }
          : { text: field("context", second), used: 2, type: known };
      }
      if (name === "event" && second === "type") return { text: "event.type", used: 2, type: "string" };
      return name === "e" || name === "evt" || name === "event"
        ? { text: "event", used: 1, type: "map" }
        : undefined;
    },
  };
}

/** What is in `{{ }}`, or in `{"@code": …}`; undefined for anything else. */
export function codeOf(json: Json): string | undefined {
  if (typeof json === "string") return /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(json)?.[1]?.trim();
  if (!isJsonObject(json)) return undefined;
  const code = json["@code"];
  if (typeof code === "string") return code;
  const { type, expr, value } = json;
  if (type === "expression" && typeof value === "string") return value;
  return type === "expression" && typeof expr === "string" ? expr : undefined;
}

/** True for what an export puts where a function was. */
function isLost(json: Json): boolean {
  return isJsonObject(json) && (json["$unserializable"] !== undefined || json["$$type"] !== undefined);
}

/** A value of a config: literal, unless it is code. */
export function dataOf(reader: Reader, json: Json, path: string): Json {
  const code = codeOf(json);
  if (code !== undefined) return translated(reader, code, path) ?? "null";
  if (isLost(json)) {
    reader.problems.error(
      path,
      "a function stood here, and is not in the export; write its value, or an expression in {{ }}",
    );
    return null;
  }
  if (Array.isArray(json)) return json.map((item: Json, index) => dataOf(reader, item, at(path, index)));
  if (!isJsonObject(json)) return literal(json);
  return Object.fromEntries(
    Object.entries(json).map(([key, item]) => [key, dataOf(reader, item, at(path, key))]),
  );
}

/** An expression of JavaScript, or of ours, as one of ours. */
function translated(reader: Reader, code: string, path: string): string | undefined {
  const result = expressionOf(code, namesOf(reader));
  if (result.ok) return result.text;
  if (isExpression(code)) return code;
  reader.problems.error(path, result.reason);
  return undefined;
}

function named(reader: Reader, table: string, name: string): Json | undefined {
  const values = reader.root[table];
  if (!isJsonObject(values) || !Object.hasOwn(values, name)) return undefined;
  const value = values[name];
  return value === undefined || isLost(value) ? undefined : value;
}

/** A guard as one of ours. */
export function guardOf(reader: Reader, json: Json, path: string): Json | undefined {
  const { problems } = reader;
  const code = codeOf(json);
  if (code !== undefined) {
    const result = conditionOf(code, namesOf(reader));
    if (result.ok) return result.text;
    problems.error(path, result.reason);
    return undefined;
  }
  if (typeof json === "string") return namedGuard(reader, json, path);
  if (typeof json === "boolean") return String(json);
  if (!isJsonObject(json)) {
    problems.error(path, `a guard is a name, an object or an expression, this is ${kindOf(json)}`);
    return undefined;
  }
  const { type, params } = json;
  if (typeof type !== "string") return combined(reader, json, path);
  const kind = type.replace(/^@?xstate\./, "");
  const given = isJsonObject(params) ? params : json;
  const inside = isJsonObject(params) ? at(path, "params") : path;
  if (kind === "detent.guard") return given["guard"] ?? undefined;
  if (kind === "and" || kind === "or") {
    const list = placesOf(given["guards"], at(inside, "guards"));
    return { [kind]: list.map((one) => guardOf(reader, one.json, one.path) ?? "false") };
  }
  if (kind === "not") {
    const inner = guardOf(reader, given["guard"] ?? given["guards"] ?? null, at(inside, "guard"));
    return inner === undefined ? undefined : { not: inner };
  }
  if (kind === "stateIn") return inGuard(reader, given["stateValue"] ?? null, path);
  // XState 4 called any guard by a name within its own type.
  const { name, predicate } = json;
  if (kind === "guard" && typeof name === "string") return namedGuard(reader, name, path);
  if (kind === "guard" && typeof predicate === "string") return guardOf(reader, { "@code": predicate }, path);
  return namedGuard(reader, type, path);
}

/** Our own combinations, which XState writes with a type. */
function combined(reader: Reader, json: JsonObject, path: string): Json | undefined {
  const [entry] = Object.entries(json);
  const [kind, value] = entry ?? [];
  if (kind === "in" && value !== undefined) return json;
  if ((kind === "and" || kind === "or") && value !== undefined)
    return {
      [kind]: placesOf(value, at(path, kind)).map((one) => guardOf(reader, one.json, one.path) ?? "false"),
    };
  if (kind === "not" && value !== undefined) {
    const inner = guardOf(reader, value, at(path, kind));
    return inner === undefined ? undefined : { not: inner };
  }
  reader.problems.error(path, 'a guard has a "type"; write it as an expression');
  return undefined;
}

function namedGuard(reader: Reader, name: string, path: string): Json | undefined {
  const own = named(reader, "guards", name);
  if (typeof own === "string" && isExpression(own)) return own;
  // One guard may be made of others, which have names too; each is shorter by a level of the document.
  if (own !== undefined && typeof own !== "string")
    return guardOf({ ...reader, root: without(reader.root, name) }, own, at("$.guards", name));
  if (isExpression(name)) return name;
  reader.problems.error(
    path,
    `the guard '${name}' is code: write its condition as an expression under "guards" at the top: {"guards": {${JSON.stringify(name)}: "context.n > 0"}}`,
  );
  return undefined;
}

/** A guard that names itself has no counterpart. */
function without(root: JsonObject, name: string): JsonObject {
  const guards = root["guards"];
  if (!isJsonObject(guards)) return root;
  return { ...root, guards: Object.fromEntries(Object.entries(guards).filter(([key]) => key !== name)) };
}

/** `in` of XState 4 and `stateIn` of 5: an id, a path, or an object of states. */
export function inGuard(reader: Reader, value: Json, path: string): Json | undefined {
  if (typeof value === "string") return { in: value };
  const paths = isJsonObject(value) ? pathsOf(value, "") : [];
  if (paths.length === 0) {
    reader.problems.error(path, `the state to be in is "#id" or a path, this is ${kindOf(value)}`);
    return undefined;
  }
  const guards = paths.map((one): Json => ({ in: one }));
  const [first] = guards;
  return guards.length === 1 && first !== undefined ? first : { and: guards };
}

function pathsOf(value: JsonObject, before: string): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner === "string") return [`${before}${key}.${inner}`];
    return isJsonObject(inner) ? pathsOf(inner, `${before}${key}.`) : [`${before}${key}`];
  });
}

/** A delay: milliseconds, a length of time, a name with a counterpart, or an expression. */
export function delayOf(reader: Reader, json: Json, path: string): Json | undefined {
  const { problems } = reader;
  if (typeof json === "number") return json;
  const code = codeOf(json);
  if (code !== undefined) return translated(reader, code, path);
  if (typeof json !== "string") {
    problems.error(path, `a delay is milliseconds or a name, this is ${kindOf(json)}`);
    return undefined;
  }
  const own = named(reader, "delays", json);
  if (typeof own === "number") return own;
  if (typeof own === "string")
    return codeOf(own) === undefined ? own : translated(reader, codeOf(own) ?? "", path);
  if (parseDuration(json) !== undefined || isExpression(json)) return json;
  problems.error(
    path,
    `the delay '${json}' is code: write how long it takes under "delays" at the top: {"delays": {${JSON.stringify(json)}: "5m"}}`,
  );
  return undefined;
}

/** The action that a named one becomes: its counterpart, or a task for a worker. */
export function namedAction(
  reader: Reader,
  name: string,
  params: Json | undefined,
  path: string,
): readonly Json[] {
  const own = named(reader, "actions", name);
  if (own !== undefined) return [...(Array.isArray(own) ? own : [own])];
  reader.problems.warn(
    path,
    `the action '${name}' is code: it becomes a task that a worker does after the step; if it changes the context, write it under "actions" at the top: {"actions": {${JSON.stringify(name)}: {"assign": {"n": "context.n + 1"}}}}`,
  );
  const task: Draft = { task: name };
  if (params !== undefined) task["input"] = dataOf(reader, params, at(path, "params"));
  return [task];
}

/** The definition that stands for an actor; undefined where there is none, and the work is a task. */
export function actorOf(reader: Reader, src: string): string | undefined {
  const own = named(reader, "actors", src);
  return typeof own === "string" ? own : undefined;
}

/** `text` as `'text'`, unless it is an expression that reads something. */
export function keyOf(text: string): string {
  return text.startsWith("#_") ? text : quoted(text);
}

/** Values that are to be kept as they are; what is code in them is reported. */
export function withoutCode<Value extends Json>(value: Value, path: string, problems: Problems): Value {
  reportCode(value, path, problems);
  return value;
}

function reportCode(value: Json, path: string, problems: Problems): void {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) reportCode(item, at(path, index), problems);
  if (!isJsonObject(value)) return;
  const code = value["@code"] ?? value["$unserializable"];
  if (code !== undefined) problems.error(path, `this is code, write the value: ${shown(String(code))}`);
  else for (const [key, item] of Object.entries(value)) reportCode(item, at(path, key), problems);
}
