/**
 * Changes of the context within a run. Objects and lists that the run has made itself are written to, all others are
 * copied first, so that many changes of one list cost its length once and nobody else sees them.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Run } from "./interpreter.ts";
import { pathOf } from "./paths.ts";
import { kindOf } from "./problems.ts";

/** A key on the way to a value; `isIndex`: it was written as the index of a list. */
export type Key = { readonly key: string; readonly isIndex: boolean };

/** Why a value cannot be stored or removed. */
export class ContextRefusal extends Error {}

type Container = { [key: string]: Json } | Json[];

/** Puts a value at a path; objects that are missing on the way are made. @throws ContextRefusal */
export function putAt(run: Run, path: readonly Key[], value: Json): void {
  const container = containerOf(run, path, true);
  const last = path.at(-1);
  if (container === undefined || last === undefined) return;
  if (Array.isArray(container)) container[indexIn(container, path, path.length - 1)] = value;
  else define(container, last.key, value);
  note(run, path);
}

/** Takes away what is at a path; nothing happens where nothing is. @throws ContextRefusal */
export function removeAt(run: Run, path: readonly Key[]): void {
  const container = containerOf(run, path, false);
  const last = path.at(-1);
  if (container === undefined || last === undefined) return;
  if (Array.isArray(container)) {
    const index = Number(last.key);
    if (!Number.isInteger(index) || index < 0 || index >= container.length) return;
    container.splice(index, 1);
    // What comes behind it has moved: the list as a whole has changed.
    note(run, path.slice(0, -1));
    return;
  }
  if (!Object.hasOwn(container, last.key)) return;
  delete container[last.key];
  note(run, path);
}

/** Puts another context in place of the whole. */
export function replaceContext(run: Run, context: JsonObject): void {
  for (const key of new Set([...Object.keys(run.context), ...Object.keys(context)]))
    note(run, [{ key, isIndex: false }]);
  run.context = context;
  run.contextChanges += 1;
}

/** The object or list that holds the last key of a path, writable; undefined where it is missing and none is made. */
function containerOf(run: Run, path: readonly Key[], makes: boolean): Container | undefined {
  const root = writable(run, run.context);
  run.context = root as JsonObject;
  let container: Container = root;
  for (const [position, { key }] of path.slice(0, -1).entries()) {
    const index = Array.isArray(container) ? indexIn(container, path, position, makes) : undefined;
    const found: Json | undefined = Array.isArray(container)
      ? container[index ?? -1]
      : Object.hasOwn(container, key)
        ? container[key]
        : undefined;
    if ((found === undefined || found === null) && !makes) return undefined;
    const next = writable(run, found ?? (path[position + 1]?.isIndex === true ? [] : {}), () =>
      pathOf(path.slice(0, position + 1).map((part) => part.key)),
    );
    if (Array.isArray(container)) container[index ?? container.length] = next;
    else define(container, key, next);
    container = next;
  }
  return container;
}

/** The value itself if this run has made it, otherwise a copy. @throws ContextRefusal when it holds no values */
function writable(run: Run, value: Json, path: () => string = () => ""): Container {
  if (typeof value !== "object" || value === null)
    throw new ContextRefusal(
      `context.${path()} is ${kindOf(value)} (${JSON.stringify(value)}) and holds no values`,
    );
  if (run.ownContainers?.has(value) === true) return value as Container;
  const copy: Container = Array.isArray(value) ? [...value] : { ...(value as JsonObject) };
  run.budgetLeft -= Array.isArray(copy) ? copy.length : 1;
  run.ownContainers ??= new Set();
  run.ownContainers.add(copy);
  return copy;
}

/** The position in a list that a key names; the next free one may be written to. @throws ContextRefusal */
function indexIn(list: readonly Json[], path: readonly Key[], position: number, makes = true): number {
  const key = path[position]?.key ?? "";
  const index = /^\d{1,15}$/.test(key) ? Number(key) : -1;
  const where = pathOf(path.slice(0, position).map((part) => part.key));
  const count = `context.${where} has ${list.length} item${list.length === 1 ? "" : "s"}`;
  if (index === -1)
    throw new ContextRefusal(`context.${where} is a list, and ${JSON.stringify(key)} is not an index of one`);
  // Appending is allowed, a hole is not: JSON has none.
  if (makes && index > list.length) throw new ContextRefusal(`${count}; ${index} is beyond it`);
  return index;
}

/** Sets an own property also where the key is `__proto__`. */
function define(target: Container, key: string, value: Json): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else (target as { [key: string]: Json })[key] = value;
}

/** Remembers which path was changed, in the order of the first change. */
function note(run: Run, path: readonly Key[]): void {
  const keys = path.map(({ key }) => key);
  const text = pathOf(keys);
  run.assigned ??= new Map();
  if (!run.assigned.has(text)) run.assigned.set(text, keys);
  run.contextChanges += 1;
}

/** A value that may be a part of the context was handed out: nothing of the context is written to in place any more. */
export function letGo(run: Run): void {
  run.ownContainers = undefined;
}

/** The values of an object, or why it is no context. */
export function contextIn(value: Json): JsonObject {
  if (isJsonObject(value)) return value;
  throw new ContextRefusal(`the context must be an object, this is ${kindOf(value)}`);
}
