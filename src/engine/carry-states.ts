/**
 * Which states a machine is in under another definition, where each comes from, and since when it counts as entered.
 */
import type { Scope } from "./expressions-scope.ts";
import { type Machine, stateOf } from "./machine.ts";
import type { MapRule, MigrationMap } from "./migration-map.ts";
import { initialEntrySet } from "./sets.ts";
import { hasNumber } from "./sorted.ts";
import { startTargets } from "./step.ts";
import type { Snapshot } from "./types.ts";

/** A machine under the definition it has. */
export type Former = {
  /** Undefined for a machine that brings its own map. */
  readonly machine: Machine | undefined;
  readonly snapshot: Snapshot;
  /** Paths of the active atomic states, in document order. */
  readonly leaves: readonly string[];
  /** When each active state, outer ones and the root ("") among them, was entered. */
  readonly since: ReadonlyMap<string, number>;
  /** A child that was stopped: nothing of it is due any more, and nothing of it runs. */
  readonly isStopped: boolean;
  /** Of a machine with a map of its own: whether its state lists others. */
  readonly hasTargets: boolean;
};

/** Why a machine does not fit the other definition. */
export type Misfit = {
  readonly kind: "misfit";
  readonly cause: "state" | "context" | "stuck" | "step";
  /** The state that has no place there; undefined where it is no single one. */
  readonly state?: string;
  readonly message: string;
};

/** The states under the new definition. */
export type Places = {
  readonly kind: "places";
  /** Ascending, ancestors included. */
  readonly configuration: readonly number[];
  /** For each active state the old ones that it stands for, the one to look at first in front. */
  readonly origins: ReadonlyMap<number, readonly number[]>;
  readonly since: ReadonlyMap<number, number>;
};

/** The state a path names under the new definition, by the map: of its own rule, of that of a state around it, or of its name. */
export function mapped(
  to: Machine,
  { states }: MigrationMap,
  path: string,
  scope: Scope,
): readonly string[] | Misfit {
  const own = states.get(path);
  if (own !== undefined) return chosen(own, scope)?.to ?? noRule(path);
  for (let outer = outerOf(path); outer !== ""; outer = outerOf(outer)) {
    const rules = states.get(outer);
    if (rules === undefined) continue;
    const rule = chosen(rules, scope);
    if (rule === undefined) return noRule(outer);
    const [target, ...others] = rule.to;
    if (target === undefined) return [];
    const inner = others.length === 0 ? `${target}${path.slice(outer.length)}` : "";
    if (isState(to, inner)) return [inner];
    const index = to.byPath.get(target);
    // A state without others below it has one place for all that were below the old one.
    if (others.length === 0 && index !== undefined && stateOf(to, index).children.length === 0)
      return [target];
    return gone(path);
  }
  return isState(to, path) ? [path] : gone(path);
}

function chosen(rules: readonly MapRule[], scope: Scope): MapRule | undefined {
  return rules.find(({ when }) => when === undefined || when.isTrue(scope));
}

function outerOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}

function isState(to: Machine, path: string): boolean {
  const index = to.byPath.get(path);
  return index !== undefined && stateOf(to, index).kind !== "history";
}

function gone(state: string): Misfit {
  return {
    kind: "misfit",
    cause: "state",
    state,
    message: `the state '${state}' is gone and the map does not name it`,
  };
}

function noRule(state: string): Misfit {
  return {
    kind: "misfit",
    cause: "state",
    state,
    message: `no condition that the map has for '${state}' holds`,
  };
}

/** The states of a machine under the new definition. `states`: those asked for, in place of what the map says. */
export function placesOf(
  former: Former,
  to: Machine,
  given: {
    readonly map: MigrationMap;
    readonly states: readonly string[] | undefined;
    readonly scope: Scope;
  },
): Places | Misfit {
  const { map, states, scope } = given;
  const names: string[] = [];
  /** Old leaves by the paths they go to. */
  const leavesTo = new Map<string, string[]>();
  for (const leaf of former.leaves) {
    const targets = states ?? mapped(to, map, leaf, scope);
    if ("kind" in targets) return targets;
    for (const target of states === undefined ? targets : targets.filter((name) => name === leaf))
      leavesTo.set(target, [...(leavesTo.get(target) ?? []), leaf]);
    names.push(...targets);
  }
  if (names.length === 0)
    return { kind: "misfit", cause: "state", message: "the map leaves the machine in no state" };
  const targets = startTargets(to, names);
  if (typeof targets === "string")
    return { kind: "misfit", cause: "state", message: targets.replace("start in", "be in") };
  const configuration = initialEntrySet(to, targets).states;
  const origins = originsOf(former, to, { map, configuration, leavesTo, scope });
  const since = sinceOf(former, to, { configuration, targets, origins, now: scope.now });
  return { kind: "places", configuration, origins, since };
}

