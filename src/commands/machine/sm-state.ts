/** SM.STATE key [LIST]: the current state, or the states that are keys of the map; null for another word. */

import { shownMap } from "../../machines/machine-document.ts";
import { activeNames } from "../../machines/record.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { atMost, capitals, isModuleMode, machineAt, word } from "./map-machine.ts";

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
    if (!isModuleMode(call) && capitals(option) !== "LIST") return null;
    return shownMap(call, machine).map.map(([state]) => word(call, state));
  },
} as const satisfies Handler;
