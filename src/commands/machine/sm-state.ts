/** SM.STATE key [LIST]: the current state, or the states that are keys of the map; null for another word. */
import { bytesOf } from "../../base/bytes.ts";
import { activeNames } from "../../store/machine-record.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { listedStates } from "../statechart/driving.ts";
import { subjectOf } from "../statechart/subject.ts";
import { atMost, isModuleMode, machineAt, mapOf, word } from "./map-machine.ts";

export const smState = {
  name: "SM.STATE",
  run: (call) => {
    atMost(call, 3, "SM.STATE");
    const found = machineAt(call, argument(call.args, 1));
    if (found === undefined) return null;
    const { machine } = found;
    const option = call.args[2];
    if (option === undefined) return activeNames(machine).map((state) => word(call, state));
    // The module lists the states whatever the word is.
    if (!isModuleMode(call) && text(option).toUpperCase() !== "LIST") return null;
    if (machine.definition !== undefined) {
      const subject = subjectOf(call, bytesOf(argument(call.args, 1)), found.record);
      return listedStates(subject).map((state) => word(call, state));
    }
    return mapOf(machine).map(([state]) => word(call, state));
  },
} as const satisfies Handler;
