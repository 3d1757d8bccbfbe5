/**
 * What a transition leaves and enters: SCXML's getTransitionDomain, getEffectiveTargetStates and computeEntrySet.
 *
 * A history that a transition names stands for what it remembered before anything was left, so that the domain and
 * the states entered below it fit together (rule 11; SCXML and XState look twice and may leave a state that they do
 * not enter again). One that is met on the way down, as an `initial`, stands for what it remembers on entry, as in SCXML.
 * Where no history is involved the answers do not depend on the configuration and are kept with the transition.
 */
import type { Run } from "./interpreter.ts";
import { type EntrySet, isDescendant, type Machine, stateOf, type Transition } from "./machine.ts";

/** Entry sets up to this many states are kept; larger ones are computed again, or wide charts would fill memory. */
const CACHED_STATES_MAX = 64;

const NOTHING: EntrySet = { states: [], defaults: new Set(), histories: new Map() };

/** What each history state remembers. */
type HistoryValue = Run["history"];

/** The innermost state that stays active, below which all is left; -1: the root is left too. Before any exit. */
export function domainOf(machine: Machine, history: HistoryValue, transition: Transition): number {
  if (typeof transition.domain === "number") return transition.domain;
  const { source, targets } = transition;
  if (targets === undefined) {
    transition.domain = source;
    return source;
  }
  const domain = getTransitionDomain(machine, transition, effectiveTargets(machine, history, targets));
  const namesHistory = targets.some((target) => stateOf(machine, target).kind === "history");
  transition.domain = namesHistory ? null : domain;
  return domain;
}

/** The states a transition enters, after the exit. `before` is what histories remembered when it was taken. */
export function entrySetOf(
  run: Pick<Run, "machine" | "history">,
  transition: Transition,
  before: HistoryValue,
): EntrySet {
  if (transition.entrySet) return transition.entrySet;
  const { machine, history } = run;
  const { targets } = transition;
  if (targets === undefined) return NOTHING;
  const entry = new Entry(machine, history, { before, targets });
  entry.enterTargets(effectiveTargets(machine, before, targets), domainOf(machine, before, transition));
  const states = entry.result();
  if (transition.entrySet === undefined) {
    const isKept = !entry.usedHistory && states.states.length <= CACHED_STATES_MAX;
    transition.entrySet = isKept ? states : null;
  }
  return states;
}

/** Targets with history states replaced by what they remember, or by their default. */
function effectiveTargets(
  machine: Machine,
  history: HistoryValue,
  targets: readonly number[],
): readonly number[] {
  return targets.flatMap((target) => {
    const state = stateOf(machine, target);
    return state.kind === "history" ? (history.get(state.memory) ?? state.initial) : [target];
  });
}

/** The states entered when a machine starts, at its initial state or at the states given. */
export function initialEntrySet(machine: Machine, targets: readonly number[] | undefined): EntrySet {
  const nothing = new Map();
  const entry = new Entry(machine, nothing, { before: nothing, targets: targets ?? [] });
  entry.enterRoot(targets);
  return entry.result();
}

/** The source itself, an ancestor (a parallel one too, rule 6), or -1. */
function getTransitionDomain(machine: Machine, transition: Transition, targets: readonly number[]): number {
  const { source, reenter } = transition;
  // A history that remembers the source itself is no transition to itself: the source is left and entered again.
  const namesSource = transition.targets?.includes(source) === true;
  const isBelow = (target: number): boolean =>
    isDescendant(machine, target, source) || (target === source && namesSource);
  if (!reenter && targets.every(isBelow)) return source;
  let ancestor = stateOf(machine, source).parent;
  while (ancestor !== -1 && !targets.every((target) => isDescendant(machine, target, ancestor))) {
    ancestor = stateOf(machine, ancestor).parent;
  }
  return ancestor;
}

