/**
 * SM.SET key json [current]: stores the map machine of a JSON document, replacing what is there as SET does.
 * An empty `current` becomes `initial`; the third argument, unless it is empty, overrides both.
 */
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { readMachine } from "./machine-json.ts";
import { atMost, isModuleMode, refusalToReplace, storeMachine, wordArgument } from "./map-machine.ts";

export const smSet = {
  name: "SM.SET",
  run: (call) => {
    atMost(call, 4, "SM.SET");
    const key = argument(call.args, 1);
    const document = readMachine(wordArgument(call, argument(call.args, 2), "json"), isModuleMode(call));
    const refused = refusalToReplace(call, key);
    if (refused !== undefined) return refused;
    const { map, initial, reason } = document;
    const given = call.args[3] === undefined ? "" : wordArgument(call, call.args[3], "current");
    storeMachine(call, key, {
      map,
      initial,
      current: given || document.current || initial,
      reason,
      kind: "set",
    });
    return OK;
  },
} as const satisfies Handler;
