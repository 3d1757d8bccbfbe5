/**
 * SM.PENDING key: what the machine waits for: deferred and scheduled events, and timers, with their due times; and the
 * children that have not ended.
 */

import { bufferOf, bytesOf } from "../../base/bytes.ts";
import { doneActorEvent } from "../../engine/event-names.ts";
import { stateOf } from "../../engine/machine.ts";
import type { Kept, Timer } from "../../engine/types.ts";
import { nameOfLink } from "../../machines/child-links.ts";
import { eventsKept, keptId } from "../../machines/kept-events.ts";
import { madeData } from "../../machines/machine-step.ts";
import { pendingId, pendingOf } from "../../machines/pending.ts";
import { activeNames } from "../../machines/record.ts";
import { type Chart, subjectAt } from "../../machines/subject.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { type RunningChild, runningChildren } from "./family.ts";

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
          ...runningChildren(call, subject).map(childReply),
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

/** A child that has not ended; the event says when it has. */
function childReply({ link, child }: RunningChild): Reply {
  const { machine } = child;
  const { definition } = machine;
  return map([
    ["id", nameOfLink(link)],
    ["kind", "running"],
    ["event", doneActorEvent(link.name)],
    ["due", null],
    ["data", null],
    ["state", activeNames(machine)],
    ["error", null],
    ["place", null],
    ["key", bufferOf(child.key)],
    ["definition", definition === undefined ? null : `${definition.name}:${definition.version}`],
    ["status", machine.status],
  ]);
}
