/** The JSON of a machine as SM.GET prints it. */
import type { MachineRecord } from "../../store/machine-record.ts";
import { indexOf } from "./map-index.ts";
import { currentState, mapOf } from "./map-machine.ts";

/** The fields in the order current, map, initial, reason; the last only if there is a reason. */
export function documentOf(machine: MachineRecord, reason: string | undefined): string {
  const current = JSON.stringify(currentState(machine));
  const initial = JSON.stringify(machine.initial ?? "");
  const last = reason === undefined ? "" : `,"reason":${JSON.stringify(reason)}`;
  return `{"current":${current},"map":${indexOf(mapOf(machine)).json},"initial":${initial}${last}}`;
}
