/** Situations are the same when the machine does the same from there on. */
import type { Machine } from "../engine/machine.ts";
import { snapshotToJson } from "../engine/snapshot.ts";
import { NONE_RELEASED, type Released } from "./properties.ts";
import { type Situation, timersInOrder } from "./rehearsal.ts";

/** What a machine does from here on, as a text: times count from now, and numbers of timers do not matter. */
export function keyOf(machine: Machine, situation: Situation, released: Released = NONE_RELEASED): string {
  const { snapshot, inbox, failed, children, isSuspended, nowMs } = situation;
  const { c, x, h, d } = snapshotToJson(machine, snapshot);
  const timers = timersInOrder(snapshot).map(({ deadlineMs, kind, event, id, to, state, data }) => [
    deadlineMs - nowMs,
    kind,
    event,
    id,
    to,
    state,
    data,
  ]);
  const kept = snapshot.kept.map(({ join, place, event, data, isSpent }) => [
    join,
    place,
    event,
    data,
    isSpent,
  ]);
  const waiting = inbox.map(({ type, data }) => [type, data]);
  const kin = children.map(({ id, status, output }) => [id, status, output]);
  const lost = failed.map(({ event }) => event);
  return JSON.stringify([c, x, h, d, timers, kept, waiting, lost, kin, isSuspended, [...released]]);
}
