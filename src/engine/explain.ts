/** What would happen and why, without doing it: `next` for all events, `explain` for one. Both select as `step` does. */
import { isInternal } from "./event-names.ts";
import { readsOf, sourceOf, verdictOn } from "./guards.ts";
import { Run } from "./interpreter.ts";
import { type Machine, stateOf, type Transition } from "./machine.ts";
import { candidates, innermostFirst, publicTransitions, stateNames } from "./refusal.ts";
import { defers, removeConflictingTransitions, selectTransitions } from "./select.ts";
import { step } from "./step.ts";
import type { EngineEvent, Env, GuardVerdict, Snapshot, StepResult } from "./types.ts";

/** One transition an event could take now. */
export type NextTransition = {
  /** Path of the state that has it. */
  readonly state: string;
  /** Paths of its targets; empty when it has none. */
  readonly targets: readonly string[];
  readonly guard?: string;
  /** Whether the guard holds now; null when that depends on the event's data. True without guard. */
  readonly holds: boolean | null;
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
  for (const index of innermostFirst(machine, snapshot.configuration)) {
    for (const transition of publicTransitions(machine, index)) {
      const list = byEvent.get(transition.descriptor);
      const entry = describe(run, transition);
      if (list === undefined) byEvent.set(transition.descriptor, [entry]);
      else list.push(entry);
    }
  }
  return [...byEvent].map(([event, transitions]) => ({ event, holds: overall(transitions), transitions }));
}

function describe(run: Run, transition: Transition): NextTransition {
  const { guard } = transition;
  const outline = {
    state: stateOf(run.machine, transition.source).path,
    targets: targetPaths(run.machine, transition),
  };
  if (guard === undefined) return { ...outline, holds: true };
  const needsEvent = readsOf(guard).some(
    ({ keys }) => keys[0] === "data" || (keys[0] === "event" && keys[1] !== "type"),
  );
  run.eventType = transition.descriptor;
  return {
    ...outline,
    guard: sourceOf(guard),
    holds: needsEvent ? null : verdictOn(run, transition, guard).holds,
  };
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
   * taken, or an active state defers the event.
   */
  readonly outcome: "taken" | "closed" | "shadowed";
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
  const taken = new Set(
    isOpen ? removeConflictingTransitions(run, selectTransitions(run, event.type).transitions) : [],
  );
  return {
    event: event.type,
    states: stateNames(machine, snapshot.configuration),
    candidates: (isOpen ? candidates(run, event.type) : []).map((transition) =>
      candidateOf(run, transition, taken),
    ),
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
