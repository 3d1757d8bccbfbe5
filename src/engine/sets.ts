/**
 * What a transition leaves and enters: SCXML's getTransitionDomain, getEffectiveTargetStates and computeEntrySet.
 * Where no history state is involved the answer does not depend on the configuration and is kept with the transition.
 */
import type { Run } from "./interpreter.ts";
import { type EntrySet, isDescendant, type Machine, type Plan, stateOf, type Transition } from "./machine.ts";

/** Entry sets up to this many states are kept; larger ones are computed again, or wide charts would fill memory. */
const CACHED_STATES_MAX = 64;

const NOTHING: EntrySet = { states: [], defaults: [], histories: [] };

/** Domain and entry set of a transition in the state of history before anything is left (rule 11). */
export function planOf(run: Pick<Run, "machine" | "history">, transition: Transition): Plan {
  if (transition.plan) return transition.plan;
  const entry = new Entry(run.machine, run.history);
  if (transition.targets === undefined) {
    transition.plan = { domain: transition.source, entry: NOTHING };
    return transition.plan;
  }
  const targets = entry.effectiveTargets(transition.targets);
  const domain = getTransitionDomain(run.machine, transition, targets);
  entry.enterTargets(transition, targets, domain);
  const plan = { domain, entry: entry.result() };
  if (transition.plan === undefined) {
    const isCachable = !entry.usedHistory && plan.entry.states.length <= CACHED_STATES_MAX;
    transition.plan = isCachable ? plan : null;
  }
  return plan;
}

/** The states entered when a machine starts, at its initial state or at the states given. */
export function initialEntrySet(machine: Machine, targets: readonly number[] | undefined): EntrySet {
  const entry = new Entry(machine, new Map());
  entry.enterRoot(targets);
  return entry.result();
}

/** The innermost state that stays active: the source itself, an ancestor (a parallel one too, rule 6), or -1. */
function getTransitionDomain(machine: Machine, transition: Transition, targets: readonly number[]): number {
  const { source, reenter } = transition;
  // A history that remembers the source itself is no transition to itself: the source is left and entered again.
  const isBelow = (target: number): boolean =>
    isDescendant(machine, target, source) ||
    (target === source && transition.targets?.includes(source) === true);
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
  readonly #history: ReadonlyMap<number, readonly number[]>;
  readonly #states = new Set<number>();
  /** States below which something is entered already. */
  readonly #occupied = new Set<number>();
  readonly #defaults = new Set<number>();
  readonly #histories: EntrySet["histories"][number][] = [];

  constructor(machine: Machine, history: ReadonlyMap<number, readonly number[]>) {
    this.#machine = machine;
    this.#history = history;
  }

  result(): EntrySet {
    return {
      states: [...this.#states].sort((a, b) => a - b),
      defaults: [...this.#defaults],
      histories: this.#histories,
    };
  }

  /** Targets with history states replaced by what they remember, or by their default. */
  effectiveTargets(targets: readonly number[]): readonly number[] {
    return targets.flatMap((target) => {
      const state = stateOf(this.#machine, target);
      if (state.kind !== "history") return [target];
      this.usedHistory = true;
      return this.#history.get(target) ?? state.initial;
    });
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

  enterTargets(transition: Transition, effective: readonly number[], domain: number): void {
    for (const target of transition.targets ?? []) {
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
    const { parent, initial } = stateOf(this.#machine, index);
    const remembered = this.#history.get(index);
    if (remembered === undefined) this.#histories.push({ parent, history: index });
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
    if (state.kind !== "parallel") return;
    for (const child of state.children) {
      if (this.#states.has(child) || this.#occupied.has(child)) continue;
      this.#add(child);
      this.#addDescendants(child);
    }
  }
}
