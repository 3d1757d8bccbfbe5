/**
 * A definition as a machine config of XState 5 in JSON. Guards and actions keep their expressions, as parameters of
 * `detent.guard` and `detent.action`; keys that XState does not know are under `meta.detent`. The importer reads it all back.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { parseDuration } from "../engine/durations.ts";
import { statechartOf } from "./statechart-form.ts";
import { type Draft, listOf, oneOrList } from "./translation.ts";

export function writeXState(document: JsonObject): JsonObject {
  return stateOf(statechartOf(document), true);
}

const SAME = ["id", "type", "states", "description", "tags", "history", "version", "context"];
const TRANSITIONS = ["always", "onDone"];

function stateOf(json: JsonObject, isRoot: boolean): JsonObject {
  const draft: Draft = {};
  const own: Draft = {};
  for (const [key, value] of Object.entries(json)) {
    if (key === "states" && isJsonObject(value))
      draft[key] = Object.fromEntries(
        Object.entries(value).map(([name, state]) => [
          name,
          isJsonObject(state) ? stateOf(state, false) : state,
        ]),
      );
    else if (key === "on" || key === "after") eventsInto(draft, key, value);
    else if (TRANSITIONS.includes(key)) draft[key] = transitionsOf(value);
    else if (key === "entry" || key === "exit") draft[key] = actionsOf(value);
    else if (key === "initial") draft[key] = isJsonObject(value) ? initialOf(value) : value;
    else if (key === "target" || SAME.includes(key)) draft[key] = value;
    else if (key === "invoke" && listOf(value).every(isPlain))
      draft[key] = oneOrList(listOf(value).map(invokeOf));
    else if (key !== "meta" && key !== "types" && key !== "$schema") own[key] = value;
  }
  const { meta } = json;
  if (Object.keys(own).length > 0)
    draft["meta"] = { ...(meta !== undefined && isJsonObject(meta) ? meta : {}), detent: own };
  else if (meta !== undefined) draft["meta"] = meta;
  if (isRoot && draft["id"] === undefined) draft["id"] = "(machine)";
  return draft;
}

/** A child whose definition is named with its version: another would be read as code. */
function isPlain(json: Json): boolean {
  return isJsonObject(json) && typeof json["src"] === "string" && /^[^:\s]+:[^:\s]+$/.test(json["src"]);
}

function invokeOf(json: Json): Json {
  if (!isJsonObject(json)) return json;
  const { onDone, onError } = json;
  return {
    ...json,
    ...(onDone === undefined ? {} : { onDone: transitionsOf(onDone) }),
    ...(onError === undefined ? {} : { onError: transitionsOf(onError) }),
  };
}

function eventsInto(draft: Draft, key: "on" | "after", json: Json): void {
  if (!isJsonObject(json)) return;
  draft[key] = Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      // XState knows milliseconds; an expression is a delay by name there.
      const ms = key === "after" ? parseDuration(name) : undefined;
      return [ms === undefined ? name : String(ms), transitionsOf(value)];
    }),
  );
}

function transitionsOf(json: Json): Json {
  if (Array.isArray(json)) return (json as readonly Json[]).map(transitionsOf);
  if (!isJsonObject(json)) return json;
  const { guard, actions, ...rest } = json;
  return {
    ...rest,
    ...(guard === undefined ? {} : { guard: { type: "detent.guard", params: { guard } } }),
    ...(actions === undefined ? {} : { actions: actionsOf(actions) }),
  };
}

function initialOf(json: JsonObject): Json {
  const { actions } = json;
  return actions === undefined ? json : { ...json, actions: actionsOf(actions) };
}

function actionsOf(json: Json): Json {
  return listOf(json).map((action): Json => ({ type: "detent.action", params: action }));
}
