/**
 * The map of a migration: where the states of one definition go in another, and how fields of the context are made.
 *
 * `{"states": {"paid": "billed" | ["x", "y"] | [{"when": expr, "to": state | [state …]} …]}, "context": {path: expr}}`.
 * Expressions see the machine as it was: `context`, `state`, `constants`, `now`, `key` and `history`.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Key } from "./context-changes.ts";
import { compileExpression, type Expression, type Template } from "./expressions.ts";
import { EXPRESSION_LIMITS } from "./expressions-scope.ts";
import { type Machine, stateOf } from "./machine.ts";
import { parsePath } from "./paths.ts";
import { at, kindOf, nearest } from "./problems.ts";

/** Where a state goes; none: it is left out, with the region it is in. */
export type MapRule = { readonly when: Expression | undefined; readonly to: readonly string[] };

/** A field of the new context. */
export type MapField = {
  readonly path: string;
  readonly keys: readonly Key[];
  readonly value: Template;
};

export type MigrationMap = {
  /** By the path of the state in the old definition. */
  readonly states: ReadonlyMap<string, readonly MapRule[]>;
  readonly context: readonly MapField[];
  /** Whether an expression reads `history`. */
  readonly readsHistory: boolean;
};

export const NO_MAP: MigrationMap = { states: new Map(), context: [], readsHistory: false };

/** The variable that only these expressions have: entries of the machine's history, oldest first. */
export const HISTORY_VARIABLE = "history";

export type MapResult =
  | { readonly ok: true; readonly map: MigrationMap }
  | { readonly ok: false; readonly path: string; readonly reason: string };

/** The names of states on both sides. */
export type MapPlaces = {
  /** Undefined where any name may be one: keys of machines that bring their own maps. */
  readonly from: ReadonlySet<string> | undefined;
  readonly to: Machine;
};

/** Bounds: a map is read for each machine. */
const STATES_MAX = 10_000;
const RULES_MAX = 100;

