/**
 * Tasks that machines have set: entries of the streams `sm:tasks:<task>`, read by workers through consumer groups.
 *
 * A task is known by its id, `key@rev#n`: the n-th task of the change that led to `rev`. It is the id of the event
 * that answers it, so the machine takes one answer and no second; a task that is put back after it was given up gets
 * another (`key@rev#n.1`), because the first is spent. A task with a timeout also waits in its machine, so that its
 * deadline falls due like any other event; the answer takes it from there.
 */
import { type Bytes, bufferOf, bytesOf } from "../base/bytes.ts";
import type { TaskRetry } from "../engine/machine.ts";
import type { Database } from "../keyspace/database.ts";
import { type AppendOptions, appendEntry } from "../streams/append.ts";
import type { Fields } from "../streams/chunk.ts";
import { countField, fieldOf, fieldsOf, textField } from "../streams/entry-fields.ts";
import { type EntryId, entryIdOf, formatId } from "../streams/entry-id.ts";
import { deleteAmong, settleFirstId } from "../streams/removal.ts";
import { entryAt, openStream, type Stream, saveStream } from "../streams/streams.ts";
import { addPending, dropPending, findPending, holdPending, type TaskDeadline } from "./pending.ts";
import { decodeMachine, hasEnded, type MachineRecord } from "./record.ts";
import { deadStream, taskStream } from "./stream-names.ts";

/** Tasks one change may set: as many numbers as there are for them among what waits in a machine. */
export const TASKS_PER_CHANGE_MAX = 4096;

/** Where the numbers of tasks begin among what waits in a machine; those of events count from 1. */
const SEQUENCE_MIN = 2 ** 50;

/** What a machine asks for with a task. */
export interface TaskOrder {
  readonly task: string;
  /** A text of JSON. */
  readonly input?: string;
  readonly done?: string;
  readonly failed?: string;
  readonly timeoutMs?: number;
  readonly attempts?: number;
  readonly retry?: TaskRetry;
}

export interface NewTask extends TaskOrder {
  readonly key: Bytes;
  readonly id: number;
  /** The machine as the change has left it. */
  readonly machine: MachineRecord;
  /** Which of the tasks of the change, from 1. */
  readonly number: number;
  /** The trace the change belongs to. */
  readonly trace: string | undefined;
}

/**
 * Whether a machine is the one that has set a task. One that was made later under the same key counts its revisions
 * anew, so that its tasks have the same ids.
 */
export function hasSet({ createdMs }: MachineRecord, task: Fields): boolean {
  return (countField(task, "at") ?? 0) >= createdMs;
}

/** Writes the entry of a task and arms its deadline. */
export function putTask(db: Database, given: NewTask, options: AppendOptions): void {
  const { machine, timeoutMs, task } = given;
  const taskId = Buffer.concat([bufferOf(given.key), Buffer.from(`@${machine.rev}#${given.number}`, "utf8")]);
  const deadlineMs = timeoutMs === undefined ? undefined : machine.updatedMs + timeoutMs;
  const fields = fieldsOf([
    ["key", bufferOf(given.key)],
    ["rev", machine.rev],
    ["id", taskId],
    ["input", given.input],
    ["done", given.done],
    ["failed", given.failed],
    ["attempts", given.attempts],
    ["timeout", timeoutMs],
    ["retry", given.retry === undefined ? undefined : JSON.stringify(given.retry)],
    ["attempt", given.retry === undefined ? undefined : 1],
    ["deadline", deadlineMs],
    ["trace", given.trace],
    ["at", machine.updatedMs],
  ]);
  const entry = addTask(db, task, fields, options);
  armTask(db, given, { fields, task, entry });
}

/**
 * Adds a task to its stream; returns the entry's id. Where the key holds something else the task is given up at
 * once, which keeps it for SM.REQUEUE.
 */
function addTask(db: Database, task: string, fields: Fields, options: AppendOptions): string | undefined {
  const entry = appendEntry(db, taskStream(db.place, task), fields, { ...options, keepsUnread: true });
  if (entry !== undefined) return formatId(entry);
  const { nowMs = db.nowMs } = options;
  buryTask(db, { task, fields, reason: "wrongtype", deliveries: 0, nowMs });
  return undefined;
}

/** A task that is to be put back to its stream. */
export interface Repeated {
  readonly task: string;
  readonly fields: Fields;
  readonly attempt: number;
  readonly nowMs: number;
}

/** Puts a task back to its stream, under its id, for another attempt with a deadline of its own. */
export function putBackTask(
  db: Database,
  machine: Pick<NewTask, "id" | "machine">,
  { task, fields, attempt, nowMs }: Repeated,
): void {
  const timeoutMs = countField(fields, "timeout") ?? 0;
  const next = replaced(fields, { attempt: String(attempt), deadline: String(nowMs + timeoutMs) });
  const entry = addTask(db, task, next, { nowMs });
  armTask(db, machine, { fields: next, task, entry });
}

interface ArmedTask {
  readonly task: string;
  readonly fields: Fields;
  /** Id of the entry, if there is one. */
  readonly entry: string | undefined;
}

