/**
 * The doors of the engine: `start` a machine, `step` it with an event, `fire` one of its timers, `recall` a deferred
 * event. All are pure and none throws for what a client or a definition may do.
 */
import type { JsonObject } from "../base/json.ts";
import { ERROR_EXECUTION, isInternal } from "./event-names.ts";
import { arm, ExecutionFailure, Run, snapshotOf } from "./interpreter.ts";
import { brokenInvariant } from "./invariants.ts";
import { keep, type OpenPlace, placeFor } from "./joins.ts";
import { type EntrySet, isDescendant, type Machine, stateOf, type Transition } from "./machine.ts";
import { changesOf, macrostep, runToCompletion } from "./macrostep.ts";
import { enterStates } from "./microstep.ts";
import { nearest } from "./problems.ts";
import { quoted, refusalOf, stateNames, tooLate } from "./refusal.ts";
import { selectTransitions } from "./select.ts";
import { initialEntrySet } from "./sets.ts";
import { hasNumber } from "./sorted.ts";
import {
  BLANK_SNAPSHOT,
  type Deferred,
  type EngineEvent,
  type Env,
  type Failed,
  type Ignored,
  type Moved,
  type Refused,
  type Snapshot,
  type StepResult,
} from "./types.ts";

/** Shared by the results that have nothing to tell, as most have. */
const NONE: readonly never[] = [];

/** How a machine is to start. */
export type StartOptions = {
  /** Dotted paths or ids of the states to start in, instead of the initial one: together a configuration. */
  readonly states?: readonly string[];
  /** Replaces the definition's initial context key by key. */
  readonly context?: JsonObject;
  /** The context as it is to be, of a machine that starts anew. */
  readonly wholeContext?: JsonObject;
};

/** The initial macrostep. Refused with NOSTATE when its states are no configuration, failed when an action fails. */
export function start(machine: Machine, env: Env, options: StartOptions = {}): Moved | Refused | Failed {
  const targets = options.states === undefined ? undefined : startTargets(machine, options.states);
  if (typeof targets === "string") return noState(targets);
  const context = options.wholeContext ?? { ...machine.context, ...options.context };
  const blank: Snapshot = { ...BLANK_SNAPSHOT, context };
  const run = new Run(machine, blank, { type: "xstate.init", data: undefined, env });
  return attempt(run, initialEntrySet(machine, targets));
}

/** The states of these names, or why a machine cannot be in all of them at once. */
export function startTargets(machine: Machine, names: readonly string[]): number[] | string {
  const named = new Set<number>();
  for (const name of names) {
    const target = findState(machine, name);
    if (target === undefined) return `there is no state '${name}' to start in${didYouMean(machine, name)}`;
    named.add(target);
  }
  const targets = [...named].sort((a, b) => a - b);
  // A state that holds another of them is entered with it, and would enter its initial states beside it. In document
  // order the next one lies below it then.
  return (
    conflictAmong(machine, targets) ??
    targets.filter((target, i) => !isDescendant(machine, targets[i + 1] ?? -1, target))
  );
}

/** Two states that exclude each other: no parallel state has them in different regions. O(number of targets · depth). */
function conflictAmong(machine: Machine, targets: readonly number[]): string | undefined {
  const childOf = new Map<number, number>();
  for (const target of targets) {
    for (let index = target; index !== 0; index = stateOf(machine, index).parent) {
      const { parent } = stateOf(machine, index);
      const other = childOf.get(parent);
      if (other !== undefined && other !== index && stateOf(machine, parent).kind === "compound") {
        const names = [other, index].map((state) => stateOf(machine, state).path);
        return `a machine cannot start in ${names.map((name) => `'${name}'`).join(" and ")} at once`;
      }
      childOf.set(parent, index);
    }
  }
  return undefined;
}

/** A hint for a name that no state has; empty where none is near. O(number of states). */
export function didYouMean(machine: Machine, name: string): string {
  const hint = nearest(name, [...machine.byPath.keys()]);
  return hint === undefined ? "" : `; did you mean '${hint}'?`;
}

