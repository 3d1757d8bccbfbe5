/**
 * Joins at run time. An event that no transition accepts is kept for the first empty place that it fits. A complete
 * join is taken like an automatic transition, with all events that were kept for it. Kept events are part of the
 * snapshot.
 */
import { holdsInexact, noteHoldsInexact } from "../base/exact-json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { covers } from "./event-names.ts";
import { eventOf } from "./expressions-variables.ts";
import { holds, verdictOn } from "./guards.ts";
import { localsOf } from "./inexact-data.ts";
import type { Run } from "./interpreter.ts";
import type { Guard, Join, JoinGroup, Machine, Place, Transition } from "./machine.ts";
import { hasNumber } from "./sorted.ts";
import type { EventOrigin, GuardVerdict, Kept } from "./types.ts";

/** An empty place that an event fits. */
export type OpenPlace = { readonly join: Join; readonly place: Place };

/**
 * The place that keeps an event for which transitions were selected. Transitions for the event's name have priority
 * over a place, a place has priority over transitions for `*`. Undefined when the event is not kept.
 */
export function placeFor(run: Run, event: string, transitions: readonly Transition[]): OpenPlace | undefined {
  const { joins } = run.machine;
  if (joins.length === 0 || transitions.some(({ descriptor }) => descriptor !== "*")) return undefined;
  dropExpired(run);
  for (const join of activeJoins(run.machine, run)) {
    const place = openPlace(run, join, event);
    if (place !== undefined) return { join, place };
  }
  return undefined;
}

function openPlace(run: Run, join: Join, event: string): Place | undefined {
  let filled: Filled | undefined;
  let events: JsonObject | undefined;
  for (const place of join.places) {
    if (!fits(place, event)) continue;
    filled ??= filledPlaces(run, join);
    if (filled.has(place.number)) continue;
    if (place.kind !== "event" || place.guard === undefined) return place;
    const { guard } = place;
    // Computed once for all places: each place may have a guard that reads the events of the join.
    events ??= namedEvents(join, filled);
    if (withEvents(run, events, () => holds(run, guard))) return place;
  }
  return undefined;
}

/** The joins of active states, in document order. */
export function activeJoins(
  { joins }: Pick<Machine, "joins">,
  { configuration }: Pick<Run, "configuration">,
): readonly Join[] {
  return joins.filter(({ state }) => hasNumber(configuration, state));
}

/** The empty places of active joins that an event can fill, which conditions are not. */
export function* emptyPlaces(
  machine: Machine,
  { configuration, kept }: Pick<Run, "configuration" | "kept">,
): Iterable<OpenPlace> {
  for (const join of activeJoins(machine, { configuration })) {
    const filled = filledPlaces({ kept }, join);
    for (const place of join.places)
      if (place.kind !== "if" && !filled.has(place.number)) yield { join, place };
  }
}

/** The guards that refuse an event for empty places. */
export function closedPlaces(run: Run, event: string): readonly GuardVerdict[] {
  return [...emptyPlaces(run.machine, run)].flatMap(({ join, place }) =>
    place.kind === "event" && place.guard !== undefined && fits(place, event)
      ? [verdictIn(run, join, place.guard)]
      : [],
  );
}

/** The result of the guard of a place. */
export function verdictIn(run: Run, join: Join, guard: Guard): GuardVerdict {
  return withEvents(run, eventsOf(run, join), () => verdictOn(run, join.transition, guard));
}

/** Whether a place waits for events of this name. */
export function fits(place: Place, event: string): boolean {
  if (place.kind === "event") return covers(place.descriptor, event);
  return place.kind === "after" && place.event === event;
}

/** The contents of the places of a join, by the numbers of the places. */
export type Filled = ReadonlyMap<number, Kept>;

export function filledPlaces({ kept: all }: Pick<Run, "kept">, { number }: Join): Filled {
  const filled = new Map<number, Kept>();
  for (const kept of all) if (kept.join === number) filled.set(kept.place, kept);
  return filled;
}

