/** Steps of a machine that have failed, under another definition: one that a state has armed goes with that state. */
import { stateOf } from "../../engine/machine.ts";
import { dropFailed, failedOf } from "../failures.ts";
import { addPending, type FailedEvent } from "../pending.ts";
import type { Scope, Subject } from "../subject.ts";

/** `origins`: the old states that each active state stands for. */
export function carryFailed(
  scope: Scope,
  { before, after }: { readonly before: Subject; readonly after: Subject },
  origins: ReadonlyMap<number, readonly number[]>,
): Subject {
  const lost: FailedEvent[] = [];
  for (const failed of failedOf(scope, after)) {
    if (failed.state === undefined || failed.state === "") continue;
    const moved = movedTo(failed, { before, after }, origins);
    if (moved === undefined) lost.push(failed);
    else if (moved.state !== failed.state || moved.event !== failed.event)
      addPending(scope.db.transaction, { id: after.record.id, phys: scope.db.phys }, { ...failed, ...moved });
  }
  return dropFailed(scope, after, lost);
}

/** The state that stands for the one that has armed a step, and the event of the same time there. */
function movedTo(
  { state = "", event }: FailedEvent,
  { before, after }: { readonly before: Subject; readonly after: Subject },
  origins: ReadonlyMap<number, readonly number[]>,
): Pick<FailedEvent, "state" | "event"> | undefined {
  const old = before.chart?.machine;
  const to = after.chart?.machine;
  const from = old?.byPath.get(state);
  if (old === undefined || to === undefined || from === undefined) return undefined;
  const index = [...origins].find(([, olds]) => olds.includes(from))?.[0];
  if (index === undefined) return undefined;
  const target = stateOf(to, index);
  const { id } = stateOf(old, from);
  const name = event.endsWith(id) ? `${event.slice(0, event.length - id.length)}${target.id}` : event;
  return { state: target.path, event: name };
}
