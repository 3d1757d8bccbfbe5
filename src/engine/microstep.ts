/** One microstep: leave states, run the transitions' actions, enter states. SCXML's exitStates and enterStates. */
import type { Json } from "../base/json.ts";
import { build } from "./action-values.ts";
import { runActions, wait } from "./actions.ts";
import { spawn } from "./child-actions.ts";
import { arm, disarm, type Run, unwatch, watch } from "./interpreter.ts";
import { release } from "./joins.ts";
import { type EntrySet, type StateNode, stateOf, type Transition } from "./machine.ts";
import { at } from "./problems.ts";
import { exitRange } from "./select.ts";
import { entrySetOf } from "./sets.ts";
import { lowerBound } from "./sorted.ts";

/** Takes transitions that do not conflict. Domains and the histories they name are as before the exit (rule 11). */
export function microstep(run: Run, transitions: readonly Transition[]): void {
  if (run.observer !== undefined) transitions.forEach(run.observer.onTaken);
  const before = run.history;
  const exited = exitSetOf(run, transitions);
  if (exited.length > 0) exitStates(run, exited);
  for (const transition of transitions) {
    if (transition.actions.length > 0) runActions(run, transition.actions);
  }
  const entered = enterStates(
    run,
    transitions.map((transition) => entrySetOf(run, transition, before)),
  );
  run.settle();
  run.observer?.onEntered?.(entered);
  run.trace?.push({
    event: run.eventType,
    transitions,
    exited: exited.toReversed(),
    entered,
  });
}

/** The active states that transitions leave, in document order. What they leave does not overlap. */
function exitSetOf(run: Run, transitions: readonly Transition[]): readonly number[] {
  const { configuration } = run;
  const [only] = transitions;
  if (transitions.length === 1 && only !== undefined) return configuration.slice(...exitRange(run, only));
  const ranges = transitions.map((transition) => exitRange(run, transition));
  ranges.sort(([a], [b]) => a - b);
  return ranges.flatMap(([from, to]) => configuration.slice(from, to));
}

/** Leaves states, the last one first. */
function exitStates(run: Run, exited: readonly number[]): void {
  if (run.machine.hasHistory) recordHistory(run, exited);
  run.startLeaving(exited);
  for (let position = exited.length - 1; position >= 0; position--) {
    const { exit, invokes } = stateOf(run.machine, exited[position] ?? 0);
    if (exit.length > 0) runActions(run, exit);
    if (invokes.length > 0) for (const { id } of invokes) run.effects.push({ kind: "stop", id });
    run.leaveLast();
  }
  if (run.timers.size > 0) disarm(run, run.timers.removeStates(exited));
  release(run, exited);
  unwatch(run, exited);
}

/** Deep history keeps the atomic states, shallow history the children, as they are before anything is left. */
function recordHistory(run: Run, exited: readonly number[]): void {
  let history: Map<number, readonly number[]> | undefined;
  for (const index of exited) {
    for (const historyIndex of stateOf(run.machine, index).histories) {
      history ??= new Map(run.history);
      history.set(historyIndex, remembered(run, index, stateOf(run.machine, historyIndex).isDeepHistory));
    }
  }
  if (history !== undefined) run.history = history;
}

function remembered(run: Run, index: number, isDeep: boolean): readonly number[] {
  const { machine, configuration } = run;
  const state = stateOf(machine, index);
  if (!isDeep && state.kind === "parallel") return state.children;
  const from = lowerBound(configuration, index + 1);
  // The first active state below a compound one is its child.
  if (!isDeep) return configuration.slice(from, from + 1);
  return configuration
    .slice(from, lowerBound(configuration, state.last + 1))
    .filter((active) => stateOf(machine, active).children.length === 0);
}

/** Enters the states of all sets in document order and returns them. */
export function enterStates(run: Run, entries: readonly EntrySet[]): readonly number[] {
  const entry = together(entries);
  const { states } = entry;
  if (states.length === 0) return states;
  run.startEntering(states);
  let completion: Completion | undefined;
  for (const index of states) {
    run.enterNext();
    const state = stateOf(run.machine, index);
    if (state.entry.length > 0) runActions(run, state.entry);
    for (const { delay, event, path } of state.after) {
      arm(run, wait(run, delay, path), { kind: "after", event, state: index });
    }
    if (state.joins.length > 0) armJoins(run, state);
    if (state.invokes.length > 0) for (const invoke of state.invokes) spawn(run, invoke);
    if (state.sla !== undefined) watch(run, index, wait(run, state.sla, at(state.jsonPath, "sla")));
    runDefaultActions(run, entry, state);
    if (state.kind !== "final") continue;
    completion ??= new Completion(run);
    completion.finish(state);
  }
  return states;
}

