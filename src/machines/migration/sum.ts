/** A migration that is one in each of several partitions, as one: its numbers are sums. */
import type { JobStatus, LetOut, StoredJob } from "./stored.ts";

/** What it is doing is what any of them is still doing, the first of these. */
const ORDER: readonly JobStatus[] = ["paused", "running", "undoing", "done", "undone"];

export function sumOf(jobs: readonly StoredJob[]): StoredJob {
  return jobs.reduce(added);
}

function added(a: StoredJob, b: StoredJob): StoredJob {
  return {
    ...a,
    status: ORDER.find((status) => a.status === status || b.status === status) ?? a.status,
    isBack: a.isBack || b.isBack,
    moved: a.moved + b.moved,
    held: a.held + b.held,
    undone: a.undone + b.undone,
    stayed: a.stayed + b.stayed,
    out: addedOut(a.out, b.out),
    startedMs: Math.min(a.startedMs, b.startedMs),
    updatedMs: Math.max(a.updatedMs, b.updatedMs),
    endedMs: a.endedMs === null || b.endedMs === null ? null : Math.max(a.endedMs, b.endedMs),
  };
}

function addedOut(a: LetOut, b: LetOut): LetOut {
  return {
    emitted: a.emitted + b.emitted,
    tasks: a.tasks + b.tasks,
    sent: a.sent + b.sent,
    started: a.started + b.started,
    stopped: a.stopped + b.stopped,
  };
}
