/** What would happen and why, without doing it: `next` for all events, `explain` for one. Both select as `step` does. */
import { isInternal } from "./event-names.ts";
import { readsOf, sourceOf, verdictOn } from "./guards.ts";
import { Run } from "./interpreter.ts";
import {
  activeJoins,
  emptyPlaces,
  type Filled,
  filledPlaces,
  fits,
  missingOf,
  placeFor,
  verdictIn,
} from "./joins.ts";
import { type Guard, type Join, type Machine, type Place, stateOf, type Transition } from "./machine.ts";
import { candidates, innermostFirst, publicTransitions, stateNames } from "./refusal.ts";
import { defers, exitRange, removeConflictingTransitions, selectTransitions } from "./select.ts";
import { step } from "./step.ts";
import type { EngineEvent, Env, GuardVerdict, Snapshot, StepResult } from "./types.ts";

type EventPlace = Extract<Place, { kind: "event" }>;

/** One transition an event could take now. */
export type NextTransition = {
  /** Path of the state that has it. */
  readonly state: string;
  /** Paths of its targets; empty when it has none. */
  readonly targets: readonly string[];
  readonly guard?: string;
  /** Whether the guard holds now; null when that depends on the event's data. True without guard. */
  readonly holds: boolean | null;
  /** For an event that a join keeps: where. */
  readonly join?: JoinPlace;
  /** Ids of the children that end with the states it leaves; absent for none. */
  readonly stops?: readonly string[];
};

/** A place of a join that an event may fill. */
export type JoinPlace = {
  /** The name of the place. */
  readonly place: string;
  /** All that the join still waits for, as messages show it. */
  readonly missing: readonly string[];
};

/** One event (or descriptor with wildcard) that is accepted now. */
export type NextEvent = {
  readonly event: string;
  /** True when some transition is open, null when that depends on the data, false when all guards are false. */
  readonly holds: boolean | null;
  /** In the order in which they would be tried. */
  readonly transitions: readonly NextTransition[];
};

/** The events accepted in a snapshot, innermost state first, each once. Empty for a machine that is done. */
export function next(machine: Machine, snapshot: Snapshot, env: Env): readonly NextEvent[] {
  if (snapshot.status === "done") return [];
  const run = new Run(machine, snapshot, { type: "", data: undefined, env });
  const byEvent = new Map<string, NextTransition[]>();
  const add = (event: string, entry: NextTransition): void => {
    const list = byEvent.get(event);
    if (list === undefined) byEvent.set(event, [entry]);
    else list.push(entry);
  };
  for (const index of innermostFirst(machine, snapshot.configuration)) {
    for (const transition of publicTransitions(machine, index))
      add(transition.descriptor, describe(run, transition));
  }
  for (const open of emptyPlaces(machine, run)) {
    if (open.place.kind !== "event" || isInternal(open.place.descriptor)) continue;
    add(open.place.descriptor, describePlace(run, open.join, open.place));
  }
  return [...byEvent].map(([event, transitions]) => ({ event, holds: overall(transitions), transitions }));
}

function describePlace(run: Run, join: Join, place: EventPlace): NextTransition {
  const { guard, descriptor, name } = place;
  const missing = missingOf(run, join);
  const outline = {
    state: stateOf(run.machine, join.state).path,
    targets: targetPaths(run.machine, join.transition),
    join: { place: name, missing },
  };
  if (guard === undefined) return { ...outline, holds: true };
  run.eventType = descriptor;
  const isOpen = needsEvent(guard) ? null : verdictIn(run, join, guard).holds;
  return { ...outline, guard: sourceOf(guard), holds: isOpen };
}

/** Whether a guard depends on the data of the event. */
function needsEvent(guard: Guard): boolean {
  return readsOf(guard).some(({ keys }) => keys[0] === "data" || (keys[0] === "event" && keys[1] !== "type"));
}

function describe(run: Run, transition: Transition): NextTransition {
  const { guard } = transition;
  const outline = {
    state: stateOf(run.machine, transition.source).path,
    targets: targetPaths(run.machine, transition),
    ...stopsOf(run, transition),
  };
  if (guard === undefined) return { ...outline, holds: true };
  run.eventType = transition.descriptor;
  return {
    ...outline,
    guard: sourceOf(guard),
    holds: needsEvent(guard) ? null : verdictOn(run, transition, guard).holds,
  };
}

/** The children of the states that a transition leaves. */
function stopsOf(run: Run, transition: Transition): Pick<NextTransition, "stops"> {
  const left = run.configuration.slice(...exitRange(run, transition));
  const stops = left.flatMap((index) => stateOf(run.machine, index).invokes.map(({ id }) => id));
  return stops.length === 0 ? {} : { stops };
}