/** The times that joins of a state wait for count from its entry. */
function armJoins(run: Run, { index, joins }: StateNode): void {
  for (const place of joins.flatMap(({ places }) => places)) {
    if (place.kind !== "after") continue;
    const delayMs = wait(run, place.delay, place.path);
    arm(run, delayMs, { kind: "after", event: place.event, state: index });
  }
}

/** What several transitions enter, each state once. */
function together(entries: readonly EntrySet[]): EntrySet {
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) return only;
  return {
    states: [...new Set(entries.flatMap(({ states }) => states))].sort((a, b) => a - b),
    defaults: new Set(entries.flatMap(({ defaults }) => [...defaults])),
    histories: new Map(entries.flatMap(({ histories }) => [...histories])),
  };
}

function runDefaultActions(run: Run, { defaults, histories }: EntrySet, state: StateNode): void {
  if (state.initialActions.length > 0 && defaults.has(state.index)) runActions(run, state.initialActions);
  if (histories.size === 0) return;
  for (const history of histories.get(state.index) ?? [])
    runActions(run, stateOf(run.machine, history).initialActions);
}

/** As if final states, in document order, had just been entered: what they complete is reported. */
export function finishStates(run: Run, states: readonly number[]): void {
  const completion = new Completion(run);
  for (const index of states) completion.finish(stateOf(run.machine, index));
}

/** What the final states entered by one microstep complete (rule 12). */
class Completion {
  readonly #run: Run;
  readonly #completed = new Set<number>();
  /** Of parallel states: how many regions, from the first, are known to be done. Entering undoes none. */
  readonly #doneRegions = new Map<number, number>();

  constructor(run: Run) {
    this.#run = run;
  }

  /** A final state was entered: tells its parent and the parallel states this completes, or ends the machine. */
  finish(state: StateNode): void {
    const run = this.#run;
    const parent = stateOf(run.machine, state.parent);
    const output =
      state.output === undefined ? undefined : build(run, state.output, `${state.jsonPath}.output`);
    if (parent.parent === -1 && parent.kind === "compound") {
      endMachine(run, output);
      return;
    }
    let ancestor = parent;
    if (parent.kind === "compound") {
      run.queue.push({ type: parent.doneEvent, data: doneData(output) });
      ancestor = stateOf(run.machine, parent.parent);
    }
    while (ancestor.kind === "parallel" && !this.#completed.has(ancestor.index) && this.#isDone(ancestor)) {
      this.#completed.add(ancestor.index);
      run.queue.push({ type: ancestor.doneEvent, data: undefined });
      if (ancestor.parent === -1) {
        endMachine(run, undefined);
        return;
      }
      ancestor = stateOf(run.machine, ancestor.parent);
    }
  }

  /** True when a state is, or has come to, its final state; of a parallel state when all its regions have. */
  #isDone(state: StateNode): boolean {
    const run = this.#run;
    if (state.kind === "compound") {
      const child = run.firstBelow(state.index);
      return child !== undefined && stateOf(run.machine, child).kind === "final";
    }
    if (state.kind !== "parallel") return state.kind === "final" && run.isActive(state.index);
    let done = this.#doneRegions.get(state.index) ?? 0;
    for (; done < state.children.length; done++) {
      if (!this.#isDone(stateOf(run.machine, state.children[done] ?? 0))) break;
    }
    this.#doneRegions.set(state.index, done);
    return done === state.children.length;
  }
}

function doneData(output: Json | undefined): Json | undefined {
  return output === undefined ? undefined : { output };
}

/** The root's `output`, with the final state's as `event.output`, or the final state's output itself. */
function endMachine(run: Run, output: Json | undefined): void {
  run.status = "done";
  const root = stateOf(run.machine, 0);
  if (root.output === undefined) {
    run.output = output;
    return;
  }
  const { eventType, eventData } = run;
  run.eventType = root.doneEvent;
  run.eventData = doneData(output);
  run.output = build(run, root.output, "$.output");
  run.eventType = eventType;
  run.eventData = eventData;
}
