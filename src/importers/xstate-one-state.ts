/** Machines of XState that have no states. */
import type { JsonObject } from "../base/json.ts";
import type { Problems } from "../engine/problems.ts";
import type { Draft } from "./translation.ts";

const ONE_STATE = "active";

/** XState lets a machine have events and actions and no states: it is in one state then. */
export function oneStateInto(document: Draft, { type }: JsonObject, problems: Problems): void {
  const isRunning = ["on", "after", "entry", "invoke"].some((key) => document[key] !== undefined);
  if (document["states"] !== undefined || type !== undefined || !isRunning) return;
  problems.warn("$", `a machine without states is in one state here, '${ONE_STATE}'`);
  document["initial"] = ONE_STATE;
  document["states"] = { [ONE_STATE]: {} };
}