/** Whether a place is filled by an event, not by a time that has passed. */
export function isEvent({ joins }: Machine, { join, place }: Kept): boolean {
  return joins[join]?.places[place]?.kind === "event";
}

/** Keeps the current event. */
export function keep(run: Run, { join, place }: OpenPlace): void {
  const { eventData: data, eventText: text } = run;
  const origin = known(run.eventOrigin);
  const kept: Kept = {
    seq: run.timerSeq,
    join: join.number,
    place: place.number,
    atMs: origin?.receivedMs ?? run.now,
    event: run.eventType,
    ...(data === undefined ? {} : { data }),
    ...(data === undefined || text === undefined ? {} : { text }),
    ...(origin === undefined ? {} : { origin }),
  };
  run.timerSeq += 1;
  run.kept = [...run.kept, kept];
  run.joinsToCheck ??= new Set();
  run.joinsToCheck.add(join.number);
  if (place.kind === "event") run.effects.push({ kind: "kept", kept: [kept] });
}

/** The sender and the options of an event; undefined for one that the machine has raised itself. */
function known(origin: EventOrigin | undefined): EventOrigin | undefined {
  if (origin === undefined) return undefined;
  // The sender may have given options that an origin does not hold.
  const { id, by, reason, stampMs, trace, receivedMs, expireAtMs } = origin;
  const given = Object.entries({ id, by, reason, stampMs, trace, receivedMs, expireAtMs });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/**
 * The first complete join in document order that may be taken now. A join that only conditions complete is not taken
 * again in one macrostep when its transition has changed nothing.
 */
export function completeJoin(run: Run): Join | undefined {
  const { joins } = run.machine;
  if (joins.length === 0) return undefined;
  dropExpired(run);
  for (const join of joins) {
    if (!join.hasCondition && run.joinsToCheck?.has(join.number) !== true) continue;
    if (run.idleJoins?.has(join.number) === true || !hasNumber(run.configuration, join.state)) continue;
    if (isComplete(run, join)) return join;
  }
  return undefined;
}

function isComplete(run: Run, join: Join): boolean {
  const filled = filledPlaces(run, join);
  const { isFilled, isFresh } = stateOfGroup(run, join, { group: join.whole, filled });
  return isFilled && isFresh;
}

/** Whether a part is complete, and whether some of its contents have not completed the join before. */
type Filling = { readonly isFilled: boolean; readonly isFresh: boolean };

const EMPTY: Filling = { isFilled: false, isFresh: false };

function stateOfGroup(
  run: Run,
  join: Join,
  { group, filled }: { readonly group: JoinGroup; readonly filled: Filled },
): Filling {
  let isFresh = false;
  let count = 0;
  for (const part of group.parts) {
    const filling =
      "parts" in part
        ? stateOfGroup(run, join, { group: part, filled })
        : stateOfPlace(run, join, part, filled);
    if (filling.isFilled) count += 1;
    else if (group.kind === "all") return EMPTY;
    isFresh ||= filling.isFresh;
  }
  return { isFilled: count > 0, isFresh };
}

function stateOfPlace(run: Run, join: Join, place: Place, filled: Filled): Filling {
  if (place.kind === "if") {
    const isFilled = holdsIn(run, join, place.guard);
    return { isFilled, isFresh: isFilled };
  }
  const kept = filled.get(place.number);
  return kept === undefined ? EMPTY : { isFilled: true, isFresh: kept.isSpent !== true };
}

/** The missing parts of a join as messages show them; empty when it is complete. */
export function missingOf(run: Run, join: Join): readonly string[] {
  const filled = filledPlaces(run, join);
  const missing = (part: Place | JoinGroup): readonly string[] => {
    if (!("parts" in part)) {
      const has = part.kind === "if" ? holdsIn(run, join, part.guard) : filled.has(part.number);
      return has ? [] : [`${part.name}: ${part.source}`];
    }
    const parts = part.parts.map(missing);
    if (part.kind === "all") return parts.flat();
    return parts.some((list) => list.length === 0)
      ? []
      : [parts.map((list) => list.join(" and ")).join(" or ")];
  };
  return missing(join.whole);
}

/** Removes the events that were kept for a join, and returns them as the variable `events`. */
export function consume(run: Run, join: Join): JsonObject {
  const events = eventsOf(run, join);
  const used: Kept[] = [];
  const left: Kept[] = [];
  for (const kept of run.kept) {
    if (kept.join !== join.number) left.push(kept);
    else if (isEvent(run.machine, kept)) used.push(kept);
    // A time that has passed fills its place until the state is left.
    else left.push({ ...kept, isSpent: true });
  }
  run.kept = left;
  run.joinsToCheck?.delete(join.number);
  if (used.length > 0) run.effects.push({ kind: "consumed", kept: used });
  return events;
}

/** Releases the events that joins of left states have kept, so that they are tried once more. */
export function release(run: Run, states: readonly number[]): void {
  if (run.kept.length === 0) return;
  dropExpired(run);
  const { joins } = run.machine;
  const isLeft = ({ join }: Kept) => hasNumber(states, joins[join]?.state ?? -1);
  const gone = run.kept.filter(isLeft);
  if (gone.length === 0) return;
  run.kept = run.kept.filter((kept) => !isLeft(kept));
  const released = gone.filter((kept) => isEvent(run.machine, kept));
  if (released.length > 0) run.effects.push({ kind: "released", kept: released });
}

function dropExpired(run: Run): void {
  if (run.kept.length === 0) return;
  const isOver = ({ origin }: Kept) => origin?.expireAtMs !== undefined && origin.expireAtMs < run.now;
  const expired = run.kept.filter(isOver);
  if (expired.length === 0) return;
  run.kept = run.kept.filter((kept) => !isOver(kept));
  run.effects.push({ kind: "expired", kept: expired });
}

function holdsIn(run: Run, join: Join, guard: Guard): boolean {
  return withEvents(run, eventsOf(run, join), () => holds(run, guard));
}

function withEvents<T>(run: Run, events: JsonObject, evaluate: () => T): T {
  const outer = run.locals;
  run.locals = localsOf(outer, { events });
  const value = evaluate();
  run.locals = outer;
  return value;
}

/** The events of a join, each under its name and under the names of its groups. */
function eventsOf(run: Pick<Run, "kept">, join: Join): JsonObject {
  return namedEvents(join, filledPlaces(run, join));
}

function namedEvents(join: Join, filled: Filled): JsonObject {
  const all: { [name: string]: Json } = Object.create(null) as { [name: string]: Json };
  const fill = ({ parts }: JoinGroup, into: { [name: string]: Json }): void => {
    for (const part of parts) {
      if ("parts" in part) {
        const inner: { [name: string]: Json } = Object.create(null) as { [name: string]: Json };
        fill(part, inner);
        if (Object.keys(inner).length === 0) continue;
        into[part.name ?? ""] = inner;
        all[part.name ?? ""] = inner;
        continue;
      }
      const kept = filled.get(part.number);
      if (kept === undefined) continue;
      const value = joinedEvent(kept);
      into[part.name] = value;
      all[part.name] = value;
    }
  };
  fill(join.whole, all);
  if ([...filled.values()].some(({ data }) => holdsInexact(data))) noteHoldsInexact(all);
  return all;
}

/** An event like the variable `event`, with its id, sender and time. */
function joinedEvent({ event, data, origin, atMs }: Kept): JsonObject {
  const { id, by } = origin ?? {};
  return {
    ...eventOf({ eventType: event, eventData: data }),
    ...(id === undefined ? {} : { id }),
    ...(by === undefined ? {} : { by }),
    at: atMs,
  };
}
