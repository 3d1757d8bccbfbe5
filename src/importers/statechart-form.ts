/** The map and list forms of definitions as statecharts, for what is written in other languages. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { isListForm, isMapForm } from "../engine/forms.ts";
import { oneOrList } from "./translation.ts";

export function statechartOf(document: JsonObject): JsonObject {
  if (isMapForm(document)) return ofMap(document);
  return isListForm(document) ? ofList(document) : document;
}

const texts = (json: Json | undefined): readonly string[] =>
  (Array.isArray(json) ? (json as readonly Json[]) : []).filter((one) => typeof one === "string");

function ofMap(document: JsonObject): JsonObject {
  const { map, initial } = document;
  const edges = isJsonObject(map)
    ? Object.entries(map).flatMap(([from, targets]) => texts(targets).map((to) => ({ from, to, event: to })))
    : [];
  const names = [...(isJsonObject(map) ? Object.keys(map) : []), ...edges.map(({ to }) => to)];
  return flat(document, {
    names: new Set([...names, String(initial)]),
    initial: String(initial),
    edges,
    finals: [],
  });
}

function ofList(document: JsonObject): JsonObject {
  const start = document["starting_state"] ?? document["startingState"] ?? document["startingstate"];
  const edges = (
    Array.isArray(document["transitions"]) ? (document["transitions"] as readonly Json[]) : []
  ).flatMap((one) =>
    isJsonObject(one)
      ? [{ from: String(one["from"]), to: String(one["to"]), event: String(one["event"]) }]
      : [],
  );
  return flat(document, {
    names: new Set(texts(document["states"])),
    initial: String(start),
    edges,
    finals: texts(document["final"]),
  });
}

type Edge = { readonly from: string; readonly to: string; readonly event: string };

function flat(
  { name, version, description }: JsonObject,
  given: {
    readonly names: ReadonlySet<string>;
    readonly initial: string;
    readonly edges: readonly Edge[];
    readonly finals: readonly string[];
  },
): JsonObject {
  const { names, initial, edges, finals } = given;
  const own = Object.fromEntries(
    Object.entries({ name, version, description }).filter(([, value]) => value !== undefined),
  );
  const states = [...names].map((state): [string, Json] => {
    if (finals.includes(state)) return [state, { type: "final" }];
    const on = new Map<string, Json[]>();
    for (const { from, to, event } of edges) {
      if (from !== state) continue;
      const transition: Json = to === from ? { target: to, reenter: true } : { target: to };
      on.set(event, [...(on.get(event) ?? []), transition]);
    }
    return [
      state,
      on.size === 0
        ? {}
        : { on: Object.fromEntries([...on].map(([event, list]) => [event, oneOrList(list)])) },
    ];
  });
  return { ...(own as JsonObject), initial, states: Object.fromEntries(states) };
}