/** Collects the states to enter. Lives for one computation. */
class Entry {
  usedHistory = false;
  readonly #machine: Machine;
  readonly #history: HistoryValue;
  readonly #given: { readonly before: HistoryValue; readonly targets: ReadonlySet<number> };
  readonly #states = new Set<number>();
  /** States below which something is entered already. */
  readonly #occupied = new Set<number>();
  readonly #defaults = new Set<number>();
  readonly #histories = new Map<number, Set<number>>();
  /** Parallel states all of whose regions are entered. */
  readonly #whole = new Set<number>();

  constructor(
    machine: Machine,
    history: HistoryValue,
    given: { readonly before: HistoryValue; readonly targets: readonly number[] },
  ) {
    this.#machine = machine;
    this.#history = history;
    this.#given = { before: given.before, targets: new Set(given.targets) };
  }

  result(): EntrySet {
    return {
      states: [...this.#states].sort((a, b) => a - b),
      defaults: this.#defaults,
      histories: this.#histories,
    };
  }

  enterRoot(targets: readonly number[] | undefined): void {
    this.#states.add(0);
    if (targets === undefined) {
      this.#addDescendants(0);
      return;
    }
    for (const target of targets) this.#addTarget(target);
    for (const target of targets) this.#addAncestors(target, 0);
    this.#addRegions(0);
  }

  enterTargets(effective: readonly number[], domain: number): void {
    for (const target of this.#given.targets) {
      // The domain stays active; a transition to it enters what is below it.
      if (target === domain) this.#addDescendants(target);
      else this.#addTarget(target);
    }
    for (const target of effective) {
      if (target !== domain) this.#addAncestors(target, domain);
    }
    if (domain !== -1) this.#addRegions(domain);
  }

  #add(index: number): void {
    this.#states.add(index);
    let parent = stateOf(this.#machine, index).parent;
    while (parent !== -1 && !this.#occupied.has(parent)) {
      this.#occupied.add(parent);
      parent = stateOf(this.#machine, parent).parent;
    }
  }

  #addTarget(index: number): void {
    if (stateOf(this.#machine, index).kind !== "history") this.#add(index);
    this.#addDescendants(index);
  }

  #addDescendants(index: number): void {
    const state = stateOf(this.#machine, index);
    if (state.kind === "history") this.#addHistory(index);
    else if (state.kind === "parallel") this.#addRegions(index);
    else if (state.kind === "compound" && !this.#occupied.has(index)) {
      this.#defaults.add(index);
      for (const target of state.initial) this.#addTarget(target);
      for (const target of state.initial) this.#addAncestors(target, index);
    }
  }

  #addHistory(index: number): void {
    this.usedHistory = true;
    const { parent, initial, memory } = stateOf(this.#machine, index);
    const { before, targets } = this.#given;
    const remembered = (targets.has(index) ? before : this.#history).get(memory);
    if (remembered === undefined) {
      const known = this.#histories.get(parent);
      if (known === undefined) this.#histories.set(parent, new Set([index]));
      else known.add(index);
    }
    for (const target of remembered ?? initial) this.#addTarget(target);
    for (const target of remembered ?? initial) this.#addAncestors(target, parent);
  }

  /** Ancestors of a state up to, and without, `top`; parallel ones with all their regions (rule 10). */
  #addAncestors(index: number, top: number): void {
    let ancestor = stateOf(this.#machine, index).parent;
    while (ancestor !== -1 && ancestor !== top) {
      this.#add(ancestor);
      this.#addRegions(ancestor);
      ancestor = stateOf(this.#machine, ancestor).parent;
    }
  }

  #addRegions(index: number): void {
    const state = stateOf(this.#machine, index);
    if (state.kind !== "parallel" || this.#whole.has(index)) return;
    this.#whole.add(index);
    for (const child of state.children) {
      if (this.#states.has(child) || this.#occupied.has(child)) continue;
      this.#add(child);
      this.#addDescendants(child);
    }
  }
}
