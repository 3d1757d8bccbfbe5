/** Looks at machines in small steps, others being served in between; within MULTI and scripts all at once. */
import type { Survey } from "../../machines/migration/survey.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import type { Call, Wait } from "../handler.ts";

/** Less than a turn may take. */
const MACHINES_PER_STEP = 64;

/** `answer` is given what was seen, in the turn in which the last machine was. */
export function surveyed(
  call: Call,
  survey: Survey,
  answer: (call: Call, survey: Survey) => Reply,
): Reply | Wait {
  const step = (now: Call, before: Survey): Reply | Wait => {
    // A step may be run twice: the survey it began with stays as it is.
    const seen = before.copy();
    let isWhole = seen.goOn(now, MACHINES_PER_STEP);
    while (!isWhole && !now.mayWait) isWhole = seen.goOn(now, MACHINES_PER_STEP);
    if (isWhole) return answer(now, seen);
    return {
      kind: "wait",
      keys: [],
      goesOn: true,
      deadlineMs: undefined,
      onTimeout: NULL_ARRAY,
      retry: (later) => step(later, seen),
    };
  };
  return step(call, survey);
}
