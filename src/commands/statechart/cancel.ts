/** SM.CANCEL key id [id …]: takes back deferred and scheduled events and timers; replies how many. */
import { bytesOf } from "../../base/bytes.ts";
import { withFailed } from "../../machines/failures.ts";
import { eventsKept, keptId, waitingOf } from "../../machines/kept-events.ts";
import { disarmDue, dropPending, pendingId, pendingOf } from "../../machines/pending.ts";
import { settle } from "../../machines/settle.ts";
import { type Subject, subjectAt } from "../../machines/subject.ts";
import { timerEntry, writeRecord, writeSnapshot } from "../../machines/writing.ts";
import { argument, text } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { timerId } from "./pending.ts";

export const smCancel = {
  name: "SM.CANCEL",
  run: (call) => {
    const subject = subjectAt(call, bytesOf(argument(call.args, 1)));
    if (subject === undefined) return 0;
    const ids = new Set(call.args.slice(2).map((id) => text(id, "id")));
    return (
      cancelEvents(call, subject, ids) + cancelKept(call, subject, ids) + cancelTimers(call, subject, ids)
    );
  },
} as const satisfies Handler;

const CANCELLED = { kind: "refused", code: "CANCELLED", message: "it was taken back" } as const;

function cancelEvents(call: Call, subject: Subject, ids: ReadonlySet<string>): number {
  const { transaction } = call.db;
  const { id } = subject.record;
  // A task was handed to workers: it is not for the machine to take back.
  const cancelled = pendingOf(transaction, id).filter(
    (pending) => pending.kind !== "task" && ids.has(pendingId(pending)),
  );
  for (const pending of cancelled) {
    dropPending(transaction, id, pending);
    settle(call, { before: subject, after: subject, pending }, CANCELLED);
  }
  const countOf = (kind: string) => cancelled.filter((pending) => pending.kind === kind).length;
  const [deferred, failed] = [countOf("deferred"), countOf("failed")];
  if (deferred > 0 || failed > 0) {
    const { machine } = subject;
    const deferredCount = machine.deferredCount - deferred;
    const next = withFailed({ ...machine, deferredCount }, machine.failedCount - failed);
    writeRecord(call, subject, next, undefined);
  }
  return cancelled.length;
}

function cancelKept(call: Call, before: Subject, ids: ReadonlySet<string>): number {
  const subject = subjectAt(call, before.key);
  const chart = subject?.chart;
  if (subject === undefined || chart === undefined) return 0;
  const cancelled = eventsKept(subject).filter((event) => ids.has(keptId(event)));
  if (cancelled.length === 0) return 0;
  for (const event of cancelled)
    settle(call, { before: subject, after: subject, pending: waitingOf(event) }, CANCELLED);
  const kept = chart.snapshot.kept.filter((event) => !cancelled.includes(event));
  writeSnapshot(call, subject, { ...chart.snapshot, kept });
  return cancelled.length;
}

function cancelTimers(call: Call, before: Subject, ids: ReadonlySet<string>): number {
  const subject = subjectAt(call, before.key);
  const chart = subject?.chart;
  if (subject === undefined || chart === undefined) return 0;
  const cancelled = chart.snapshot.timers.filter((timer) => ids.has(timerId(timer)));
  if (cancelled.length === 0) return 0;
  for (const timer of cancelled) disarmDue(call.db.transaction, timerEntry(subject.record.id, timer));
  const timers = chart.snapshot.timers.filter((timer) => !cancelled.includes(timer));
  writeSnapshot(call, subject, { ...chart.snapshot, timers });
  return cancelled.length;
}
