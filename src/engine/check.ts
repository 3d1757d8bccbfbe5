/**
 * Findings on a definition: the errors that keep it from compiling, and what compiles but is hardly meant. Ordered:
 * errors and warnings of the compiler first, then states in document order.
 */
import type { Json } from "../base/json.ts";
import { COMPILE_LIMITS, type CompileLimits, compile } from "./compile.ts";
import { transitionsOf } from "./graph.ts";
import { isDescendant, type Machine, type StateNode, stateOf, type Transition } from "./machine.ts";
import { at } from "./problems.ts";
import type { Finding } from "./types.ts";

/** All findings; empty when the definition is clean. */
export function check(json: Json, limits: CompileLimits = COMPILE_LIMITS): readonly Finding[] {
  const result = compile(json, limits);
  if (!result.ok) return result.findings;
  const { machine } = result;
  return [
    ...result.findings,
    ...unreachableStates(machine),
    ...deadEnds(machine),
    ...shadowedTransitions(machine),
  ];
}

function warning(path: string, message: string): Finding {
  return { severity: "warning", path, message };
}

/** Where a reader finds a state: in the map and list forms states have no place of their own. */
function placeOf(machine: Machine, state: StateNode): string {
  if (machine.form === "map") return at("$.map", state.key);
  return machine.form === "transitions" ? at("$.states", state.index - 1) : state.jsonPath;
}

/** States that neither a default nor any transition ever enters. */
function unreachableStates(machine: Machine): readonly Finding[] {
  const reached = new Set<number>();
  const visit = (index: number): void => {
    if (reached.has(index)) return;
    reached.add(index);
    const state = stateOf(machine, index);
    if (state.parent !== -1) visit(state.parent);
    for (const target of state.initial) visit(target);
    if (state.kind === "parallel") for (const child of state.children) visit(child);
    for (const transition of transitionsOf(state))
      for (const target of transition.targets ?? []) visit(target);
  };
  visit(0);
  return machine.states
    .filter((state) => !reached.has(state.index) && state.parent !== -1 && reached.has(state.parent))
    .map((state) =>
      warning(
        placeOf(machine, state),
        `unreachable: no transition leads to '${state.path}' and nothing starts there`,
      ),
    );
}

/** Atomic states that nothing leaves, neither a transition of their own nor of an ancestor, and that are not final. */
function deadEnds(machine: Machine): readonly Finding[] {
  // The map form has no final states: a state without targets is how it says so.
  if (machine.form !== "statechart") return [];
  return machine.states
    .filter((state) => state.kind === "atomic" && !canLeave(machine, state))
    .map((state) =>
      warning(
        state.jsonPath,
        `dead end: nothing leaves '${state.path}'; if that is meant, say "type": "final"`,
      ),
    );
}

function canLeave(machine: Machine, state: StateNode): boolean {
  for (
    let node: StateNode | undefined = state;
    node !== undefined;
    node = node.parent === -1 ? undefined : stateOf(machine, node.parent)
  ) {
    if (
      stateOf(machine, Math.max(node.parent, 0)).kind === "parallel" &&
      node.parent !== -1 &&
      node !== state
    ) {
      // A region need not be left by itself: its siblings or the parallel state's transitions move things on.
      return true;
    }
    if (transitionsOf(node).some((transition) => leaves(machine, transition, state))) return true;
  }
  return false;
}

function leaves(machine: Machine, transition: Transition, state: StateNode): boolean {
  return (
    (transition.targets ?? []).some(
      (target) => target !== state.index && !isDescendant(machine, state.index, target),
    ) ||
    (transition.targets !== undefined && transition.reenter)
  );
}

/** Transitions that can never be taken, because one before them for the same event has no guard. */
function shadowedTransitions(machine: Machine): readonly Finding[] {
  const findings: Finding[] = [];
  for (const state of machine.states) {
    const { exact, prefixes, any } = state.reactions;
    const groups = [
      ...exact.values(),
      ...prefixes.map(({ transitions }) => transitions),
      any ?? [],
      state.always,
    ];
    for (const group of groups) {
      const open = group.findIndex(({ guard }) => guard === undefined);
      if (open === -1) continue;
      for (const transition of group.slice(open + 1)) {
        findings.push(
          warning(
            transition.path,
            `shadowed: the transition at ${group[open]?.path} has no guard and is always taken first`,
          ),
        );
      }
    }
  }
  return findings;
}
