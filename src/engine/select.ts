/** Which transitions an event enables: SCXML's selectTransitions, selectEventlessTransitions, removeConflictingTransitions. */
import { holds } from "./guards.ts";
import type { Run } from "./interpreter.ts";
import { isDescendant, type Reactions, type StateNode, stateOf, type Transition } from "./machine.ts";
import { domainOf } from "./sets.ts";

const NONE: readonly Transition[] = [];

/** What a selection found. */
export type Selection = {
  /** In document order of the atomic states they were found from, each once. */
  readonly transitions: Transition[];
  /** True when an active state that would have been asked keeps the event for later. */
  isDeferred: boolean;
};

/** The transitions an event enables in the current configuration, conflicts not yet removed. */
export function selectTransitions(run: Run, event: string): Selection {
  const selection: Selection = { transitions: [], isDeferred: false };
  collect(run, 0, event, selection);
  return selection;
}

/**
 * The automatic transitions that are enabled in the current configuration. Here each atomic state walks up on its own,
 * so an ancestor's may be taken beside one in another region: SCXML and XState agree on that, and differ for events.
 */
export function selectEventlessTransitions(run: Run): readonly Transition[] {
  const found = new Set<Transition>();
  for (const leaf of run.configuration) {
    if (stateOf(run.machine, leaf).children.length > 0) continue;
    const transition = firstEventless(run, leaf);
    if (transition !== undefined) found.add(transition);
  }
  return [...found];
}

function firstEventless(run: Run, leaf: number): Transition | undefined {
  for (let index = leaf; index !== -1; ) {
    const state = stateOf(run.machine, index);
    const open = state.always.find(({ guard }) => holds(run, guard));
    if (open !== undefined) return open;
    index = state.parent;
  }
  return undefined;
}

/**
 * Walks the active tree below the state at a position of the configuration, children first. Returns true when
 * anything in it reacted: an ancestor is asked only when nothing did, in none of its regions (rules 3 and 5).
 */
function collect(run: Run, position: number, event: string, selection: Selection): boolean {
  const { configuration } = run;
  const state = stateOf(run.machine, configuration[position] ?? 0);
  if (state.kind === "compound") {
    if (position + 1 < configuration.length && collect(run, position + 1, event, selection)) return true;
  } else if (state.kind === "parallel" && collectRegions(run, position, event, selection)) {
    return true;
  }
  for (const transition of candidatesFor(state.reactions, event)) {
    if (transition.guard === undefined || holds(run, transition.guard)) {
      selection.transitions.push(transition);
      return true;
    }
  }
  if (!defers(state, event)) return false;
  selection.isDeferred = true;
  return true;
}

function collectRegions(run: Run, position: number, event: string, selection: Selection): boolean {
  const { machine, configuration } = run;
  const { last } = stateOf(machine, configuration[position] ?? 0);
  let reacted = false;
  let next = position + 1;
  while (next < configuration.length) {
    const region = stateOf(machine, configuration[next] ?? 0);
    if (region.index > last) break;
    if (collect(run, next, event, selection)) reacted = true;
    next++;
    while (next < configuration.length && (configuration[next] ?? 0) <= region.last) next++;
  }
  return reacted;
}

/** True when the state keeps this event; `foo.*` and `*` work as in `on`. */
export function defers(state: StateNode, event: string): boolean {
  if (state.defer.size === 0) return false;
  if (state.defer.has(event) || state.defer.has("*")) return true;
  for (const descriptor of state.defer) {
    if (descriptor.endsWith(".*") && hasPrefix(event, descriptor.slice(0, -2))) return true;
  }
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
  if (reactions.any !== undefined) found.push(...reactions.any);
  return found;
}

/** `foo` covers `foo` and `foo.x`, never `foobar`. */
function hasPrefix(event: string, prefix: string): boolean {
  return event.startsWith(prefix) && (event.length === prefix.length || event[prefix.length] === ".");
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
  let kept: Transition[] = [];
  for (const candidate of transitions) {
    const range = exitRange(run, candidate);
    const rivals = kept.filter((other) => overlap(range, exitRange(run, other)));
    if (rivals.every((rival) => isDescendant(run.machine, candidate.source, rival.source))) {
      kept = kept.filter((other) => !rivals.includes(other));
      kept.push(candidate);
    }
  }
  return kept;
}

/** The part of the configuration a transition leaves, as positions `[from, to)`: the active states below its domain. */
export function exitRange(run: Run, transition: Transition): readonly [number, number] {
  if (transition.targets === undefined) return [0, 0];
  const domain = domainOf(run.machine, run.history, transition);
  const { configuration, machine } = run;
  if (domain === -1) return [0, configuration.length];
  let from = configuration.indexOf(domain) + 1;
  const { last } = stateOf(machine, domain);
  const start = from;
  while (from < configuration.length && (configuration[from] ?? 0) <= last) from++;
  return [start, from];
}

function overlap(a: readonly [number, number], b: readonly [number, number]): boolean {
  return Math.max(a[0], b[0]) < Math.min(a[1], b[1]);
}
