/** Looks at the machines that this server holds, in small steps, others being served in between; within MULTI and scripts all at once. */

import type { Survey } from "../../machines/migration/survey.ts";
import type { PieceLimit } from "../../machines/migration/walk.ts";
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import { everyScope } from "../everywhere.ts";
import type { Call, Wait } from "../handler.ts";

/** Of one step, whatever the clock says. */
const MACHINES_PER_STEP = 64;

/** `answer` is given what was seen, in the turn in which the last machine was. */
export function surveyed(
  call: Call,
  survey: Survey,
  answer: (call: Call, survey: Survey) => Reply,
): Reply | Wait {
  const step = (now: Call, before: Survey, partitions: readonly number[]): Reply | Wait => {
    const { clock, pace } = now.server;
    const startedMs = clock.monotonicMs();
    const { pieceMsMax } = pace;
    const spentMs = () => clock.monotonicMs() - startedMs;
    // A step may be run twice: the survey it began with stays as it is.
    const seen = before.copy();
    const isOver = () => now.mayWait && spentMs() >= pieceMsMax;
    let left = partitions;
    do {
      if (goOn(now, seen, left[0], { countMax: MACHINES_PER_STEP, isOver })) left = left.slice(1);
    } while (left.length > 0 && !now.mayWait);
    if (left.length === 0) return answer(now, seen);
    const rest = pace.restFor(spentMs());
    return {
      kind: "wait",
      keys: [],
      goesOn:
        rest === undefined ? "next turn" : { fromMs: now.nowMs + rest.ms, byMs: now.nowMs + rest.msMax },
      deadlineMs: undefined,
      onTimeout: NULL_ARRAY,
      retry: (later) => step(later, seen, left),
    };
  };
  return step(
    call,
    survey,
    everyScope(call).map(({ databases }) => databases.place.number),
  );
}

/** True when all machines of the partition have been seen. */
function goOn(call: Call, survey: Survey, partition: number | undefined, limit: PieceLimit): boolean {
  const scope = everyScope(call).find(({ databases }) => databases.place.number === partition);
  if (scope === undefined)
    throw errors.notYetShared("slots have gone to another server while machines were looked at");
  return survey.goOn(scope, limit);
}
