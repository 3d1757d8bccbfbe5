/** One microstep: leave states, run the transitions' actions, enter states. SCXML's exitStates and enterStates. */
import type { Json } from "../base/json.ts";
import { build, runActions, wait } from "./actions.ts";
import { arm, disarm, ownConfiguration, type Run } from "./interpreter.ts";
import { type EntrySet, isDescendant, type StateNode, stateOf, type Transition } from "./machine.ts";
import { exitRange } from "./select.ts";
import { entrySetOf } from "./sets.ts";

/** Takes transitions that do not conflict. Domains and the histories they name are as before the exit (rule 11). */
export function microstep(run: Run, transitions: readonly Transition[]): void {
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
  run.trace?.push({
    event: run.eventType,
    transitions: transitions.map(({ source, descriptor }) => ({ source, descriptor })),
    exited,
    entered,
  });
}

/** The active states that transitions leave, last one first. */
function exitSetOf(run: Run, transitions: readonly Transition[]): readonly number[] {
  const [only] = transitions;
  if (transitions.length === 1 && only !== undefined) return statesLeft(run, only);
  const states = new Set(transitions.flatMap((transition) => statesLeft(run, transition)));
  return [...states].sort((a, b) => b - a);
}

function statesLeft(run: Run, transition: Transition): readonly number[] {
  const [from, to] = exitRange(run, transition);
  const states: number[] = [];
  for (let position = to - 1; position >= from; position--) states.push(run.configuration[position] ?? 0);
  return states;
}

function exitStates(run: Run, exited: readonly number[]): void {
  if (run.machine.hasHistory) recordHistory(run, exited);
  const configuration = ownConfiguration(run);
  for (const index of exited) {
    const { exit } = stateOf(run.machine, index);
    if (exit.length > 0) runActions(run, exit);
    if (run.timers.length > 0) disarm(run, (timer) => timer.state === index);
    remove(configuration, index);
  }
}

/** Array.prototype.splice costs ten times as much on arrays as short as these. */
function remove(configuration: number[], index: number): void {
  let position = configuration.lastIndexOf(index);
  for (; position < configuration.length - 1; position++)
    configuration[position] = configuration[position + 1] ?? 0;
  configuration.pop();
}

function insert(configuration: number[], index: number): void {
  let position = configuration.length;
  configuration.push(index);
  for (; position > 0; position--) {
    const before = configuration[position - 1] ?? 0;
    if (before < index) break;
    configuration[position] = before;
  }
  configuration[position] = index;
}

/** Deep history keeps the atomic states, shallow history the children, as they are before anything is left. */
function recordHistory(run: Run, exited: readonly number[]): void {
  let history: Map<number, readonly number[]> | undefined;
  for (const index of exited) {
    for (const historyIndex of stateOf(run.machine, index).histories) {
      history ??= new Map(run.history);
      const isKept = stateOf(run.machine, historyIndex).isDeepHistory
        ? (active: StateNode) =>
            active.children.length === 0 && isDescendant(run.machine, active.index, index)
        : (active: StateNode) => active.parent === index;
      history.set(
        historyIndex,
        run.configuration.filter((active) => isKept(stateOf(run.machine, active))),
      );
    }
  }
  if (history !== undefined) run.history = history;
}

/** Enters the states of all sets in document order and returns them. */
export function enterStates(run: Run, entries: readonly EntrySet[]): readonly number[] {
  const [only] = entries;
  const states =
    entries.length === 1 && only !== undefined
      ? only.states
      : [...new Set(entries.flatMap((entry) => entry.states))].sort((a, b) => a - b);
  if (states.length === 0) return states;
  const configuration = ownConfiguration(run);
  let completed: Set<number> | undefined;
  for (const index of states) {
    insert(configuration, index);
    const state = stateOf(run.machine, index);
    if (state.entry.length > 0) runActions(run, state.entry);
    for (const { delay, event, path } of state.after) {
      arm(run, wait(run, delay, path), { kind: "after", event, state: index });
    }
    for (const entry of entries) runDefaultActions(run, entry, state);
    if (state.kind === "final") {
      completed ??= new Set();
      finish(run, state, completed);
    }
  }
  return states;
}

function runDefaultActions(run: Run, entry: EntrySet, state: StateNode): void {
  if (state.initialActions.length > 0 && entry.defaults.includes(state.index))
    runActions(run, state.initialActions);
  for (const { parent, history } of entry.histories) {
    if (parent === state.index) runActions(run, stateOf(run.machine, history).initialActions);
  }
}

/** A final state was entered: tell its parent, the parallel states this completes, or end the machine (rule 12). */
function finish(run: Run, state: StateNode, completed: Set<number>): void {
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
  while (ancestor.kind === "parallel" && !completed.has(ancestor.index) && isInFinalState(run, ancestor)) {
    completed.add(ancestor.index);
    run.queue.push({ type: ancestor.doneEvent, data: undefined });
    if (ancestor.parent === -1) {
      endMachine(run, undefined);
      return;
    }
    ancestor = stateOf(run.machine, ancestor.parent);
  }
}

function doneData(output: Json | undefined): Json | undefined {
  return output === undefined ? undefined : { output };
}

function isInFinalState(run: Run, state: StateNode): boolean {
  if (state.kind === "compound") {
    return state.children.some(
      (child) => stateOf(run.machine, child).kind === "final" && run.configuration.includes(child),
    );
  }
  if (state.kind === "parallel")
    return state.children.every((child) => isInFinalState(run, stateOf(run.machine, child)));
  return state.kind === "final" && run.configuration.includes(state.index);
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
