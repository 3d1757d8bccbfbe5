/** Looks at machines in small steps, others being served in between; within MULTI and scripts all at once. */
import type { Survey } from "../../machines/migration/survey.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import type { Call, Wait } from "../handler.ts";

/** Of one step, whatever the clock says. */
const MACHINES_PER_STEP = 64;

/** `answer` is given what was seen, in the turn in which the last machine was. */
export function surveyed(
  call: Call,
  survey: Survey,
  answer: (call: Call, survey: Survey) => Reply,
): Reply | Wait {
  const step = (now: Call, before: Survey): Reply | Wait => {
    const { clock, pace } = now.server;
    const startedMs = clock.monotonicMs();
    const { pieceMsMax } = pace;
    const spentMs = () => clock.monotonicMs() - startedMs;
    // A step may be run twice: the survey it began with stays as it is.
    const seen = before.copy();
    const isOver = () => now.mayWait && spentMs() >= pieceMsMax;
    let isWhole = seen.goOn(now, { countMax: MACHINES_PER_STEP, isOver });
    while (!isWhole && !now.mayWait) isWhole = seen.goOn(now, { countMax: MACHINES_PER_STEP, isOver });
    if (isWhole) return answer(now, seen);
    const rest = pace.restFor(spentMs());
    return {
      kind: "wait",
      keys: [],
      goesOn:
        rest === undefined ? "next turn" : { fromMs: now.nowMs + rest.ms, byMs: now.nowMs + rest.msMax },
      deadlineMs: undefined,
      onTimeout: NULL_ARRAY,
      retry: (later) => step(later, seen),
    };
  };
  return step(call, survey);
}
