/** The variables of expressions: their names, their CEL types, and what each is in a scope. One table for all. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Read, Scope } from "./expressions-scope.ts";

type Variable = { readonly type: string; readonly read: (scope: Scope) => Json };

const VARIABLES: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ["context", { type: "map<string, dyn>", read: (scope) => scope.context }],
  ["event", { type: "map<string, dyn>", read: eventOf }],
  ["data", { type: "dyn", read: (scope) => scope.eventData ?? null }],
  ["constants", { type: "map<string, dyn>", read: (scope) => scope.constants }],
  ["state", { type: "list<string>", read: (scope) => scope.activeIds() }],
  ["now", { type: "double", read: (scope) => scope.now }],
  ["key", { type: "string", read: (scope) => scope.key }],
]);

/** Names in the order in which messages list them. */
export const VARIABLE_NAMES: readonly string[] = [...VARIABLES.keys()];

/** The CEL type of each variable. */
export const VARIABLE_TYPES: readonly (readonly [name: string, type: string])[] = [...VARIABLES].map(
  ([name, { type }]) => [name, type],
);

/** What reads a variable; undefined for a name there is not. */
export function readerOf(name: string): Variable["read"] | undefined {
  return VARIABLES.get(name)?.read;
}

/** All variables of a scope by name. */
export function variablesIn(scope: Scope): JsonObject {
  const values: { [name: string]: Json } = {};
  for (const [name, { read }] of VARIABLES) values[name] = read(scope);
  return values;
}

/** The fields of the event's data, if it is an object, and `type`. */
function eventOf({ eventType, eventData }: Scope): JsonObject {
  return isJsonObject(eventData) ? { ...eventData, type: eventType } : { type: eventType };
}

/** The value of a path an expression reads, undefined where there is none. */
export function readValue(read: Read, scope: Scope): Json | undefined {
  const [variable, ...keys] = read.keys;
  let value = readerOf(variable ?? "")?.(scope);
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}
