/**
 * SM.MUTATE key state [reason [FORCE]]: moves a machine to a state that its current state lists; FORCE moves it to
 * any state it has. Null where it does not move (the module answers an error).
 */
import { bytesOf } from "../../base/bytes.ts";
import { mutate, type Wish } from "../../machines/driving.ts";
import { leadsTo } from "../../machines/map-machine.ts";
import { subjectOf } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { mayDrive } from "../rights.ts";
import {
  atMost,
  capitals,
  type Found,
  hasState,
  isModuleMode,
  machineToMove,
  moveMachine,
  refusal,
  wordArgument,
} from "./map-machine.ts";

export const smMutate = {
  name: "SM.MUTATE",
  run: (call) => {
    atMost(call, 5, "SM.MUTATE");
    const [, , , given, option] = call.args;
    const isForced = option !== undefined && capitals(option) === "FORCE";
    const isKnown = option === undefined || isForced;
    if (!isKnown && !isModuleMode(call)) throw errors.syntaxError();
    const key = argument(call.args, 1);
    const found = machineToMove(call, key);
    if ("refused" in found) return refusal(call, key, found.refused);
    const move: Wish = {
      to: wordArgument(call, argument(call.args, 2), "state"),
      reason: given === undefined ? undefined : wordArgument(call, given, "reason"),
      isForced,
      mayUse: (event) => mayDrive(call, event),
    };
    // The module looks at the option when all else is right.
    if (!isKnown) {
      const isRefused = found.machine.definition === undefined && !mayMove(call, found, move);
      return refusal(call, key, isRefused ? errors.moduleTransition() : errors.moduleOption());
    }
    const isMoved =
      found.machine.definition === undefined
        ? moveMap(call, key, found, move)
        : mutate(call, subjectOf(call, bytesOf(key), found.record), move);
    return isMoved ? OK : refusal(call, key, isModuleMode(call) ? errors.moduleTransition() : null);
  },
} as const satisfies Handler;

/** False when the machine has no such state, or its current state does not list it. */
function mayMove(call: Call, { machine }: Found, { to, isForced }: Wish): boolean {
  return hasState(call, machine, to) && (isForced || leadsTo(machine, to));
}

/** False when it may not move. */
function moveMap(call: Call, key: Buffer, found: Found, move: Wish): boolean {
  if (!mayMove(call, found, move)) return false;
  const { to, reason, isForced } = move;
  moveMachine(call, key, found, { to, reason, kind: isForced ? "force" : "mutate" });
  return true;
}