/** The index of the state a path or an id names; undefined for none, for a history and for the root. */
export function findState(machine: Machine, name: string): number | undefined {
  const index = machine.byPath.get(name) ?? machine.byId.get(name.startsWith("#") ? name.slice(1) : name);
  if (index === undefined || index === 0) return undefined;
  return stateOf(machine, index).kind === "history" ? undefined : index;
}

/** One external event, one macrostep. */
export function step(machine: Machine, snapshot: Snapshot, event: EngineEvent, env: Env): StepResult {
  if (snapshot.status === "done") return done(machine, snapshot, event.type);
  const run = runOf(machine, snapshot, event, env);
  // The names the machine keeps for its own events are no client's to send.
  const selection = isInternal(event.type) ? undefined : selectTransitions(run, event.type);
  const place = selection && placeFor(run, event.type, selection.transitions);
  if (place !== undefined) return keepAt(run, place);
  if (selection === undefined || selection.transitions.length === 0) {
    if (run.budgetLeft <= 0) return attempt(run, []);
    const policy =
      selection?.isDeferred === true ? "defer" : selection === undefined ? "reject" : machine.unmatched;
    if (policy === "reject") return refusalOf(run, event.type);
    return { kind: policy === "defer" ? "deferred" : "ignored", snapshot };
  }
  return attempt(run, selection.transitions);
}

/**
 * A timer is due. The caller has removed it from its index; the result's snapshot no longer has it. A timer that is
 * not in the snapshot is stale and ignored. An `after` or `raise` that nothing takes is spent without effect, unless
 * the machine defers it.
 */
export function fire(
  machine: Machine,
  snapshot: Snapshot,
  seq: number,
  env: Env,
): Moved | Failed | Deferred | Ignored {
  const timer = snapshot.timers.find((candidate) => candidate.seq === seq);
  if (timer === undefined || snapshot.status === "done") return { kind: "ignored", snapshot };
  const rest: Snapshot = { ...snapshot, timers: snapshot.timers.filter((candidate) => candidate !== timer) };
  const { event, data, text, to, id, def, eventId, expireAtMs } = timer;
  if (timer.kind === "send" && to !== undefined) {
    const payload = {
      to,
      event,
      ...(data === undefined ? {} : { data }),
      ...(text === undefined ? {} : { text }),
      ...(id === undefined ? {} : { id }),
      ...(def === undefined ? {} : { def }),
      ...(eventId === undefined ? {} : { eventId }),
      ...(expireAtMs === undefined ? {} : { expireAtMs }),
    };
    return { kind: "moved", snapshot: rest, effects: [{ kind: "send", ...payload }], changes: [], trace: [] };
  }
  const payload = { ...(data === undefined ? {} : { data }), ...(text === undefined ? {} : { text }) };
  return deliver(machine, rest, { event: { type: event, ...payload }, env });
}

/**
 * An event the machine sent itself (`raise` with `delay: 0`, or a timer): like `step`, but never refused. What
 * nothing takes is spent.
 */
export function deliver(
  machine: Machine,
  snapshot: Snapshot,
  given: { readonly event: EngineEvent; readonly env: Env },
): Moved | Failed | Deferred | Ignored {
  const { event, env } = given;
  if (snapshot.status === "done") return { kind: "ignored", snapshot };
  const run = runOf(machine, snapshot, event, env);
  const { transitions, isDeferred } = selectTransitions(run, event.type);
  const place = placeFor(run, event.type, transitions);
  if (place !== undefined) return keepAt(run, place);
  if (transitions.length > 0) {
    return attempt(run, transitions);
  }
  const isOwn = isInternal(event.type) || event.type === ERROR_EXECUTION;
  const isKept = isDeferred || (machine.unmatched === "defer" && !isOwn);
  return { kind: isKept ? "deferred" : "ignored", snapshot };
}

