/** SM.GET key [REASON]: a machine as JSON, or the reason of its last move; null for another word. */

import type { MachineRecord } from "../../store/machine-record.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { indexOf } from "./map-index.ts";
import { atMost, currentState, isModuleMode, machineAt, mapOf, textOfArgument, word } from "./map-machine.ts";

export const smGet = {
  name: "SM.GET",
  run: (call) => {
    atMost(call, 3, "SM.GET");
    const found = machineAt(call, argument(call.args, 1));
    if (found === undefined) return null;
    const field = call.args[2];
    const reason = found.machine.reason ?? (isModuleMode(call) ? "" : undefined);
    if (field === undefined) return documentOf(found.machine, reason);
    return textOfArgument(field).toUpperCase() === "REASON" ? word(call, reason ?? "") : null;
  },
} as const satisfies Handler;

function documentOf(machine: MachineRecord, reason: string | undefined): string {
  const current = JSON.stringify(currentState(machine));
  const initial = JSON.stringify(machine.initial ?? "");
  const last = reason === undefined ? "" : `,"reason":${JSON.stringify(reason)}`;
  return `{"current":${current},"map":${indexOf(mapOf(machine)).json},"initial":${initial}${last}}`;
}
