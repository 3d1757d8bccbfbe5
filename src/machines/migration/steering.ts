/** A migration that runs is paused, goes on, or takes back what it has moved. */
import type { When } from "./jobs.ts";
import { putJob, type StoredJob } from "./stored.ts";

/** Stops a migration for now; false when it does not run. */
export function pauseJob(scope: When, job: StoredJob): boolean {
  if (job.status !== "running" && job.status !== "undoing") return false;
  putJob(scope.db, job, { ...job, status: "paused", updatedMs: scope.nowMs, dueMs: null });
  return true;
}

/** Lets it go on; false when it is not paused. */
export function resumeJob(scope: When, job: StoredJob): boolean {
  if (job.status !== "paused") return false;
  const status = job.isBack ? "undoing" : "running";
  putJob(scope.db, job, { ...job, status, updatedMs: scope.nowMs, dueMs: scope.nowMs });
  return true;
}

/** Has the machines go back that have not changed since. */
export function undoJob(scope: When, job: StoredJob): StoredJob {
  const { nowMs } = scope;
  const undoing = {
    ...job,
    status: "undoing",
    isBack: true,
    cursor: null,
    updatedMs: nowMs,
    endedMs: null,
    dueMs: nowMs,
  } as const;
  putJob(scope.db, job, undoing);
  return undoing;
}