function overall(transitions: readonly NextTransition[]): boolean | null {
  if (transitions.some(({ holds }) => holds === true)) return true;
  return transitions.some(({ holds }) => holds === null) ? null : false;
}

/** Paths of a transition's targets. */
export function targetPaths(machine: Machine, transition: Transition): readonly string[] {
  return (transition.targets ?? []).map((target) => stateOf(machine, target).path);
}

/** A transition that reacts to the event in the current configuration. */
export type Candidate = {
  readonly state: string;
  /** The descriptor that matched. */
  readonly event: string;
  readonly targets: readonly string[];
  /** Absent without guard. */
  readonly verdict?: GuardVerdict;
  /**
   * `taken`: it would be; `closed`: its guard is false; `shadowed`: open, but one tried before it or below it is
   * taken, or an active state defers the event. For a place of a join `kept` is what `taken` is, and `filled` says that
   * it holds an event already.
   */
  readonly outcome: "taken" | "closed" | "shadowed" | "kept" | "filled";
  readonly join?: JoinPlace;
};

/** The whole answer to "why". `result` is what `step` returns for the same arguments. */
export type Explanation = {
  readonly event: string;
  readonly states: readonly string[];
  readonly candidates: readonly Candidate[];
  /** Path of the states that keep the event for later. */
  readonly deferredBy: readonly string[];
  readonly result: StepResult;
};

/** What `step` would do with an event. Costs a step and the evaluation of all candidates' guards. */
export function explain(machine: Machine, snapshot: Snapshot, event: EngineEvent, env: Env): Explanation {
  const result = step(machine, snapshot, event, env);
  const run = new Run(machine, snapshot, { type: event.type, data: event.data, env });
  const isOpen = snapshot.status === "active" && !isInternal(event.type);
  const selected = isOpen ? selectTransitions(run, event.type).transitions : [];
  const place = isOpen ? placeFor(run, event.type, selected) : undefined;
  const taken = new Set(place === undefined ? removeConflictingTransitions(run, selected) : []);
  return {
    event: event.type,
    states: stateNames(machine, snapshot.configuration),
    candidates: isOpen
      ? [
          ...candidates(run, event.type).map((transition) => candidateOf(run, transition, taken)),
          ...placesFitting(run, event.type, place?.place),
        ]
      : [],
    deferredBy:
      result.kind === "deferred"
        ? snapshot.configuration
            .map((index) => stateOf(machine, index))
            .filter((state) => defers(state, event.type))
            .map((state) => state.path)
        : [],
    result,
  };
}

function candidateOf(run: Run, transition: Transition, taken: ReadonlySet<Transition>): Candidate {
  const { guard, descriptor } = transition;
  const verdict = guard === undefined ? undefined : verdictOn(run, transition, guard);
  const outline = {
    state: stateOf(run.machine, transition.source).path,
    event: descriptor,
    targets: targetPaths(run.machine, transition),
  };
  const isShut = verdict?.holds === false;
  const outcome = taken.has(transition) ? "taken" : isShut ? "closed" : "shadowed";
  return verdict === undefined ? { ...outline, outcome } : { ...outline, verdict, outcome };
}

/** The places of active joins that are for events of a name. */
function placesFitting(run: Run, event: string, chosen: Place | undefined): readonly Candidate[] {
  return activeJoins(run.machine, run).flatMap((join) => {
    const filled = filledPlaces(run, join);
    return join.places
      .filter((place) => place.kind === "event")
      .filter((place) => fits(place, event))
      .map((place) => placeCandidate(run, join, { place, filled, isChosen: place === chosen }));
  });
}

function placeCandidate(
  run: Run,
  join: Join,
  given: { readonly place: EventPlace; readonly filled: Filled; readonly isChosen: boolean },
): Candidate {
  const { place, filled, isChosen } = given;
  const outline = {
    state: stateOf(run.machine, join.state).path,
    event: place.descriptor,
    targets: targetPaths(run.machine, join.transition),
    join: { place: place.name, missing: missingOf(run, join) },
  };
  if (filled.has(place.number)) return { ...outline, outcome: "filled" };
  const verdict = place.guard && verdictIn(run, join, place.guard);
  const outcome = isChosen ? "kept" : verdict?.holds === false ? "closed" : "shadowed";
  return verdict === undefined ? { ...outline, outcome } : { ...outline, verdict, outcome };
}
