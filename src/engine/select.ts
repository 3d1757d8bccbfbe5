/** Which transitions an event enables: SCXML's selectTransitions, selectEventlessTransitions, removeConflictingTransitions. */
import { covers, ERROR_EXECUTION, hasPrefix } from "./event-names.ts";
import { holds } from "./guards.ts";
import type { Run } from "./interpreter.ts";
import {
  isDescendant,
  type Machine,
  type Reactions,
  type StateNode,
  stateOf,
  type Transition,
} from "./machine.ts";
import { domainOf } from "./sets.ts";
import { hasNumber, lowerBound, merged } from "./sorted.ts";

const NONE: readonly Transition[] = [];
const NO_STATES: readonly number[] = [];

/** What a selection found. */
export type Selection = {
  /** In document order of the atomic states they were found from, each once. */
  readonly transitions: Transition[];
  /** True when an active state that would have been asked keeps the event for later. */
  isDeferred: boolean;
};

/**
 * The transitions an event enables in the current configuration, conflicts not yet removed. Innermost states are asked
 * first, an ancestor only when nothing below it reacted, in none of its regions (rules 3 and 5): so the states that may
 * react are gone through backwards, and one is passed over when the last that reacted lies below it.
 */
export function selectTransitions(run: Run, event: string): Selection {
  const selection: Selection = { transitions: [], isDeferred: false };
  const states = reactingTo(run, event);
  let reacted = -1;
  for (let position = states.length - 1; position >= 0; position--) {
    const state = stateOf(run.machine, states[position] ?? 0);
    if (reacted !== -1 && reacted <= state.last) continue;
    const transition = openTransition(run, candidatesFor(state.reactions, event));
    if (transition !== undefined) selection.transitions.push(transition);
    else if (defers(state, event)) selection.isDeferred = true;
    else continue;
    reacted = state.index;
  }
  selection.transitions.reverse();
  return selection;
}

function openTransition(run: Run, transitions: readonly Transition[]): Transition | undefined {
  for (const transition of transitions) {
    if (transition.guard === undefined) return transition;
    const isOpen = holds(run, transition.guard);
    run.observer?.onGuard(transition, isOpen);
    if (isOpen) return transition;
  }
  return undefined;
}

/** Active states that may react to an event, ascending: from what is active, or from what reacts, whichever is less. */
function reactingTo({ machine, configuration }: Run, event: string): readonly number[] {
  const { reactors, generalReactors } = machine;
  const named = reactors.get(event) ?? NO_STATES;
  if (named.length + generalReactors.length >= configuration.length) return configuration;
  const active = named.filter((index) => hasNumber(configuration, index));
  if (generalReactors.length === 0) return active;
  return merged(
    active,
    NO_STATES,
    generalReactors.filter((index) => hasNumber(configuration, index)),
  );
}

/**
 * The automatic transitions that are enabled in the current configuration. Here each atomic state walks up on its own,
 * so an ancestor's may be taken beside one in another region: SCXML and XState agree on that, and differ for events.
 */
export function selectEventlessTransitions(run: Run): readonly Transition[] {
  const { machine, configuration } = run;
  const { eventless } = machine;
  const isFewer = eventless.length < configuration.length;
  const isAsked = isFewer
    ? eventless.some((index) => hasNumber(configuration, index))
    : configuration.some((index) => stateOf(machine, index).always.length > 0);
  if (!isAsked) return NONE;
  const verdicts = new Map<number, Transition | undefined>();
  const found = new Set<Transition>();
  for (const leaf of configuration) {
    if (stateOf(machine, leaf).children.length > 0) continue;
    const transition = firstEventless(run, leaf, verdicts);
    if (transition !== undefined) found.add(transition);
  }
  return [...found];
}

