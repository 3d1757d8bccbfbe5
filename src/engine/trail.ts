/**
 * What a change of a snapshot took away and added beside states and context. History keeps it with the change, in the
 * stored form of a snapshot, so that the change can be taken back: states and context follow from the history itself.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { historyToJson, keptToJson, slasToJson, timerToJson } from "./snapshot.ts";
import type { Effect, Snapshot } from "./types.ts";

/** Each field is left out where there is none of it. */
export type Trail = {
  /** Timers that were disarmed; one that has fired is not among them. */
  readonly t?: readonly JsonObject[];
  /** Numbers of the timers that were armed. */
  readonly a?: readonly number[];
  /** What joins have used of the events they kept. */
  readonly k?: readonly JsonObject[];
  /** Numbers of what they keep since. */
  readonly q?: readonly number[];
  /** What history states remembered before, and the slas before, where those differ. */
  readonly h?: readonly Json[];
  readonly l?: readonly Json[];
};

/** A step as the trail follows from it. */
export interface Trailed {
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly effects: readonly Effect[];
  /** The number of the timer that has fired, if one has. */
  readonly fired?: number | undefined;
}

/** Costs nothing where a step has not touched timers, joins, history states and slas. */
export function trailOf({ before, after, effects, fired }: Trailed): Trail | undefined {
  const trail: Draft = {};
  if (before.timers !== after.timers) {
    const gone = without(before.timers, after.timers).filter(({ seq }) => seq !== fired);
    const armed = without(after.timers, before.timers);
    if (gone.length > 0) trail.t = gone.map(timerToJson);
    if (armed.length > 0) trail.a = armed.map(({ seq }) => seq);
  }
  if (before.kept !== after.kept) addKept(trail, { before, after, effects });
  if (before.history !== after.history) {
    const was = historyToJson(before);
    if (differ(was, historyToJson(after))) trail.h = was;
  }
  if (before.slas !== after.slas) {
    const was = slasToJson(before);
    if (differ(was, slasToJson(after))) trail.l = was;
  }
  // A loop, because this runs with every change.
  for (const _ in trail) return trail;
  return undefined;
}

type Draft = { -readonly [Name in keyof Trail]: Trail[Name] };

function addKept(trail: Draft, { before, after, effects }: Omit<Trailed, "fired">): void {
  const used = new Set(effects.flatMap((effect) => (effect.kind === "consumed" ? effect.kept : [])));
  const gone = before.kept.filter((kept) => used.has(kept));
  const known = new Set(before.kept.map(({ seq }) => seq));
  const come = after.kept.filter(({ seq }) => !known.has(seq));
  if (gone.length > 0) trail.k = gone.map(keptToJson);
  if (come.length > 0) trail.q = come.map(({ seq }) => seq);
}

function without<Item>(all: readonly Item[], others: readonly Item[]): readonly Item[] {
  if (all.length === 0 || others.length === 0) return all;
  const known = new Set(others);
  return all.filter((item) => !known.has(item));
}

function differ(one: readonly Json[], other: readonly Json[]): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** A stored snapshot without what a change has added and with what it took away; states and context stay. */
export function takenBack(stored: JsonObject, trail: Trail): JsonObject {
  const timers = numbered(stored["t"], trail.a, trail.t);
  const kept = numbered(stored["k"], trail.q, trail.k);
  const next = [...timers, ...kept].reduce((most, { seq }) => Math.max(most, seq + 1), Number(stored["s"]));
  const { t: _t, k: _k, h, l, ...rest } = stored;
  const history = trail.h ?? h;
  const slas = trail.l === undefined ? l : overStill(trail.l, l);
  return {
    ...rest,
    s: next,
    ...(timers.length === 0 ? {} : { t: timers }),
    ...(kept.length === 0 ? {} : { k: kept }),
    ...(isFilled(history) ? { h: history } : {}),
    ...(isFilled(slas) ? { l: slas } : {}),
  };
}

type Numbered = JsonObject & { readonly seq: number };

/** A list by ascending numbers: those that are there but for some, and those that come back. */
function numbered(
  there: Json | undefined,
  come: readonly number[] = [],
  gone: readonly JsonObject[] = [],
): readonly Numbered[] {
  const added = new Set(come);
  const kept = (Array.isArray(there) ? there : []).filter(isNumbered).filter(({ seq }) => !added.has(seq));
  return [...kept, ...gone.filter(isNumbered)].sort((a, b) => a.seq - b.seq);
}

function isNumbered(value: Json): value is Numbered {
  return isJsonObject(value) && typeof value["seq"] === "number";
}

/** An sla that has passed since then without the state having been left has still passed. */
function overStill(was: readonly Json[], is: Json | undefined): readonly Json[] {
  const over = new Set((Array.isArray(is) ? is : []).map((sla) => JSON.stringify(sla)));
  return was.map((sla) => {
    const passed = Array.isArray(sla) ? [...sla.slice(0, 3), 1] : sla;
    return over.has(JSON.stringify(passed)) ? passed : sla;
  });
}

function isFilled(list: Json | readonly Json[] | undefined): list is readonly Json[] {
  return Array.isArray(list) && list.length > 0;
}
