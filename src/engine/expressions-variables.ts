/** The variables of expressions: their names, their types, and what each is in a scope. One table for all. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Read, Scope } from "./expressions-scope.ts";

type Variable = { readonly type: string; readonly read: (scope: Scope) => Json };

const NO_CHILDREN: JsonObject = {};

const VARIABLES: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ["context", { type: "map", read: (scope) => scope.context }],
  ["event", { type: "map", read: eventOf }],
  ["data", { type: "dyn", read: (scope) => scope.eventData ?? null }],
  ["constants", { type: "map", read: (scope) => scope.constants }],
  ["state", { type: "list", read: (scope) => scope.activeIds() }],
  ["now", { type: "number", read: (scope) => scope.now }],
  ["key", { type: "string", read: (scope) => scope.key }],
  ["children", { type: "map", read: ({ relatives }) => relatives?.children() ?? NO_CHILDREN }],
  ["parent", { type: "dyn", read: ({ relatives }) => relatives?.parent() ?? null }],
]);

/** Names in the order in which messages list them, those that exist only in one place last. */
export function variablesFor(locals: readonly string[]): readonly string[] {
  return [...new Set([...VARIABLES.keys(), ...locals])];
}

/** What reads a variable that exists everywhere; undefined for a name there is not. */
export function variableReader(name: string): Variable["read"] | undefined {
  return VARIABLES.get(name)?.read;
}

/** The type of a variable; `dyn` for a name there is not. */
export function typeOfVariable(name: string): string {
  return VARIABLES.get(name)?.type ?? "dyn";
}

/** The value of a variable, one that exists only in this place first; undefined for a name there is not. */
export function readVariable(name: string, scope: Scope): Json | undefined {
  const { locals } = scope;
  if (locals !== undefined && Object.hasOwn(locals, name)) return locals[name];
  return VARIABLES.get(name)?.read(scope);
}

/** The fields of the event's data, if it is an object, and `type`. Made once for data that is read again and again. */
export function eventOf({ eventType, eventData }: Pick<Scope, "eventType" | "eventData">): JsonObject {
  if (!isJsonObject(eventData)) return { type: eventType };
  const known = events.get(eventData);
  if (known?.["type"] === eventType) return known;
  const event = { ...eventData, type: eventType };
  events.set(eventData, event);
  return event;
}

/** From now on `event` is this one where the data is this. */
export function noteEvent(data: JsonObject, event: JsonObject): void {
  events.set(data, event);
}

const events = new WeakMap<JsonObject, JsonObject>();

/** The value of a path an expression reads, undefined where there is none. */
export function readValue(read: Read, scope: Scope): Json | undefined {
  const [variable, ...keys] = read.keys;
  let value = readVariable(variable ?? "", scope);
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}
