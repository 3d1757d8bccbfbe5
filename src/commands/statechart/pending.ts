/** SM.PENDING key: what the machine waits for: deferred and scheduled events, and timers, with their due times. */

import { bytesOf } from "../../base/bytes.ts";
import { stateOf } from "../../engine/machine.ts";
import type { Kept, Timer } from "../../engine/types.ts";
import { eventsKept, keptId } from "../../machines/kept-events.ts";
import { madeData } from "../../machines/machine-step.ts";
import { pendingId, pendingOf } from "../../machines/pending.ts";
import { type Chart, subjectAt } from "../../machines/subject.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const smPending = {
  name: "SM.PENDING",
  run: (call) => {
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject === undefined) return null;
    const events = pendingOf(call.db.transaction, subject.record.id).map((pending) =>
      map([
        ["id", pendingId(pending)],
        ["kind", pending.kind],
        ["event", pending.event],
        ["due", "dueMs" in pending ? pending.dueMs : null],
        ["data", pending.data?.text ?? null],
        ["state", pending.kind === "failed" ? (pending.state ?? null) : null],
        ["error", pending.kind === "failed" ? `${pending.code} ${pending.message}` : null],
        ["place", null],
      ]),
    );
    const { chart } = subject;
    return chart === undefined
      ? events
      : [
          ...events,
          ...eventsKept(subject).map((kept) => keptReply(chart, kept)),
          ...chart.snapshot.timers.map((timer) => timerReply(chart, timer)),
        ];
  },
} as const satisfies Handler;

/** The name under which SM.PENDING shows a timer and SM.CANCEL takes it. */
export function timerId(timer: Timer): string {
  return timer.id ?? `#${timer.seq}`;
}

function timerReply({ machine }: Chart, timer: Timer): Reply {
  return map([
    ["id", timerId(timer)],
    ["kind", "timer"],
    ["event", timer.event],
    ["due", timer.deadlineMs],
    ["data", madeData(timer)?.text ?? null],
    ["state", timer.state === undefined ? null : stateOf(machine, timer.state).path],
    ["error", null],
    ["place", null],
  ]);
}

/** An event that waits in a place of a join. */
function keptReply({ machine }: Chart, kept: Kept): Reply {
  const join = machine.joins[kept.join];
  return map([
    ["id", keptId(kept)],
    ["kind", "kept"],
    ["event", kept.event],
    ["due", null],
    ["data", madeData(kept)?.text ?? null],
    ["state", join === undefined ? null : stateOf(machine, join.state).path],
    ["error", null],
    ["place", join?.places[kept.place]?.name ?? null],
  ]);
}
