/**
 * SM.WAIT key STATE s | REV n | STATUS s timeout-ms: the active states, as soon as the machine is in the state (or in
 * one below it), has come to the revision or has the status; null when that takes longer than the timeout. 0 waits
 * for ever; within MULTI nothing waits. A key that is not there yet is waited for too.
 */
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import { activeNames } from "../../machines/record.ts";
import { isIn } from "../../machines/send.ts";
import { type Subject, subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply, simple } from "../../protocol/reply.ts";
import { notOneOf } from "../../protocol/word-errors.ts";
import { argument, safeInteger, text, token } from "../arguments.ts";
import type { Call, Handler, Wait } from "../handler.ts";
import { deadlineOf } from "../wait.ts";
import { readStatus } from "./machine-filter.ts";

export const smWait = {
  name: "SM.WAIT",
  run: (call) => {
    const { args } = call;
    const key = bytesOf(argument(args, 1));
    const isMet = condition(argument(args, 2), argument(args, 3));
    const timeoutMs = safeInteger(argument(args, 4));
    if (timeoutMs < 0) throw errors.timeoutNegative();
    const reply = ask(call, key, isMet);
    if (reply !== undefined) return reply;
    if (!call.mayWait) return NULL_ARRAY;
    const wait: Wait = {
      kind: "wait",
      keys: [key],
      deadlineMs: deadlineOf(call.nowMs, timeoutMs),
      onTimeout: NULL_ARRAY,
      retry: (later) => ask(later, key, isMet) ?? wait,
    };
    return wait;
  },
} as const satisfies Handler;

type Condition = (subject: Subject) => boolean;

function condition(kind: Buffer, value: Buffer): Condition {
  const given = text(value, token(kind));
  switch (token(kind)) {
    case "STATE":
      return (subject) => isIn(subject, given);
    case "REV": {
      const rev = safeInteger(value);
      return ({ machine }) => machine.rev >= rev;
    }
    case "STATUS": {
      const status = readStatus(value);
      return ({ machine }) => machine.status === status;
    }
    default:
      throw notOneOf("SM.WAIT", ["STATE", "REV", "STATUS"]);
  }
}

/** The active states when the condition is met. */
function ask(call: Call, key: Bytes, isMet: Condition): Reply | undefined {
  const subject = subjectAt(call, key);
  if (subject === undefined || !isMet(subject)) return undefined;
  return activeNames(subject.machine).map(simple);
}
