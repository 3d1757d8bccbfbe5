/** What WAIT and WAITAOF do for what cannot come: there are no replicas, so they wait until the time is over. */
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { parseInteger } from "../arguments.ts";
import type { Call, Wait } from "../handler.ts";
import { deadlineOf } from "../wait.ts";

/** A wait of so many milliseconds, 0 for ever. @throws ReplyError when it is no integer, negative or too long */
export function timeoutOf(bytes: Buffer): number {
  const timeoutMs = parseInteger(bytes);
  if (timeoutMs === undefined) throw errors.timeoutNotAnInteger();
  if (timeoutMs < 0n) throw errors.timeoutNegative();
  if (timeoutMs > BigInt(Number.MAX_SAFE_INTEGER)) throw errors.timeoutOutOfRange();
  return Number(timeoutMs);
}

/** The reply, at once when it is all that is asked for or nothing may wait, else when the time is over. */
export function waitInVain(call: Call, isMet: boolean, timeoutMs: number, reply: Reply): Reply | Wait {
  if (isMet || !call.mayWait) return reply;
  const wait: Wait = {
    kind: "wait",
    keys: [],
    deadlineMs: deadlineOf(call.nowMs, timeoutMs),
    onTimeout: reply,
    retry: () => wait,
  };
  return wait;
}
