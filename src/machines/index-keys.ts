/** Under which keys a machine stands in the index of states, and which counters count it. */
import type { Bytes } from "../base/bytes.ts";
import { type DefinitionName, machineCounterKey, stateKey, statePrefix } from "../keyspace/layouts.ts";
import { type ActiveState, type MachineRecord, NO_STATES } from "./record.ts";

/** The definition under which map machines are indexed. */
export const NO_DEFINITION: DefinitionName = { name: "", version: "" };

/** The entries of the index of states that a machine has: of its atomic states, and of those around them. */
export function stateKeys(phys: number, id: number, { states, outer, ...machine }: MachineRecord): Bytes[] {
  const definition = machine.definition ?? NO_DEFINITION;
  const keyOf = ([state, sinceMs]: ActiveState, isOuter: boolean) =>
    stateKey(statePrefix(phys, definition, { state, isOuter }), sinceMs, id);
  const keys = states.map((state) => keyOf(state, false));
  return outer.length === 0 ? keys : [...keys, ...outer.map((state) => keyOf(state, true))];
}

/** The counters that count a machine: that of its status, and those of its states. */
export function counterKeys(
  phys: number,
  definition: DefinitionName | undefined,
  machine: Pick<MachineRecord, "states" | "status"> & Partial<Pick<MachineRecord, "outer">>,
): Bytes[] {
  const { states, outer = NO_STATES } = machine;
  return [
    machineCounterKey(phys, definition ?? NO_DEFINITION, undefined, machine.status),
    ...states.map((state) => stateCounterKey(phys, definition, state, { ...machine, isOuter: false })),
    ...outer.map((state) => stateCounterKey(phys, definition, state, { ...machine, isOuter: true })),
  ];
}

function stateCounterKey(
  phys: number,
  definition: DefinitionName | undefined,
  [state]: ActiveState,
  { status, isOuter }: { readonly status: string; readonly isOuter: boolean },
): Bytes {
  return machineCounterKey(phys, definition ?? NO_DEFINITION, { state, isOuter }, status);
}
