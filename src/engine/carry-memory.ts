/** What a machine remembers, under another definition: events that joins keep, and what histories would enter again. */
import { type Former, mapped, type Places } from "./carry-states.ts";
import type { Scope } from "./expressions-scope.ts";
import { isEvent } from "./joins.ts";
import { type Join, type Machine, type Place, type StateNode, stateOf } from "./machine.ts";
import type { MigrationMap } from "./migration-map.ts";
import type { Kept } from "./types.ts";

/** What joins keep, in the places of the new definition that stand for the old ones; and the events that have none. */
export function carryKept(
  { machine, snapshot }: Former,
  to: Machine,
  places: Places,
): { readonly kept: readonly Kept[]; readonly dropped: readonly Kept[] } {
  if (machine === undefined || snapshot.kept.length === 0) return { kept: [], dropped: [] };
  const kept: Kept[] = [];
  const dropped: Kept[] = [];
  const filled = new Set<Place>();
  for (const item of snapshot.kept) {
    const target = placeFor(machine, to, places, item);
    if (target === undefined || filled.has(target.place)) {
      if (isEvent(machine, item)) dropped.push(item);
      continue;
    }
    filled.add(target.place);
    kept.push({ ...item, join: target.join.number, place: target.place.number });
  }
  return { kept, dropped };
}

/** The place that stands for the one an event is kept in: of the same name and kind, in the join of the same state. */
function placeFor(machine: Machine, to: Machine, { origins }: Places, { join, place }: Kept) {
  const old = machine.joins[join];
  const oldPlace = old?.places[place];
  if (old === undefined || oldPlace === undefined) return undefined;
  const index = [...origins].find(([, from]) => from.includes(old.state))?.[0];
  const fresh =
    index === undefined ? undefined : joinFor(stateOf(machine, old.state), old, stateOf(to, index));
  const found = fresh?.places.find((candidate) => isSamePlace(oldPlace, candidate));
  return fresh === undefined || found === undefined ? undefined : { join: fresh, place: found };
}

/** The join of a state that stands for one of the old state: the same text, or else the same position among those left. */
function joinFor(oldState: StateNode, old: Join, state: StateNode): Join | undefined {
  const isSame = (a: Join, b: Join) => a.transition.join === b.transition.join;
  const same = state.joins.find((candidate) => isSame(candidate, old));
  if (same !== undefined) return same;
  const candidate = state.joins[oldState.joins.indexOf(old)];
  const isTaken = candidate !== undefined && oldState.joins.some((other) => isSame(other, candidate));
  return isTaken ? undefined : candidate;
}

function isSamePlace(a: Place, b: Place): boolean {
  if (a.name !== b.name || a.kind !== b.kind) return false;
  return a.kind !== "event" || b.kind !== "event" || a.descriptor === b.descriptor;
}

/** What histories remember, those of states that are there under the new definition; and how many remember nothing any more. */
export function carryHistories(
  { machine, snapshot }: Former,
  to: Machine,
  given: { readonly map: MigrationMap; readonly scope: Scope },
): { readonly history: ReadonlyMap<number, readonly number[]>; readonly dropped: number } {
  const history = new Map<number, readonly number[]>();
  if (machine === undefined) return { history, dropped: 0 };
  let dropped = 0;
  for (const [index, states] of snapshot.history) {
    const target = historyFor(machine, to, index, given);
    const remembered = target === undefined ? undefined : statesFor(machine, to, states, given);
    const parent = target === undefined ? undefined : stateOf(to, stateOf(to, target).parent);
    const fits = remembered?.every(
      (state) => parent !== undefined && state > parent.index && state <= parent.last,
    );
    if (target === undefined || remembered === undefined || fits !== true) dropped += 1;
    else history.set(target, remembered);
  }
  return { history, dropped };
}

/** The history state of the same key, below the state that stands for the old one's parent. */
function historyFor(
  machine: Machine,
  to: Machine,
  index: number,
  { map, scope }: { readonly map: MigrationMap; readonly scope: Scope },
): number | undefined {
  const { key, parent, isDeepHistory } = stateOf(machine, index);
  const { path } = stateOf(machine, parent);
  const targets = path === "" ? [""] : outerTargets(to, map, path, scope);
  const [target, ...others] = targets;
  if (target === undefined || others.length > 0) return undefined;
  const found = to.byPath.get(target === "" ? key : `${target}.${key}`);
  if (found === undefined) return undefined;
  const state = stateOf(to, found);
  return state.kind === "history" && state.isDeepHistory === isDeepHistory ? state.memory : undefined;
}

function outerTargets(to: Machine, map: MigrationMap, path: string, scope: Scope): readonly string[] {
  const targets = mapped(to, map, path, scope);
  return "kind" in targets ? [] : targets;
}

function statesFor(
  machine: Machine,
  to: Machine,
  states: readonly number[],
  { map, scope }: { readonly map: MigrationMap; readonly scope: Scope },
): readonly number[] | undefined {
  const found: number[] = [];
  for (const index of states) {
    const targets = outerTargets(to, map, stateOf(machine, index).path, scope);
    const [only, ...others] = targets.flatMap((path) => to.byPath.get(path) ?? []);
    if (only === undefined || others.length > 0) return undefined;
    found.push(only);
  }
  return found;
}