/**
 * The position of the first deferred event that a state takes now, in inbox order; undefined when none does. The
 * caller removes it from the inbox, hands it to `step`, and asks again after each macrostep.
 */
export function recall(
  machine: Machine,
  snapshot: Snapshot,
  inbox: readonly EngineEvent[],
  env: Env,
): number | undefined {
  if (snapshot.status === "done") return undefined;
  for (const [position, event] of inbox.entries()) {
    const run = runOf(machine, snapshot, event, env);
    const { transitions } = selectTransitions(run, event.type);
    if (transitions.length > 0 || placeFor(run, event.type, transitions) !== undefined) return position;
  }
  return undefined;
}

/** Paths of the active atomic (or final) states, in document order. */
export function activeStates(machine: Machine, snapshot: Snapshot): readonly string[] {
  return stateNames(machine, snapshot.configuration);
}

/** True when the state a path or an id names is active, itself or through a state below it. */
export function isActive(machine: Machine, snapshot: Snapshot, name: string): boolean {
  const index = findState(machine, name);
  return index !== undefined && hasNumber(snapshot.configuration, index);
}

/** A step of a machine with an event that has come. */
function runOf(machine: Machine, snapshot: Snapshot, event: EngineEvent, env: Env): Run {
  const { type, data, text, origin } = event;
  return new Run(machine, snapshot, { type, data, text, origin, env });
}

/** The event fills a place of a join, and completes it where it was the last one. */
function keepAt(run: Run, place: OpenPlace): Moved | Failed {
  keep(run, place);
  return attempt(run, []);
}

/**
 * Runs a macrostep, from transitions or from the states a machine starts in, and turns its end into a result; undefined:
 * no step is taken, and the run is looked at as it is.
 */
export function attempt(run: Run, first: readonly Transition[] | EntrySet | undefined): Moved | Failed {
  const event = run.eventType;
  try {
    if (first === undefined) {
      // What has been done to the run already is all.
    } else if ("states" in first) {
      enterInitialStates(run, first);
      runToCompletion(run);
    } else {
      macrostep(run, first);
    }
    if (run.machine.invariants.length > 0) {
      const breach = brokenInvariant(run);
      if (breach !== undefined) throw new ExecutionFailure(breach, "INVARIANT");
    }
    if (run.effects.some(({ kind }) => kind === "suspend")) holdRaised(run);
  } catch (error) {
    if (!(error instanceof ExecutionFailure)) throw error;
    const names = quoted(stateNames(run.machine, run.before.configuration));
    const place =
      first !== undefined && "states" in first ? "the machine cannot start" : `event '${event}' in ${names}`;
    return {
      kind: "failed",
      code: error.code,
      reason: error.message,
      message: error.code === "EXECFAIL" ? `${place}: ${error.message}` : error.message,
      snapshot: run.before,
    };
  }
  const changes = run.assigned === undefined ? NONE : changesOf(run);
  return {
    kind: "moved",
    snapshot: snapshotOf(run),
    effects: run.effects,
    changes,
    trace: run.trace ?? NONE,
  };
}

/** A machine that suspends itself gets what it has raised when it goes on: as timers that are due. */
export function holdRaised(run: Run): void {
  for (const effect of run.effects.splice(0)) {
    if (effect.kind === "raise") arm(run, 0, effect);
    else run.effects.push(effect);
  }
}

function enterInitialStates(run: Run, entry: EntrySet): void {
  enterStates(run, [entry]);
  run.settle();
  run.observer?.onEntered?.(entry.states);
  run.trace?.push({ event: run.eventType, transitions: [], exited: [], entered: entry.states });
}

function noState(message: string): Refused {
  return {
    kind: "refused",
    code: "NOSTATE",
    message,
    accepted: [],
    guards: [],
  };
}

function done(machine: Machine, snapshot: Snapshot, event: string): Refused {
  return {
    kind: "refused",
    code: "DONE",
    message: tooLate(event, stateNames(machine, snapshot.configuration)),
    accepted: [],
    guards: [],
  };
}
