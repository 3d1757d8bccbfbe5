/** A machine of a server, or of a file, from where a machine in the browser goes on. */
import { isJsonObject, type Json } from "../base/json.ts";
import { BLANK, type Child } from "../definition-tests/rehearsal.ts";
import { type Machine, type StateNode, stateOf } from "../engine/machine.ts";
import { activeStates, findState } from "../engine/step.ts";
import { BLANK_SNAPSHOT, type Snapshot, type Timer } from "../engine/types.ts";
import type { Frame } from "./simulator.ts";
import type { HistoryEntry } from "./told.ts";

/** Where it is, with its context, what is due, and what it has been through. */
export interface Origin {
  readonly status: string;
  readonly states: readonly string[];
  readonly context: Json;
  readonly timers: ReadonlyArray<{ readonly id: string; readonly event: string; readonly due: number }>;
  readonly children: ReadonlyArray<{ readonly id: string; readonly src: string }>;
  /** The oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** Goes on where a machine is; no entry action runs. Undefined when the definition has no such states. */
export function forked(machine: Machine, nowMs: number, origin: Origin): Frame | undefined {
  const configuration = new Set<number>([0]);
  for (const name of origin.states) {
    let index = findState(machine, name);
    if (index === undefined) return undefined;
    for (; index > 0; index = stateOf(machine, index).parent) configuration.add(index);
  }
  const timers = origin.timers.map((timer, at) => timerOf(machine, timer, at + 1));
  const snapshot: Snapshot = {
    ...BLANK_SNAPSHOT,
    status: origin.status === "done" ? "done" : "active",
    configuration: [...configuration].sort((a, b) => a - b),
    history: remembered(machine, origin.history),
    context: isJsonObject(origin.context) ? origin.context : {},
    timers,
    timerSeq: timers.length + 1,
  };
  const children = origin.children.map((child): Child => {
    return { ...child, isList: false, status: "active", output: null };
  });
  const situation = { ...BLANK, snapshot, children, nowMs, isSuspended: origin.status === "suspended" };
  return { act: { kind: "start" }, situation, states: activeStates(machine, snapshot), told: [] };
}

/** What history states remember: where the machine was when it left the state that they are in. */
function remembered(machine: Machine, history: readonly HistoryEntry[]): Snapshot["history"] {
  const found = new Map<number, readonly number[]>();
  const outer = machine.states.filter(({ histories }) => histories.length > 0);
  if (outer.length === 0) return found;
  for (const { from, to } of history) {
    const before = indexesOf(machine, from);
    const after = indexesOf(machine, to);
    for (const state of outer) {
      const inside = within(state, before);
      if (inside.length === 0 || within(state, after).length > 0) continue;
      for (const index of state.histories)
        found.set(index, stateOf(machine, index).isDeepHistory ? inside : childrenOf(machine, state, inside));
    }
  }
  return found;
}

function indexesOf(machine: Machine, names: readonly string[]): readonly number[] {
  return names.map((name) => findState(machine, name)).filter((index) => index !== undefined);
}

function within({ index, last }: StateNode, indexes: readonly number[]): readonly number[] {
  return indexes.filter((one) => one > index && one <= last);
}

function childrenOf(machine: Machine, { children }: StateNode, inside: readonly number[]): readonly number[] {
  return children.filter((child) =>
    inside.some((one) => one === child || within(stateOf(machine, child), [one]).length > 0),
  );
}

/** The state that a timer belongs to is in the name of its event. */
function timerOf(machine: Machine, timer: Origin["timers"][number], seq: number): Timer {
  const { id, event, due } = timer;
  const owner = /^xstate\.after\.[^.]*\.(.*)$/.exec(event)?.[1] ?? "";
  const state = machine.byId.get(owner) ?? machine.byPath.get(owner.replace(/^[^.]*\./, ""));
  const named = id.startsWith("#") ? {} : { id };
  const kind = state === undefined ? ({ kind: "raise" } as const) : ({ kind: "after", state } as const);
  return { seq, deadlineMs: due, event, ...named, ...kind };
}
