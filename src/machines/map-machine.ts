/** Machines that bring their own map of transitions: how one begins, and what it may do. */
import { assert } from "../base/assert.ts";
import type { HistoryEntry } from "./history.ts";
import { indexOf } from "./map-index.ts";
import { type MachineRecord, NO_SOURCES, NO_STATES } from "./record.ts";
import type { TransitionMap } from "./transition-map.ts";

export interface NewMachine {
  readonly map: TransitionMap;
  readonly initial: string;
  readonly current: string;
  readonly reason: string | undefined;
  readonly kind: "create" | "set";
}

/** The first revision of a map machine, and the entry that begins its history. */
export function newMapMachine(
  nowMs: number,
  fresh: NewMachine,
): { readonly machine: MachineRecord; readonly history: HistoryEntry } {
  const machine: MachineRecord = {
    definition: undefined,
    map: fresh.map,
    initial: fresh.initial,
    states: [[fresh.current, nowMs]],
    status: "active",
    rev: 1,
    createdMs: nowMs,
    updatedMs: nowMs,
    reason: fresh.reason,
    snapshot: null,
    sources: NO_SOURCES,
    pendingNext: 1,
    deferredCount: 0,
    outcomeNext: 1,
    outcomeFirst: 1,
    failedCount: 0,
    outer: NO_STATES,
    parent: undefined,
    childCount: 0,
  };
  const { kind, current, reason } = fresh;
  return { machine, history: { rev: 1, atMs: nowMs, kind, from: [], to: [current], reason } };
}

/** The state a map machine is in. */
export function currentState(machine: MachineRecord): string {
  const [active] = machine.states;
  assert(active !== undefined, "a map machine is in a state");
  return active[0];
}

/** The map of a map machine. */
export function mapOf(machine: MachineRecord): TransitionMap {
  assert(machine.map !== undefined, "a map machine has a map");
  return machine.map;
}

/** Whether the current state of a machine lists another. */
export function leadsTo(machine: MachineRecord, state: string): boolean {
  return indexOf(mapOf(machine)).targets.get(currentState(machine))?.has(state) === true;
}
