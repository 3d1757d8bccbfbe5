/** SM.NEXT key: the events the machine accepts now, each with its targets and whether its guard holds. */

import { bytesOf } from "../../base/bytes.ts";
import { next } from "../../engine/explain.ts";
import { targetsOf } from "../../machines/machine-step.ts";
import { isRunning } from "../../machines/record.ts";
import { envOf, type Subject, subjectAt } from "../../machines/subject.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

interface Accepted {
  readonly event: string;
  readonly state: string;
  readonly targets: readonly string[];
  readonly guard: string | null;
  /** Null when it depends on the event's data. */
  readonly holds: boolean | null;
}

export const smNext = {
  name: "SM.NEXT",
  run: (call) => {
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject === undefined) return null;
    // Neither a suspended machine nor one that is done accepts any.
    if (!isRunning(subject.machine)) return [];
    const { chart } = subject;
    if (chart === undefined) return nextOfMap(subject).map(accepted);
    const events = next(chart.machine, chart.snapshot, envOf(call, subject.key));
    return events.flatMap(({ event, transitions }) =>
      transitions.map(({ state, targets, guard, holds }) =>
        accepted({ event, state, targets, guard: guard ?? null, holds }),
      ),
    );
  },
} as const satisfies Handler;

function nextOfMap(subject: Subject): Accepted[] {
  const state = subject.machine.states[0]?.[0] ?? "";
  return [...targetsOf(subject, state)].map((target) => ({
    event: target,
    state,
    targets: [target],
    guard: null,
    holds: true,
  }));
}

function accepted({ event, state, targets, guard, holds }: Accepted): Reply {
  return map([
    ["event", event],
    ["from", state],
    ["targets", [...targets]],
    ["guard", guard],
    ["holds", holds === null ? null : Number(holds)],
  ]);
}
