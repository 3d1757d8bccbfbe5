/**
 * SM.MUTATE key state [reason [FORCE]]: moves a machine to a state that its current state lists; FORCE moves it to
 * any state it has. Null where it does not move (the module answers an error).
 */
import { bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { mutate } from "../statechart/driving.ts";
import { subjectOf } from "../statechart/subject.ts";
import {
  atMost,
  hasState,
  isModuleMode,
  leadsTo,
  machineToMove,
  moveMachine,
  refusal,
  textOfArgument,
} from "./map-machine.ts";

export const smMutate = {
  name: "SM.MUTATE",
  run: (call) => {
    atMost(call, 5, "SM.MUTATE");
    const [, , , reason, option] = call.args;
    const isForced = option !== undefined && textOfArgument(option).toUpperCase() === "FORCE";
    const isKnown = option === undefined || isForced;
    if (!isKnown && !isModuleMode(call)) throw errors.syntaxError();
    const key = argument(call.args, 1);
    const found = machineToMove(call, key);
    if ("refused" in found) return refusal(call, key, found.refused);
    if (!isKnown) return refusal(call, key, errors.moduleOption());
    const { machine } = found;
    const to = textOfArgument(argument(call.args, 2));
    if (machine.definition !== undefined) {
      const subject = subjectOf(call, bytesOf(key), found.record);
      const text = reason === undefined ? undefined : textOfArgument(reason);
      if (mutate(call, subject, to, { kind: "mutate", reason: text, isForced })) return OK;
      return refusal(call, key, isModuleMode(call) ? errors.moduleTransition() : null);
    }
    if (!hasState(call, machine, to) || !(isForced || leadsTo(machine, to))) {
      return refusal(call, key, isModuleMode(call) ? errors.moduleTransition() : null);
    }
    moveMachine(call, key, found, {
      to,
      reason: reason === undefined ? undefined : textOfArgument(reason),
      kind: isForced ? "force" : "mutate",
    });
    return OK;
  },
} as const satisfies Handler;
