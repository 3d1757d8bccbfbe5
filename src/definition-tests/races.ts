/** Timers that are due at the same time, whose order decides what becomes of the machine. */
import { stateOf } from "../engine/machine.ts";
import { activeStates } from "../engine/step.ts";
import type { Timer } from "../engine/types.ts";
import { eventText } from "./coverage.ts";
import { keyOf } from "./explore-key.ts";
import { fireTimer, type Rehearsed, type Situation, timersInOrder } from "./rehearsal.ts";

export interface Race {
  /** The same for the same timers in other situations. */
  readonly name: string;
  readonly state: number | undefined;
  readonly message: string;
}

/** The first race of a situation; undefined for none. */
export function raceIn(rehearsed: Rehearsed, situation: Situation): Race | undefined {
  const [first, ...rest] = timersInOrder(situation.snapshot);
  if (first === undefined || situation.isSuspended) return undefined;
  for (const second of rest) {
    if (second.deadlineMs !== first.deadlineMs) return undefined;
    const one = after(rehearsed, situation, [first, second]);
    const other = after(rehearsed, situation, [second, first]);
    if (keyOf(rehearsed.machine, one) === keyOf(rehearsed.machine, other)) continue;
    const names = [first, second].map((timer) => nameOf(rehearsed, timer));
    const ends = [one, other].map((end) => endOf(rehearsed, end));
    const [a, b] =
      ends[0] === ends[1] ? [one, other].map(({ snapshot }) => JSON.stringify(snapshot.context)) : ends;
    return {
      name: [...names].sort().join(),
      state: second.state ?? first.state,
      message: `${names.join(" and ")} are due at the same time: in this order the machine ends in ${a}, in the other in ${b}`,
    };
  }
  return undefined;
}

function after(rehearsed: Rehearsed, situation: Situation, timers: readonly Timer[]): Situation {
  return timers.reduce((now, timer) => {
    // The first may have left the state of the second, whose timer is gone then.
    const isPending = now.snapshot.timers.some(({ seq }) => seq === timer.seq);
    return isPending ? fireTimer(rehearsed, now, timer).situation : now;
  }, situation);
}

function nameOf({ machine }: Rehearsed, { event, state, kind }: Timer): string {
  if (state === undefined) return `'${event}' (${kind})`;
  const node = stateOf(machine, state);
  return `'${eventText(node, event)}' of '${node.path}'`;
}

function endOf({ machine }: Rehearsed, { snapshot }: Situation): string {
  return activeStates(machine, snapshot).join(", ");
}
