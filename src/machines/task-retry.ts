/** Tasks that are tried again when their deadline has passed: their `retry` says how often, and after how long. */
import { isJsonObject, type Json } from "../base/json.ts";
import type { Fields } from "../streams/chunk.ts";
import { countField, textField } from "../streams/entry-fields.ts";
import { addPending, type TaskDeadline } from "./pending.ts";
import type { Scope, Subject } from "./subject.ts";
import { putBackTask, removeTask } from "./tasks.ts";

/** Lets a task wait for its next attempt; false when it has had its last one, or never has another. */
export function waitForRetry(
  scope: Scope,
  subject: Subject,
  deadline: TaskDeadline,
  { entry, fields }: { readonly entry: string; readonly fields: Fields },
): boolean {
  const delayMs = delayOf(fields, deadline.id);
  if (delayMs === undefined) return false;
  removeTask(scope.db, deadline.task.name, entry);
  const again = fields.map((field) => field.toString("latin1"));
  const { name, owner } = deadline.task;
  const waiting = { ...deadline, dueMs: scope.nowMs + delayMs, task: { name, owner }, again };
  addPending(scope.db.transaction, { id: subject.record.id, phys: scope.db.phys }, waiting);
  return true;
}

/** The time has come for the next attempt. */
export function retryTask(
  scope: Scope,
  { record, machine }: Subject,
  { task, again = [] }: TaskDeadline,
): void {
  const fields = again.map((field) => Buffer.from(field, "latin1"));
  const attempt = (countField(fields, "attempt") ?? 1) + 1;
  putBackTask(scope.db, { id: record.id, machine }, { task: task.name, fields, attempt, nowMs: scope.nowMs });
}

/** How long a task waits for its next attempt; undefined when there is none. */
function delayOf(fields: Fields, id: string): number | undefined {
  const text = textField(fields, "retry");
  const retry = text === undefined ? undefined : (JSON.parse(text) as Json);
  const attempt = countField(fields, "attempt") ?? 1;
  if (!isJsonObject(retry) || attempt >= numberIn(retry["attempts"], 1)) return undefined;
  const grown = numberIn(retry["delayMs"], 0) * numberIn(retry["backoff"], 1) ** (attempt - 1);
  const delayMs = Math.min(grown, numberIn(retry["maxDelayMs"], DELAY_MS_MAX));
  // From the id, so that the same tasks wait as long wherever they are carried out again.
  const jitter = numberIn(retry["jitter"], 0) * (2 * fractionOf(`${id} ${attempt}`) - 1);
  return Math.round(Math.min(delayMs * (1 + jitter), DELAY_MS_MAX));
}

/** A year: no task waits longer. */
const DELAY_MS_MAX = 31_536_000_000;

function numberIn(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

/** A number from 0 to 1 that a text stands for (FNV-1a). */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
