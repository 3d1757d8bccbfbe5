/**
 * SM.SUSPEND key [reason] and SM.RESUME key: 1 when something changed, 0 when not. A suspended machine takes no
 * event, and nothing of it falls due: its timers and scheduled events leave the index of due times and come back
 * with SM.RESUME; what should have happened meanwhile then happens at once.
 */
import { bytesOf } from "../../base/bytes.ts";
import type { HistoryEntry } from "../../machines/history.ts";
import { dueEntries } from "../../machines/object-storage.ts";
import { armDue } from "../../machines/pending.ts";
import { activeNames, isRunning } from "../../machines/record.ts";
import { type Subject, subjectAt } from "../../machines/subject.ts";
import { disarmAll, writeRecord } from "../../machines/writing.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, text } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";

export const smSuspend = {
  name: "SM.SUSPEND",
  run: (call) => {
    if (call.args.length > 3) throw errors.wrongNumberOfArguments("SM.SUSPEND");
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject === undefined || !isRunning(subject.machine)) return 0;
    const [, , reason] = call.args;
    disarmAll(call, subject.record.id, subject.machine);
    setStatus(call, subject, "suspended", reason === undefined ? undefined : text(reason, "reason"));
    return 1;
  },
} as const satisfies Handler;

export const smResume = {
  name: "SM.RESUME",
  run: (call) => {
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject?.machine.status !== "suspended") return 0;
    for (const entry of dueEntries(call.db.transaction, subject.record.id, subject.machine))
      armDue(call.db.transaction, entry, call.db.phys);
    setStatus(call, subject, subject.machine.failedCount > 0 ? "failed" : "active", undefined);
    return 1;
  },
} as const satisfies Handler;

function setStatus(
  call: Call,
  subject: Subject,
  status: "active" | "failed" | "suspended",
  reason: string | undefined,
): void {
  const { machine } = subject;
  const states = activeNames(machine);
  const rev = machine.rev + 1;
  const history: HistoryEntry = {
    rev,
    atMs: call.nowMs,
    kind: status === "suspended" ? "suspend" : "resume",
    from: states,
    to: states,
    reason,
    status: status === "active" ? undefined : status,
  };
  const next = { ...machine, status, rev, updatedMs: call.nowMs, reason: reason ?? machine.reason };
  writeRecord(call, subject, next, history);
}
