/** Transitions of XState as transitions of ours. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at, kindOf } from "../engine/problems.ts";
import { type Draft, listOf, placesOf, put, putList } from "./translation.ts";
import { actionsOf } from "./xstate-actions.ts";
import { guardOf, inGuard, type Reader } from "./xstate-code.ts";

const KEYS = [
  "target",
  "cond",
  "guard",
  "when",
  "in",
  "internal",
  "reenter",
  "actions",
  "description",
  "otherwise",
  // What exports add.
  "event",
  "eventType",
  "source",
  "order",
  "delay",
  "key",
  "toJSON",
];

/** A transition or a list of these; `source` is the path of the state they leave. */
export function transitionsOf(
  reader: Reader,
  json: Json | undefined,
  path: string,
  source: string,
): readonly Json[] {
  return placesOf(json, path).flatMap((one): readonly Json[] => {
    if (typeof one.json === "string") return [transitionOf(reader, { target: one.json }, one.path, source)];
    if (isJsonObject(one.json)) return [transitionOf(reader, one.json, one.path, source)];
    reader.problems.error(one.path, `a transition is a target or an object, this is ${kindOf(one.json)}`);
    return [];
  });
}

function transitionOf(reader: Reader, json: JsonObject, path: string, source: string): Json {
  const { problems } = reader;
  const draft: Draft = {};
  if (json["@code"] !== undefined || json["$unserializable"] !== undefined) {
    problems.error(
      path,
      'a function is not a transition here; write {"target": "a", "guard": "context.n > 0"}',
    );
    return draft;
  }
  for (const key of Object.keys(json)) {
    if (KEYS.includes(key) || json[key] === null) continue;
    if (key === "meta")
      problems.warn(at(path, key), "a transition has no meta here; its description may say the same");
    else
      problems.error(
        at(path, key),
        key === "input" || key === "context"
          ? 'what a transition sets is an action: {"assign": {"n": "event.n"}}'
          : `${JSON.stringify(key)} is not a key of a transition`,
      );
  }
  const targets = targetsOf(json["target"]).map((target) => (source === "" ? below(target) : target));
  putList(draft, "target", targets);
  guardInto(reader, draft, json, path);
  putList(draft, "actions", actionsOf(reader, json["actions"], at(path, "actions")));
  if (isReentering(reader, json, targets, source)) draft["reenter"] = true;
  put(draft, "description", json["description"]);
  put(draft, "otherwise", json["otherwise"]);
  return draft;
}

/** `target: [null]`, as some exports have it, is none. */
function targetsOf(json: Json | undefined): readonly string[] {
  return listOf(json).filter((one) => typeof one === "string" && one !== "") as readonly string[];
}

/** At the top a target without a dot is a child in XState 4. */
function below(target: string): string {
  return target.startsWith("#") || target.startsWith(".") ? target : `.${target}`;
}

function guardInto(reader: Reader, draft: Draft, json: JsonObject, path: string): void {
  const key = ["guard", "cond", "when"].find((one) => json[one] !== undefined && json[one] !== null);
  const own = key === undefined ? undefined : guardOf(reader, json[key] ?? null, at(path, key));
  const inside =
    json["in"] === undefined || json["in"] === null ? undefined : inGuard(reader, json["in"], at(path, "in"));
  if (own !== undefined && inside !== undefined) draft["guard"] = { and: [inside, own] };
  else put(draft, "guard", own ?? inside);
}

/** A transition to the state itself or into it leaves it in XState 4, unless it is internal. */
function isReentering(reader: Reader, json: JsonObject, targets: readonly string[], source: string): boolean {
  if (typeof json["reenter"] === "boolean") return json["reenter"];
  if (!reader.isOld || source === "" || json["internal"] === true) return false;
  if (json["internal"] === false) return targets.some((target) => isInside(reader, target, source));
  return targets.some((target) => !target.startsWith(".") && isInside(reader, target, source));
}

function isInside(reader: Reader, target: string, source: string): boolean {
  if (target.startsWith(".")) return true;
  const parent = source.slice(0, Math.max(0, source.lastIndexOf(".")));
  const path = target.startsWith("#")
    ? reader.ids.get(target.slice(1))
    : parent === ""
      ? target
      : `${parent}.${target}`;
  return path === source || path?.startsWith(`${source}.`) === true;
}
