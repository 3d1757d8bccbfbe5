/** What a bulk job is and how it stands, as JSON. */
import type { JsonObject } from "../base/json.ts";
import { type BulkJob, undoable } from "./bulk-job.ts";

/** A job as its server answers who asks for it. */
export function summaryOf(job: BulkJob): JsonObject {
  const { id, task, user, status, fault, createdMs, endedMs, items, counts } = job;
  const { action, filter, event, reason, rate, keys } = task;
  const isUndoable = !job.isOpen && undoable(job).length > 0;
  return {
    ...{ id, action, event: event === "" ? null : event, reason: reason === "" ? null : reason, rate },
    filter: keys === undefined ? { ...filter } : null,
    ...{ user, status, fault: fault ?? null, created: createdMs, ended: endedMs ?? null },
    ...{ machines: items.length, ...counts, isUndoable, server: null },
  };
}
