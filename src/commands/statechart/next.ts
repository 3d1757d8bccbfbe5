/** SM.NEXT key: the events the machine accepts now, each with its targets and whether its guard holds. */

import { type Bytes, bufferOf, bytesOf } from "../../base/bytes.ts";
import { type JoinPlace, next } from "../../engine/explain.ts";
import { targetsOf } from "../../machines/machine-step.ts";
import { isRunning } from "../../machines/record.ts";
import { envOf, type Subject, subjectAt } from "../../machines/subject.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { runningChildren } from "./family.ts";

interface Accepted {
  readonly event: string;
  readonly state: string;
  readonly targets: readonly string[];
  readonly guard: string | null;
  /** Null when it depends on the event's data. */
  readonly holds: boolean | null;
  /** The place of a join that it would fill, and what that join still waits for. */
  readonly join?: JoinPlace | undefined;
  /** Keys of the children that it would stop. */
  readonly stops?: readonly Bytes[];
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
    const events = next(chart.machine, chart.snapshot, envOf(call, subject));
    const running = runningChildren(call, subject);
    const keysOf = (ids: readonly string[]): Bytes[] =>
      running.filter(({ link }) => ids.includes(link.name)).map(({ child }) => child.key);
    return events.flatMap(({ event, transitions }) =>
      transitions.map(({ state, targets, guard, holds, join, stops = [] }) =>
        accepted({ event, state, targets, guard: guard ?? null, holds, join, stops: keysOf(stops) }),
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

function accepted({ event, state, targets, guard, holds, join, stops = [] }: Accepted): Reply {
  return map([
    ["event", event],
    ["from", state],
    ["targets", [...targets]],
    ["guard", guard],
    ["holds", holds === null ? null : Number(holds)],
    ["place", join?.place ?? null],
    ["missing", join === undefined ? null : [...join.missing]],
    ...(stops.length === 0 ? [] : [["stops", stops.map(bufferOf)] as const]),
  ]);
}