/** The first open one on the way up from a leaf. A state that several leaves share is asked once. */
function firstEventless(
  run: Run,
  leaf: number,
  verdicts: Map<number, Transition | undefined>,
): Transition | undefined {
  for (let index = leaf; index !== -1; ) {
    const { always, parent } = stateOf(run.machine, index);
    if (always.length > 0) {
      if (!verdicts.has(index)) verdicts.set(index, openTransition(run, always));
      const open = verdicts.get(index);
      if (open !== undefined) return open;
    }
    index = parent;
  }
  return undefined;
}

/** True when the state keeps this event; `foo.*` and `*` work as in `on`. */
export function defers(state: StateNode, event: string): boolean {
  if (state.defer.size === 0 || event === ERROR_EXECUTION) return false;
  for (const descriptor of state.defer) if (covers(descriptor, event)) return true;
  return false;
}

/** A state's transitions for an event: the exact name first, then `foo.*` from the longest, then `*` (rule 13). */
export function candidatesFor(reactions: Reactions, event: string): readonly Transition[] {
  const exact = reactions.exact.size === 0 ? undefined : reactions.exact.get(event);
  if (reactions.prefixes.length === 0 && reactions.any === undefined) return exact ?? NONE;
  const found = [...(exact ?? NONE)];
  for (const { prefix, transitions } of reactions.prefixes) {
    if (hasPrefix(event, prefix)) found.push(...transitions);
  }
  if (reactions.any !== undefined && event !== ERROR_EXECUTION) found.push(...reactions.any);
  return found;
}

/**
 * Of transitions that would leave a common state, keeps the one whose source lies deeper, otherwise the first in
 * document order (rule 4). Exit sets are compared, so two transitions that leave nothing never conflict.
 */
export function removeConflictingTransitions(
  run: Run,
  transitions: readonly Transition[],
): readonly Transition[] {
  if (transitions.length < 2) return transitions;
  // Those kept leave parts of the configuration that do not overlap, here in the order of these parts.
  const kept: Leaving[] = [];
  const targetless: Leaving[] = [];
  for (const [order, transition] of transitions.entries()) {
    const [from, to] = exitRange(run, transition);
    const candidate = { transition, from, to, order };
    if (from === to) {
      targetless.push(candidate);
      continue;
    }
    const [first, end] = rivalsOf(kept, candidate);
    let isDeepest = true;
    for (let at = first; at < end && isDeepest; at++)
      isDeepest = isDescendant(run.machine, transition.source, kept[at]?.transition.source ?? -1);
    if (isDeepest) kept.splice(first, end - first, candidate);
  }
  return [...kept, ...targetless].sort((a, b) => a.order - b.order).map(({ transition }) => transition);
}

/** A transition and the positions of the configuration that it leaves. */
type Leaving = {
  readonly transition: Transition;
  readonly from: number;
  readonly to: number;
  readonly order: number;
};

/** Where those among `kept` stand that leave a state the candidate leaves too. */
function rivalsOf(kept: readonly Leaving[], { from, to }: Leaving): readonly [number, number] {
  let low = 0;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((kept[middle]?.to ?? 0) <= from) low = middle + 1;
    else high = middle;
  }
  const first = low;
  high = kept.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((kept[middle]?.from ?? 0) < to) low = middle + 1;
    else high = middle;
  }
  return [first, low];
}

/** The part of the configuration a transition leaves, as positions `[from, to)`: the active states below its domain. */
export function exitRange(run: Run, transition: Transition): readonly [number, number] {
  if (transition.targets === undefined) return NO_RANGE;
  const domain = domainOf(run.machine, run.history, transition);
  const { configuration, machine } = run;
  if (domain === -1) return [0, configuration.length];
  const { last } = stateOf(machine, domain);
  return [lowerBound(configuration, domain + 1), lowerBound(configuration, last + 1)];
}

const NO_RANGE: readonly [number, number] = [0, 0];

/** Whether an active state has a transition for an event, whatever its guard. */
export function reactsTo(machine: Machine, configuration: readonly number[], event: string): boolean {
  return configuration.some((index) => candidatesFor(stateOf(machine, index).reactions, event).length > 0);
}
