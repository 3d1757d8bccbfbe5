/**
 * Findings on a definition: the errors that keep it from compiling, and what compiles but is hardly meant. Ordered:
 * errors and warnings of the compiler first, then states in document order.
 */
import type { Json } from "../base/json.ts";
import { checkJoins } from "./check-joins.ts";
import { hardlyMeant } from "./check-meaning.ts";
import { COMPILE_LIMITS, compile } from "./compile.ts";
import type { References } from "./compile-expressions.ts";
import { type DocumentKeys, NO_KEYS } from "./document-keys.ts";
import { transitionsOf } from "./graph.ts";
import { sourceOf } from "./guards.ts";
import { isDescendant, type Machine, type StateNode, stateOf, type Transition } from "./machine.ts";
import { at } from "./problems.ts";
import type { Finding } from "./types.ts";

/** All findings; empty when the definition is clean. */
export function check(json: Json, keys: DocumentKeys = NO_KEYS, references?: References): readonly Finding[] {
  const result = compile(json, COMPILE_LIMITS, keys, references);
  if (!result.ok) return result.findings;
  const { machine } = result;
  return [
    ...result.findings,
    ...unreachableStates(machine),
    ...deadEnds(machine),
    ...shadowedTransitions(machine),
    ...hardlyMeant(machine),
    ...checkJoins(machine),
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
  const reach = (index: number): void => {
    for (let at = index; at !== -1 && !reached.has(at); at = stateOf(machine, at).parent) reached.add(at);
  };
  reach(0);
  // A set gives out what is added to it while it is walked through.
  for (const index of reached) {
    const state = stateOf(machine, index);
    state.initial.forEach(reach);
    if (state.kind === "parallel") state.children.forEach(reach);
    for (const { targets } of transitionsOf(state)) targets?.forEach(reach);
  }
  return machine.states
    .filter((state) => !reached.has(state.index) && reached.has(state.parent))
    .map((state) =>
      warning(
        placeOf(machine, state),
        `unreachable: no transition leads to '${state.path}' and nothing starts there`,
      ),
    );
}

/** States without states below them that nothing leaves, no transition of theirs nor of an ancestor, short of the end. */
function deadEnds(machine: Machine): readonly Finding[] {
  // The map form has no final states: a state without targets is how it says so.
  if (machine.form !== "statechart") return [];
  const exits = machine.states.map(exitsOf);
  return machine.states
    .filter(({ kind, parent }) => kind === "atomic" || (kind === "final" && parent !== 0))
    .filter((state) => !canLeave(machine, state, exits))
    .map((state) => warning(state.jsonPath, deadEnd(machine, state)));
}

function deadEnd(machine: Machine, { kind, path, parent }: StateNode): string {
  return kind === "atomic"
    ? `dead end: nothing leaves '${path}'; if that is meant, say "type": "final"`
    : `dead end: '${stateOf(machine, parent).path}' is done in '${path}', and nothing leaves it; it needs an onDone`;
}

/** What the transitions of a state offer a state below it, or itself, that is to be left. */
type Exits = {
  /** True when one leaves whatever is below: it leaves the state and enters it again. */
  readonly leavesAll: boolean;
  /** Where they lead; more than `TARGETS_MAX` need not be known, because a state has fewer ancestors. */
  readonly targets: ReadonlySet<number>;
};

const TARGETS_MAX = COMPILE_LIMITS.depthMax + 2;

function exitsOf(state: StateNode): Exits {
  const targets = new Set<number>();
  for (const transition of transitionsOf(state)) {
    if (transition.targets !== undefined && transition.reenter) return { leavesAll: true, targets };
    for (const target of transition.targets ?? []) if (targets.size < TARGETS_MAX) targets.add(target);
  }
  return { leavesAll: false, targets };
}

function canLeave(machine: Machine, state: StateNode, exits: readonly Exits[]): boolean {
  for (let index = state.index; index !== -1; index = stateOf(machine, index).parent) {
    const { leavesAll, targets } = exits[index] ?? { leavesAll: false, targets: new Set() };
    if (leavesAll) return true;
    for (const target of targets) {
      if (target !== state.index && !isDescendant(machine, state.index, target)) return true;
    }
    // A region need not be left by itself: its siblings or the parallel state's transitions move things on.
    const { parent } = stateOf(machine, index);
    const isRegion = parent !== -1 && stateOf(machine, parent).kind === "parallel";
    if (isRegion && index !== state.index) return true;
  }
  return false;
}

/** Transitions that can never be taken, because another one always is before them. */
function shadowedTransitions(machine: Machine): readonly Finding[] {
  return machine.states.flatMap((state) => {
    const { exact, prefixes, any } = state.reactions;
    const groups = [...exact.values(), ...prefixes.map(({ transitions }) => transitions), any ?? []];
    const passing = state.always.find(
      (transition) => isOpen(transition) && transition.targets?.every((target) => isOutside(target, state)),
    );
    const shadowed = groups.flatMap((group) =>
      passing === undefined
        ? shadowedIn(group)
        : group.map(({ path }) =>
            shadow(
              path,
              `the automatic transition at ${passing.path} has no guard and leaves the state at once`,
            ),
          ),
    );
    return [...shadowed, ...shadowedIn(state.always)];
  });
}

/** Those of one event that come after one without guard, or after one with the same guard. */
function shadowedIn(group: readonly Transition[]): readonly Finding[] {
  const findings: Finding[] = [];
  const guards = new Map<string, Transition>();
  let open: Transition | undefined;
  for (const transition of group) {
    const guard = transition.guard && sourceOf(transition.guard);
    const twin = guard === undefined ? undefined : guards.get(guard);
    if (open !== undefined) {
      findings.push(
        shadow(transition.path, `the transition at ${open.path} has no guard and is always taken first`),
      );
    } else if (twin !== undefined) {
      findings.push(
        shadow(transition.path, `the transition at ${twin.path} has the same guard and comes first`),
      );
    }
    if (isOpen(transition)) open ??= transition;
    else if (guard !== undefined) guards.set(guard, twin ?? transition);
  }
  return findings;
}

function isOutside(target: number, { index, last }: StateNode): boolean {
  return target < index || target > last;
}

function shadow(path: string, why: string): Finding {
  return warning(path, `shadowed: ${why}`);
}

function isOpen({ guard }: Transition): boolean {
  return guard === undefined || sourceOf(guard) === "true";
}