/** Why a map is none. Thrown within this file. */
class MapFault extends Error {
  readonly path: string;

  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** Reads and compiles a map. */
export function readMigrationMap(json: Json, places: MapPlaces): MapResult {
  try {
    return { ok: true, map: readMap(json, places) };
  } catch (error) {
    if (!(error instanceof MapFault)) throw error;
    return { ok: false, path: error.path, reason: error.message };
  }
}

function readMap(json: Json, places: MapPlaces): MigrationMap {
  const root = objectAt(json, "$", 'a map is {"states": {…}, "context": {…}}');
  const other = Object.keys(root).find((key) => key !== "states" && key !== "context");
  if (other !== undefined)
    throw new MapFault(at("$", other), `a map has "states" and "context", not ${JSON.stringify(other)}`);
  const states = objectAt(root["states"] ?? {}, "$.states", 'states by name: {"old": "new"}');
  if (Object.keys(states).length > STATES_MAX)
    throw new MapFault("$.states", `a map names ${STATES_MAX} states at most`);
  const rules = new Map<string, readonly MapRule[]>();
  for (const [name, value] of Object.entries(states)) {
    const path = at("$.states", name);
    if (places.from !== undefined && !places.from.has(name))
      throw new MapFault(path, `the machines have no state '${name}'${hint(name, places.from)}`);
    rules.set(name, readRules(value, path, places.to));
  }
  const context = objectAt(root["context"] ?? {}, "$.context", "fields of the context by path");
  const fields = Object.entries(context).map(([path, value]) => readField(path, value));
  return { states: rules, context: fields, readsHistory: readsHistory([...rules.values()].flat(), fields) };
}

function readsHistory(rules: readonly MapRule[], fields: readonly MapField[]): boolean {
  const all = [
    ...rules.flatMap(({ when }) => when ?? []),
    ...fields.flatMap(({ value }) => value.expressions),
  ];
  return all.some(({ source }) => source.includes(HISTORY_VARIABLE));
}

function objectAt(json: Json, path: string, what: string): JsonObject {
  if (isJsonObject(json)) return json;
  throw new MapFault(path, `${what}; this is ${kindOf(json)}`);
}

const RULE_FORMS = '"state", ["state", …] or [{"when": expression, "to": "state"}, …]';

function readRules(json: Json, path: string, to: Machine): readonly MapRule[] {
  if (typeof json === "string") return [{ when: undefined, to: [stateIn(to, json, path)] }];
  if (!Array.isArray(json))
    throw new MapFault(path, `where a state goes is ${RULE_FORMS}; this is ${kindOf(json)}`);
  if (json.length > RULES_MAX) throw new MapFault(path, `a state has ${RULES_MAX} rules at most`);
  if (json.every((item) => typeof item === "string"))
    return [{ when: undefined, to: json.map((name, index) => stateIn(to, name, at(path, index))) }];
  return json.map((item, index) => readRule(item, at(path, index), to));
}

function readRule(json: Json, path: string, to: Machine): MapRule {
  if (!isJsonObject(json))
    throw new MapFault(path, `a rule is {"when": expression, "to": state}; this is ${kindOf(json)}`);
  const other = Object.keys(json).find((key) => key !== "when" && key !== "to");
  if (other !== undefined)
    throw new MapFault(at(path, other), `a rule has "when" and "to", not ${JSON.stringify(other)}`);
  const target = json["to"];
  const names = typeof target === "string" ? [target] : target;
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw new MapFault(at(path, "to"), `"to" is a state or a list of states; this is ${kindOf(target)}`);
  const when = json["when"];
  return {
    when: when === undefined ? undefined : condition(when, at(path, "when")),
    to: names.map((name) => stateIn(to, name, at(path, "to"))),
  };
}

function condition(json: Json, path: string): Expression {
  if (typeof json !== "string")
    throw new MapFault(path, `a condition is the text of an expression; this is ${kindOf(json)}`);
  const expression = compiled(json, path);
  if (expression.type === "bool" || expression.type === "dyn") return expression;
  throw new MapFault(path, `a condition must be true or false, this is of type ${expression.type}`);
}

function compiled(source: string, path: string): Expression {
  const result = compileExpression(source, EXPRESSION_LIMITS, [HISTORY_VARIABLE]);
  if (result.ok) return result.expression;
  throw new MapFault(path, `${JSON.stringify(source)}: ${result.reason}`);
}

/** The path of a state of the new definition, named by path or by `#id`. */
function stateIn(to: Machine, name: string, path: string): string {
  const index = to.byPath.get(name) ?? (name.startsWith("#") ? to.byId.get(name.slice(1)) : undefined);
  if (index === undefined || index === 0)
    throw new MapFault(path, `the new definition has no state '${name}'${hint(name, to.byPath.keys())}`);
  const state = stateOf(to, index);
  if (state.kind === "history")
    throw new MapFault(path, `'${name}' is a history: a machine is never in it; name the state itself`);
  return state.path;
}

function hint(name: string, names: Iterable<string>): string {
  const near = nearest(name, names);
  return near === undefined ? "" : `; did you mean '${near}'?`;
}

function readField(path: string, value: Json): MapField {
  const place = at("$.context", path);
  const parts = parsePath(path);
  if (typeof parts === "string") throw new MapFault(place, parts);
  const keys = parts.map((part) => {
    if (part.kind === "key") return { key: part.key, isIndex: part.isIndex };
    throw new MapFault(place, "a field of the new context has a fixed path: no computed parts");
  });
  return { path, keys, value: template(value, place) };
}

/** As in `assign`: a text is an expression, anything else stands for itself. */
function template(json: Json, path: string): Template {
  if (typeof json === "string") {
    const expression = compiled(json, path);
    return { expressions: [expression], build: (scope) => expression.evaluate(scope) };
  }
  if (Array.isArray(json)) {
    const items = json.map((item, index) => template(item, at(path, index)));
    return {
      expressions: items.flatMap(({ expressions }) => expressions),
      build: (scope) => items.map((item) => item.build(scope)),
    };
  }
  if (isJsonObject(json)) {
    const entries = Object.entries(json).map(([key, item]) => [key, template(item, at(path, key))] as const);
    return {
      expressions: entries.flatMap(([, { expressions }]) => expressions),
      build: (scope) => Object.fromEntries(entries.map(([key, item]) => [key, item.build(scope)])),
    };
  }
  return { expressions: [], build: () => json };
}