function originsOf(
  { machine, snapshot }: Former,
  to: Machine,
  given: {
    readonly map: MigrationMap;
    readonly configuration: readonly number[];
    readonly leavesTo: ReadonlyMap<string, readonly string[]>;
    readonly scope: Scope;
  },
): ReadonlyMap<number, readonly number[]> {
  const origins = new Map<number, readonly number[]>();
  if (machine === undefined) return origins;
  const { map, configuration, leavesTo, scope } = given;
  const outer = new Map<string, number[]>();
  for (const index of snapshot.configuration) {
    const { path, children } = stateOf(machine, index);
    if (index === 0 || children.length === 0) continue;
    const rules = map.states.get(path);
    const target = rules === undefined ? path : chosen(rules, scope)?.to[0];
    if (target !== undefined) outer.set(target, [...(outer.get(target) ?? []), index]);
  }
  for (const index of configuration) {
    const { path } = stateOf(to, index);
    const leaves = (leavesTo.get(path) ?? []).flatMap((leaf) => machine.byPath.get(leaf) ?? []);
    const found = index === 0 ? [0] : [...(outer.get(path) ?? []), ...leaves];
    if (found.length > 0) origins.set(index, found);
  }
  return origins;
}

/**
 * When each state counts as entered: when the state was that it stands for. A state around those counts from the first of
 * them on, an initial state below one from when that was entered, and the states of a new region from now.
 */
function sinceOf(
  former: Former,
  to: Machine,
  given: {
    readonly configuration: readonly number[];
    readonly targets: readonly number[];
    readonly origins: ReadonlyMap<number, readonly number[]>;
    readonly now: number;
  },
): ReadonlyMap<number, number> {
  const { configuration, targets, origins, now } = given;
  const since = new Map<number, number>();
  const former0 = former.since.get("") ?? now;
  const known = (index: number): number | undefined => {
    const { path } = stateOf(to, index);
    const old = origins.get(index)?.[0];
    if (old !== undefined && former.machine !== undefined)
      return former.since.get(stateOf(former.machine, old).path);
    return former.machine === undefined ? former.since.get(path) : undefined;
  };
  // What a machine with a map of its own goes to has no old state in a definition: it is in one state alone.
  const only = former.machine === undefined ? former.since.get(former.leaves[0] ?? "") : undefined;
  for (const index of targets) since.set(index, known(index) ?? only ?? now);
  for (const index of configuration) {
    if (index === 0) since.set(0, former0);
    else if (!since.has(index)) {
      const below = targets.filter((target) => target > index && target <= stateOf(to, index).last);
      const earliest = Math.min(...below.map((target) => since.get(target) ?? now));
      const { parent } = stateOf(to, index);
      const around = isEnteredWith(to, { index, targets }) ? since.get(parent) : undefined;
      since.set(index, known(index) ?? (below.length > 0 ? earliest : (around ?? now)));
    }
  }
  return since;
}

/** Whether a state is active only because one around it is, which was asked for: it is part of what that stands for. */
function isEnteredWith(
  to: Machine,
  { index, targets }: { readonly index: number; readonly targets: readonly number[] },
): boolean {
  for (let outer = stateOf(to, index).parent; outer > 0; outer = stateOf(to, outer).parent)
    if (targets.includes(outer)) return true;
  return false;
}

/** Whether a machine in these states has come to its end: the root is in a final state, or all its regions are. */
export function isFinished(machine: Machine, configuration: readonly number[]): boolean {
  const isFinal = (index: number): boolean => {
    const { kind, children } = stateOf(machine, index);
    if (kind === "parallel") return children.every(isDone);
    return kind === "final";
  };
  const isDone = (index: number): boolean => {
    const { kind, children } = stateOf(machine, index);
    if (kind !== "compound") return isFinal(index);
    return children.some(
      (child) => hasNumber(configuration, child) && stateOf(machine, child).kind === "final",
    );
  };
  return isDone(0);
}
