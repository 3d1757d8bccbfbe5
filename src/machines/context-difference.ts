/** What a redo record holds of a context: the fields that a change has set and taken away. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";

/** How a context differs from the one before, by its top-level fields. */
export interface ContextChange {
  readonly set: JsonObject;
  readonly gone: readonly string[];
}

export function changedFields(was: Json | undefined, is: Json | undefined): ContextChange | undefined {
  if (was === is || !isJsonObject(is)) return undefined;
  const before = isJsonObject(was) ? was : {};
  const set: { [key: string]: Json } = Object.create(null) as { [key: string]: Json };
  let count = 0;
  for (const [key, value] of Object.entries(is)) {
    if (Object.hasOwn(before, key) && before[key] === value) continue;
    set[key] = value;
    count += 1;
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(is, key));
  return count === 0 && gone.length === 0 ? undefined : { set, gone };
}

export function withChange(context: Json, change: ContextChange | undefined): Json {
  if (change === undefined) return context;
  const gone = new Set(change.gone);
  const kept = isJsonObject(context) ? Object.entries(context).filter(([key]) => !gone.has(key)) : [];
  return Object.fromEntries([...kept, ...Object.entries(change.set)]);
}