/** Lets the deadline of a task fall due for its machine, unless it has none; of a suspended one when it goes on. */
function armTask(
  db: Database,
  { id, machine }: Pick<NewTask, "id" | "machine">,
  { task, fields, entry }: ArmedTask,
): void {
  if (hasEnded(machine)) return;
  const dueMs = countField(fields, "deadline");
  const taskId = textField(fields, "id") ?? "";
  const sequence = sequenceOfTask(taskId);
  if (dueMs === undefined || sequence === undefined) return;
  const deadline: TaskDeadline = {
    sequence,
    kind: "task",
    event: textField(fields, "failed") ?? "",
    id: taskId,
    receivedMs: db.nowMs,
    dueMs,
    task: { name: task, entry, owner: id },
  };
  if (machine.status === "suspended") holdPending(db.transaction, id, deadline);
  else addPending(db.transaction, { id, phys: db.phys }, deadline);
}

/** The number of a task among what waits in its machine; undefined when this is not the id of a task. */
function sequenceOfTask(taskId: string): number | undefined {
  const match = /@([0-9]{1,15})#([0-9]{1,4})(?:\.[0-9]+)?$/.exec(taskId);
  if (match === null) return undefined;
  const sequence = SEQUENCE_MIN + Number(match[1]) * TASKS_PER_CHANGE_MAX + Number(match[2]);
  return Number.isSafeInteger(sequence) ? sequence : undefined;
}

/** A task that was answered or given up no longer has a deadline. `id` is that of the machine's object. */
export function closeTask(db: Database, id: number, taskId: string): void {
  const sequence = sequenceOfTask(taskId);
  const pending = sequence === undefined ? undefined : findPending(db.transaction, id, sequence);
  if (pending?.kind === "task" && pending.id === taskId) dropPending(db.transaction, id, pending);
}

/** The fields of a task's entry; undefined when it is not there, or the entry is of another task. */
export function findTask(
  db: Database,
  { task, entry, taskId }: { readonly task: string; readonly entry: string; readonly taskId: string },
): Fields | undefined {
  const stream = streamAt(db, taskStream(db.place, task));
  const fields = stream === undefined ? undefined : entryAt(stream, idOfText(entry));
  return fields !== undefined && textField(fields, "id") === taskId ? fields : undefined;
}

/** Takes the entry of a task out of its stream. Who has it pending finds it gone. */
export function removeTask(db: Database, task: string, entry: string): void {
  const stream = streamAt(db, taskStream(db.place, task));
  if (stream === undefined || !deleteAmong(stream, idOfText(entry))) return;
  settleFirstId(stream);
  saveStream(stream, "xdel");
}

export interface GivenUp {
  readonly task: string;
  /** As they stood in the stream of the task. */
  readonly fields: Fields;
  /** Why: `attempts`, `timeout`, or `wrongtype` for a task that could not be written. */
  readonly reason: string;
  readonly deliveries: number;
  /** When. */
  readonly nowMs: number;
}

/** Adds a task to the dead ones. False when the key of their stream holds something else. */
export function buryTask(db: Database, { task, fields, reason, deliveries, nowMs }: GivenUp): boolean {
  const burial = fieldsOf([
    ["task", task],
    ["reason", reason],
    ["deliveries", deliveries],
    ["died", nowMs],
  ]);
  return appendEntry(db, deadStream(db.place), [...fields, ...burial], { nowMs }) !== undefined;
}

/** What buryTask adds to the fields of a task. */
const BURIAL_FIELDS = 4;

/**
 * Puts a dead task back to its stream, as another task with the same input: its id and its deadline are new. False
 * when it is not a task or the key of its stream holds something else.
 */
export function requeueTask(db: Database, dead: Fields, limits: AppendOptions): boolean {
  const task = textField(dead, "task");
  const key = fieldOf(dead, "key");
  const id = textField(dead, "id");
  if (task === undefined || key === undefined || id === undefined || sequenceOfTask(id) === undefined)
    return false;
  const timeoutMs = countField(dead, "timeout");
  const original = dead.slice(0, -2 * BURIAL_FIELDS);
  const fields = replaced(original, {
    id: idAfterRequeue(id),
    deadline: timeoutMs === undefined ? undefined : String(db.nowMs + timeoutMs),
  });
  const entry = appendEntry(db, taskStream(db.place, task), fields, { ...limits, keepsUnread: true });
  if (entry === undefined) return false;
  const record = db.find(bytesOf(key));
  if (record?.type === "machine") {
    const machine = decodeMachine(record);
    if (hasSet(machine, dead))
      armTask(db, { id: record.id, machine }, { fields, task, entry: formatId(entry) });
  }
  return true;
}

/** `order:7@3#1`, then `order:7@3#1.1`, then `order:7@3#1.2`. */
function idAfterRequeue(id: string): string {
  const [, base = id, times = "0"] = /^(.*#[0-9]+)(?:\.([0-9]+))?$/s.exec(id) ?? [];
  return `${base}.${Number(times) + 1}`;
}

function replaced(fields: Fields, values: Readonly<Record<string, string | undefined>>): Fields {
  return fields.map((value, index) => {
    const name = index % 2 === 1 ? fields[index - 1]?.toString("utf8") : undefined;
    const given = name === undefined ? undefined : values[name];
    return given === undefined ? value : Buffer.from(given, "utf8");
  });
}

/** The stream at a key; undefined when there is none, or something else. */
export function streamAt(db: Database, key: Bytes): Stream | undefined {
  const record = db.find(key);
  return record?.type === "stream" ? openStream(db, key, record) : undefined;
}

/** What formatId wrote. */
export function idOfText(text: string): EntryId {
  const [ms = "0", seq = "0"] = text.split("-");
  return entryIdOf(BigInt(ms), BigInt(seq));
}
