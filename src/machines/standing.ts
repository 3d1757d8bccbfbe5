/** What a machine was after an entry of its history, as the entries until then tell it. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { keysOfPath } from "../engine/paths.ts";
import type { HistoryEntry, HistoryKind } from "./history.ts";

/** What a machine was after an entry: that entry, with the context as a whole and the reason of the time. */
export type Standing = Pick<
  HistoryEntry,
  "rev" | "atMs" | "kind" | "from" | "to" | "reason" | "context" | "status" | "output"
> & {
  /** An earlier version kept a null for what was removed: one of the context may be none. */
  readonly isUnsure?: true | undefined;
};

/** Entries that hold the context whole, not what has changed of it. */
const WHOLE_CONTEXT: ReadonlySet<HistoryKind> = new Set(["create", "set", "reset"]);

/** What a machine is after one more entry. */
export function standingAfter(before: Standing | undefined, entry: HistoryEntry): Standing {
  const { rev, atMs, kind, from, to, status, output } = entry;
  const isWhole = WHOLE_CONTEXT.has(kind);
  const context = isWhole ? (entry.context ?? {}) : changed(before?.context, entry);
  const isUnsure = isWhole ? undefined : (before?.isUnsure ?? (mayHaveLost(entry) ? true : undefined));
  return { rev, atMs, kind, from, to, status, reason: reasonAfter(before, entry), context, output, isUnsure };
}

function reasonAfter(before: Standing | undefined, { kind, reason, rest }: HistoryEntry): string | undefined {
  if (rest?.r !== undefined) return rest.r ?? undefined;
  // That of a step that came to nothing is why it did, not the machine's.
  return kind === "refused" || kind === "failed" ? before?.reason : (reason ?? before?.reason);
}

function mayHaveLost({ isPartial, context }: HistoryEntry): boolean {
  return isPartial === true && Object.values(context ?? {}).includes(null);
}

function changed(
  context: JsonObject | undefined,
  { context: changes = {}, gone }: HistoryEntry,
): JsonObject | undefined {
  if (context === undefined) return undefined;
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
