/** Under which keys a machine stands in the index of states, and which counters count it. */
import type { Bytes } from "../base/bytes.ts";
import { type DefinitionName, machineCounterKey, stateKey, statePrefix } from "../keyspace/layouts.ts";
import type { MachineRecord } from "./record.ts";

/** The definition under which map machines are indexed. */
export const NO_DEFINITION: DefinitionName = { name: "", version: "" };

/** The entries of the index of states that a machine has. */
export function stateKeys(phys: number, id: number, machine: MachineRecord): Bytes[] {
  const definition = machine.definition ?? NO_DEFINITION;
  return machine.states.map(([state, sinceMs]) =>
    stateKey(statePrefix(phys, definition, state), sinceMs, id),
  );
}

/** The counters that count a machine: that of its status, and those of its states. */
export function counterKeys(
  phys: number,
  definition: DefinitionName | undefined,
  { states, status }: Pick<MachineRecord, "states" | "status">,
): Bytes[] {
  const name = definition ?? NO_DEFINITION;
  return [
    machineCounterKey(phys, name, undefined, status),
    ...states.map(([state]) => machineCounterKey(phys, name, state, status)),
  ];
}
