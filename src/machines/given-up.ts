/**
 * Tasks that are given up: delivered as often as they may be, or not answered in time. Such a task moves to `sm:dead`
 * with its reason, and its machine gets the `failed` event the task has named, under the task's id, so that an answer
 * that still comes is one too many. Where no event is named the id is spent all the same.
 */
import { type Bytes, bytesOf } from "../base/bytes.ts";
import { EventData } from "../base/event-data.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import type { Fields } from "../streams/chunk.ts";
import { countField, fieldOf, textField } from "../streams/entry-fields.ts";
import { formatId } from "../streams/entry-id.ts";
import { groupsOf } from "../streams/groups.ts";
import { findPending } from "../streams/pending.ts";
import type { PendingEntry } from "../streams/pending-page.ts";
import { entryAt, refreshStream, type Stream } from "../streams/streams.ts";
import { failStep } from "./delivery.ts";
import { isFailure, recordRefusal } from "./failures.ts";
import type { Refusal } from "./machine-step.ts";
import { originOf } from "./origin.ts";
import { keptOutcome, refusalOf } from "./outcome-reply.ts";
import type { TaskDeadline } from "./pending.ts";
import { send } from "./send.ts";
import { plainSend, type SendOptions } from "./send-options.ts";
import { keep } from "./settle.ts";
import { taskOfStream, taskStream } from "./stream-names.ts";
import { findSubject, type Scope, type Subject } from "./subject.ts";
import { retryTask, waitForRetry } from "./task-retry.ts";
import {
  buryTask,
  closeTask,
  findTask,
  type GivenUp,
  hasSet,
  idOfText,
  removeTask,
  streamAt,
} from "./tasks.ts";

/**
 * Gives up the task of a pending entry that is about to be delivered once more than it may be. True when nothing is
 * left to be done with it: the group is then to forget the entry. A task that was given up is gone from its stream;
 * one that was answered, and never acknowledged, stays for other groups. Of a suspended machine nothing is given up,
 * since it takes no event. Other streams are left alone. What the machine does then may change the stream, of which
 * `stream` knows afterwards.
 */
export function giveUpSpent(scope: Scope, stream: Stream, pending: PendingEntry): boolean {
  const task = taskOfStream(scope.db.place, stream.key);
  const fields = task === undefined ? undefined : entryAt(stream, pending.id);
  if (task === undefined || fields === undefined) return false;
  const attempts = countField(fields, "attempts");
  if (attempts === undefined || pending.deliveryCount < BigInt(attempts)) return false;
  const key = fieldOf(fields, "key");
  const taskId = textField(fields, "id");
  if (key === undefined || taskId === undefined) return false;
  const subject = setterOf(scope, bytesOf(key), fields);
  if (subject?.machine.status === "suspended") return false;
  if (subject !== undefined && keptOutcome(scope, subject.record.id, taskId) !== undefined) return true;
  const deliveries = Number(pending.deliveryCount);
  if (!buryTask(scope.db, { task, fields, reason: "attempts", deliveries, nowMs: scope.nowMs })) return false;
  removeTask(scope.db, task, formatId(pending.id));
  refreshStream(stream);
  if (subject === undefined) return true;
  closeTask(scope.db, subject.record.id, taskId);
  tellFailed(scope, subject, { taskId, task, reason: "attempts", failed: textField(fields, "failed") });
  refreshStream(stream);
  return true;
}

/** The machine that has set a task; undefined when it is gone, whatever stands under its key now. */
function setterOf(scope: Scope, key: Bytes, task: Fields): Subject | undefined {
  const subject = findSubject(scope, key);
  return subject !== undefined && hasSet(subject.machine, task) ? subject : undefined;
}

/** The deadline of a task that its machine waits for. */
export function runDeadline(scope: Scope, subject: Subject, deadline: TaskDeadline): void {
  const { id: taskId, event, task } = deadline;
  if (keptOutcome(scope, subject.record.id, taskId) !== undefined) return;
  if (deadline.again !== undefined) {
    retryTask(scope, subject, deadline);
    return;
  }
  const { name, entry, owner } = task;
  const isOwn = owner === subject.record.id && entry !== undefined;
  const fields = isOwn ? findTask(scope.db, { task: name, entry, taskId }) : undefined;
  if (
    fields !== undefined &&
    entry !== undefined &&
    waitForRetry(scope, subject, deadline, { entry, fields })
  )
    return;
  const deliveries = fields === undefined || entry === undefined ? 0 : deliveriesOf(scope, name, entry);
  const attempts = fields === undefined ? undefined : countField(fields, "attempts");
  const reason = attempts !== undefined && deliveries >= attempts ? "attempts" : "timeout";
  if (fields !== undefined && entry !== undefined)
    bury(scope, entry, { task: name, fields, reason, deliveries, nowMs: scope.nowMs });
  tellFailed(scope, subject, { taskId, task: name, reason, failed: event === "" ? undefined : event });
}

/** Where `sm:dead` holds something else, the task stays where it is rather than be lost. */
function bury(scope: Scope, entry: string, givenUp: GivenUp): void {
  if (buryTask(scope.db, givenUp)) removeTask(scope.db, givenUp.task, entry);
}

/** How often an entry was delivered, in the group that has tried most. */
function deliveriesOf(scope: Scope, task: string, entry: string): number {
  const stream = streamAt(scope.db, taskStream(scope.db.place, task));
  if (stream === undefined) return 0;
  const counts = groupsOf(stream).map((group) =>
    Number(findPending(stream, group, idOfText(entry))?.deliveryCount ?? 0),
  );
  return Math.max(0, ...counts);
}

interface Failure {
  readonly taskId: string;
  readonly task: string;
  readonly reason: string;
  readonly failed: string | undefined;
}

function tellFailed(scope: Scope, subject: Subject, { taskId, task, reason, failed }: Failure): void {
  const options: SendOptions = {
    ...plainSend(failed ?? ""),
    data: EventData.ofValue({ task, reason }),
    id: taskId,
    by: `sm:tasks:${task}`,
  };
  const savepoint = scope.databases.transaction.savepoint();
  const refuse = (code: string, message: string) =>
    keep(scope, { before: subject, after: subject }, options, { kind: "refused", code, message });
  if (failed === undefined) {
    refuse("DEAD", `the task was given up: ${reason}`);
    return;
  }
  let refusal: Refusal | undefined;
  try {
    refusal = refusalOf(send(scope, subject, options));
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    scope.databases.rollback(savepoint);
    refuse(error.code, error.text);
    refusal = { kind: "refused", code: error.code, message: error.text };
  }
  const current = refusal === undefined ? undefined : findSubject(scope, subject.key);
  if (refusal === undefined || current === undefined) return;
  // The outcome under the task's id is spent: the step is known without it.
  const step = { ...originOf(options), id: undefined };
  if (isFailure(refusal)) failStep(scope, current, { ...step, from: "event" }, refusal);
  else recordRefusal(scope, current, step, refusal);
}
