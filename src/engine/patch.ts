/** A change of the context from outside: RFC 7396, JSON merge patch. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { type Key, putAt, removeAt } from "./context-changes.ts";
import { Run } from "./interpreter.ts";
import type { Machine } from "./machine.ts";
import { attempt } from "./step.ts";
import type { Env, Failed, Moved, Snapshot } from "./types.ts";

/** What the event is called to whoever reads `event.type` in an automatic transition that follows. */
export const PATCH_EVENT = "xstate.patch";

/** How a context is changed. */
export interface Patch {
  readonly document: JsonObject;
  /** Whether automatic transitions follow; not in a machine that is done or suspended. */
  readonly settles: boolean;
}

/**
 * The context merged with a document: null removes, an object is merged, anything else takes the place of what is there.
 * What automatic transitions and joins make of it follows, and invariants are checked.
 */
export function patch(machine: Machine, snapshot: Snapshot, given: Patch, env: Env): Moved | Failed {
  const { document, settles } = given;
  const run = new Run(machine, snapshot, { type: PATCH_EVENT, data: document, env });
  merge(run, { path: [], target: run.context, document });
  return attempt(run, settles && snapshot.status === "active" ? [] : undefined);
}

/** Changes what differs place by place, so that history tells what it was. The depth of a document is bounded. */
function merge(
  run: Run,
  {
    path,
    target,
    document,
  }: { readonly path: readonly Key[]; readonly target: JsonObject; readonly document: JsonObject },
): void {
  for (const [key, value] of Object.entries(document)) {
    const at = [...path, { key, isIndex: false }];
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    if (value === null) removeAt(run, at);
    else if (isJsonObject(value) && isJsonObject(old)) merge(run, { path: at, target: old, document: value });
    else putAt(run, at, withoutNulls(value));
  }
}

/** A document merged into nothing: what it would remove is not there. */
function withoutNulls(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}
