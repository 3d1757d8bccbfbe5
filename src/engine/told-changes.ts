/** A context after changes, as history tells them: values by path, and the paths where nothing is any more. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { keysOfPath } from "./paths.ts";

export function withChanges(
  context: JsonObject,
  changes: JsonObject,
  gone: readonly string[] = [],
): JsonObject {
  const removed = new Set(gone);
  const whole = Object.entries(changes).reduce<Json>((value, [path, change]) => {
    const keys = keysOfPath(path);
    return removed.has(path) ? unassigned(value, keys) : assigned(value, keys, change);
  }, context);
  return isJsonObject(whole) ? whole : context;
}

/** A value without what is at a path below it. */
function unassigned(container: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined) return container;
  if (Array.isArray(container)) {
    const item = container[Number(key)];
    if (item === undefined) return container;
    return rest.length === 0
      ? container.toSpliced(Number(key), 1)
      : container.toSpliced(Number(key), 1, unassigned(item, rest));
  }
  if (!isJsonObject(container) || !Object.hasOwn(container, key)) return container;
  if (rest.length > 0) return { ...container, [key]: unassigned(container[key] ?? null, rest) };
  return Object.fromEntries(Object.entries(container).filter(([name]) => name !== key));
}

/** A value with another at a dotted path below it, as `assign` sets it: into lists too, objects made on the way. */
function assigned(container: Json | undefined, keys: readonly string[], value: Json): Json {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(container))
    return container.toSpliced(Number(key), 1, assigned(container[Number(key)], rest, value));
  const object = isJsonObject(container) ? container : {};
  const inner = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: assigned(inner, rest, value) };
}
