/** Joins of a definition: from `join` of a state to the places that events fill and the transition that is taken then. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { type Linker, linkDelay, linkGuard, withLocals } from "./compile-expressions.ts";
import { linkDescriptor, linkTransition } from "./compile-transitions.ts";
import type { DraftState } from "./draft.ts";
import { joinEvent } from "./event-names.ts";
import { sourceOf } from "./guards.ts";
import type { Join, JoinGroup, Place } from "./machine.ts";
import { at, checkKeys, kindOf } from "./problems.ts";

/** Places of one join. */
const PLACES_MAX = 1000;

const JOIN_KEYS = ["all", "any", "target", "actions", "reenter", "description"];

const REPLACED_KEYS = {
  guard: 'a condition of the whole is a part of it: {"if": "…"}',
  on: 'the events stand under "all" or "any", each under a name',
};

const PART_FORMS = '"EVENT", {"event", "guard"}, {"if": "…"}, {"after": "2h"}, {"all": {…}} or {"any": {…}}';

/** What one join is compiled with. */
type Build = {
  readonly linker: Linker;
  readonly from: DraftState;
  readonly number: number;
  readonly places: Place[];
  readonly names: Set<string>;
};

/** Compiles the joins of a state. */
export function linkJoins(linker: Linker, state: DraftState): readonly Join[] {
  const json = state.json["join"];
  if (json === undefined) return [];
  const path = at(state.jsonPath, "join");
  const items = Array.isArray(json) ? json : [json];
  return items.flatMap((item, index) => {
    const join = linkJoin(linker, item, { from: state, path: Array.isArray(json) ? at(path, index) : path });
    if (join === undefined) return [];
    linker.joins.push(join);
    return [join];
  });
}

type Where = { readonly from: DraftState; readonly path: string };

function linkJoin(linker: Linker, json: Json, { from, path }: Where): Join | undefined {
  const { problems } = linker;
  if (!isJsonObject(json)) {
    problems.error(
      path,
      `a join is {"all": {"a": "EVENT", …}, "target", "actions"}, this is ${kindOf(json)}`,
    );
    return undefined;
  }
  checkKeys(json, path, { allowed: JOIN_KEYS, what: "a join", problems, replaced: REPLACED_KEYS });
  const { all, any, ...rest } = json;
  const given = all ?? any;
  if (given === undefined || (all !== undefined && any !== undefined)) {
    problems.error(path, 'a join has "all" or "any", one of them: what it waits for, each part under a name');
    return undefined;
  }
  const inner = withLocals(linker, "events");
  const build: Build = { linker: inner, from, number: linker.joins.length, places: [], names: new Set() };
  const kind = all === undefined ? "any" : "all";
  const whole = linkGroup(build, { kind, name: undefined, json: given, path: at(path, kind) });
  if (build.places.length > PLACES_MAX) problems.error(path, `a join may have ${PLACES_MAX} places`);
  const group = { from, descriptor: "", isPublic: false, path };
  const transition = linkTransition(inner, rest, group);
  if (whole === undefined || transition === undefined) return undefined;
  return {
    number: build.number,
    state: from.index,
    whole,
    places: build.places,
    hasCondition: build.places.some((place) => place.kind === "if"),
    transition: { ...transition, join: groupSource(whole) },
  };
}

type GivenGroup = {
  readonly kind: "all" | "any";
  readonly name: string | undefined;
  readonly json: Json;
  readonly path: string;
};

function linkGroup(build: Build, { kind, name, json, path }: GivenGroup): JoinGroup | undefined {
  const { problems } = build.linker;
  const entries = isJsonObject(json) ? Object.entries(json) : [];
  if (entries.length === 0) {
    const found = isJsonObject(json) ? "empty" : kindOf(json);
    problems.error(
      path,
      `${kind} takes an object of parts by name, this is ${found}; a part is ${PART_FORMS}`,
    );
    return undefined;
  }
  const parts = entries.map(([part, value]) => linkPart(build, part, { json: value, path: at(path, part) }));
  const known = parts.filter((part) => part !== undefined);
  return known.length < parts.length ? undefined : { kind, name, parts: known };
}

function linkPart(
  build: Build,
  name: string,
  { json, path }: { readonly json: Json; readonly path: string },
): Place | JoinGroup | undefined {
  const { linker, from, names } = build;
  const { problems } = linker;
  if (name === "" || name === "__proto__" || names.has(name)) {
    const why = names.has(name) ? "is taken: names within one join must differ" : "is not a name of a part";
    problems.error(path, `${JSON.stringify(name)} ${why}`);
    return undefined;
  }
  names.add(name);
  if (typeof json === "string") return eventPlace(build, name, { json: { event: json }, path });
  const kind = isJsonObject(json)
    ? (["all", "any", "event", "if", "after"] as const).find((key) => json[key] !== undefined)
    : undefined;
  if (!isJsonObject(json) || kind === undefined) {
    problems.error(path, `a part of a join is ${PART_FORMS}; this is ${kindOf(json)}`);
    return undefined;
  }
  const allowed = kind === "event" ? ["event", "guard"] : [kind];
  checkKeys(json, path, { allowed, what: `a part of a join with "${kind}"`, problems });
  const value = json[kind] ?? null;
  const place = { number: build.places.length, name, path };
  switch (kind) {
    case "all":
    case "any":
      return linkGroup(build, { kind, name, json: value, path: at(path, kind) });
    case "event":
      return eventPlace(build, name, { json, path });
    case "if": {
      const guard = linkGuard(linker, value, { path: at(path, "if"), from });
      return guard && add(build, { ...place, kind, guard, source: `if ${sourceOf(guard)}` });
    }
    case "after": {
      const delay = linkDelay(linker, value, at(path, "after"));
      const event = joinEvent(from.id, build.number, name);
      return delay === undefined
        ? undefined
        : add(build, { ...place, kind, delay, event, source: `after ${String(value)}` });
    }
  }
}

function eventPlace(
  build: Build,
  name: string,
  { json, path }: { readonly json: JsonObject; readonly path: string },
): Place | undefined {
  const { linker, from } = build;
  const { event, guard: condition } = json;
  if (typeof event !== "string") {
    linker.problems.error(
      at(path, "event"),
      `an event is named by a string, this is ${kindOf(event ?? null)}`,
    );
    return undefined;
  }
  if (event === "*") {
    linker.problems.error(path, "a place takes events of one name or of one family, as in 'vote.*', not all");
    return undefined;
  }
  const descriptor = linkDescriptor(linker, event, path);
  const guard =
    condition === undefined ? undefined : linkGuard(linker, condition, { path: at(path, "guard"), from });
  if (condition !== undefined && guard === undefined) return undefined;
  const source = guard === undefined ? event : `${event} [${sourceOf(guard)}]`;
  return add(build, {
    number: build.places.length,
    name,
    path,
    kind: "event",
    descriptor,
    guard,
    source,
  });
}

function add({ places }: Build, place: Place): Place {
  places.push(place);
  return place;
}

/** A join as messages and drawings show it: `all(a: PAID, c: any(x: LABEL, y: after 2h))`. */
export function groupSource({ kind, parts }: JoinGroup): string {
  const shown = parts.map((part) => `${part.name}: ${"parts" in part ? groupSource(part) : part.source}`);
  return `${kind}(${shown.join(", ")})`;
}
