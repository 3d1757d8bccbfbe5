/**
 * Events of a machine that wait: deferred ones, until a state takes them, scheduled ones, until they are due, and
 * those with which tasks are reported as failed, until their deadline. These last two and the engine's timers stand
 * in one index by due time.
 */

import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { EventData } from "../base/event-data.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { type DueEntry, dueFields, dueKey, duesAt, pendingKey } from "../keyspace/layouts.ts";
import { decodeNumber, encodeNumber } from "../keyspace/records.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import type { Origin } from "./origin.ts";

/** What waits in a machine: the event and how it came. */
interface Waiting extends Origin {
  /** An event to which the client gave no id is known as `@` and this number. */
  readonly sequence: number;
  readonly receivedMs: number;
}

/** An event in the inbox. */
export interface DeferredEvent extends Waiting {
  readonly kind: "deferred";
  /** After this time it is dropped. */
  readonly expireAtMs?: number | undefined;
}

/** An event to be delivered at a time, under the conditions it came with. */
export interface ScheduledEvent extends Waiting {
  readonly kind: "scheduled";
  readonly dueMs: number;
  /** After this time it is dropped. */
  readonly expireAtMs?: number | undefined;
  readonly ifState?: string | undefined;
  readonly ifRev?: number | undefined;
}

/** The deadline of a task; the event is that of its failure, empty where none is to be reported. */
export interface TaskDeadline extends Waiting {
  readonly kind: "task";
  /** The id of the task. */
  readonly id: string;
  readonly dueMs: number;
  readonly task: AwaitedTask;
  /** The fields of its entry, each character a byte, while it waits to be put back to its stream. */
  readonly again?: readonly string[] | undefined;
}

/** A step that no client waited for and that has failed. */
export interface FailedEvent extends Waiting {
  readonly kind: "failed";
  /** How it came: a timer or `raise` of the machine, an event from another one, an event that was sent to it. */
  readonly from: "timer" | "raise" | "send" | "event" | "child";
  /** The path of the state whose `after` it was; empty for the whole machine. */
  readonly state?: string | undefined;
  /** Why it has failed. */
  readonly code: string;
  readonly message: string;
}

/** What a suspended machine is to hear of a child when it goes on. */
export interface ChildEvent extends Waiting {
  readonly kind: "child";
  readonly dueMs: number;
}

export type PendingEvent = DeferredEvent | ScheduledEvent | TaskDeadline | FailedEvent | ChildEvent;

/** A task whose answer a machine waits for. */
export interface AwaitedTask {
  readonly name: string;
  /** Id of its entry in the stream of such tasks, `ms-seq`. */
  readonly entry?: string | undefined;
  /** Id of the object of the machine that has set it: a copy of the machine waits for it too, but does not own it. */
  readonly owner: number;
}

/** The name under which SM.PENDING shows an event and SM.CANCEL takes it. */
export function pendingId(pending: PendingEvent): string {
  return pending.id ?? `@${pending.sequence}`;
}

/** Where a machine stands: the id of its object, and its database. */
export interface MachinePlace {
  readonly id: number;
  readonly phys: number;
}

/** Lets something wait in a machine, and fall due if it has a time for that. */
export function addPending(
  transaction: Transaction,
  { id, phys }: MachinePlace,
  pending: PendingEvent,
): void {
  holdPending(transaction, id, pending);
  const due = dueEntryOf(id, pending);
  if (due !== undefined) armDue(transaction, due, phys);
}

/** Lets something wait in a machine that is suspended: it falls due when the machine goes on. */
export function holdPending(transaction: Transaction, id: number, pending: PendingEvent): void {
  transaction.put(pendingKey(id, pending.sequence), encode(storedPending(pending)));
}

/** What waits as it is stored. */
export function storedPending(pending: PendingEvent): JsonObject {
  const { data, ...rest } = pending;
  // Its fields are of JSON; those that are undefined are left out when it is written.
  return { ...(rest as JsonObject), ...(data === undefined ? {} : { text: data.text }) };
}

/** What waits, from its stored form. */
export function readPending(stored: JsonObject): PendingEvent {
  return decode(encode(stored));
}

function encode(stored: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(stored), "utf8");
}

/** Takes back what addPending did. */
export function dropPending(transaction: Transaction, id: number, pending: PendingEvent): void {
  transaction.remove(pendingKey(id, pending.sequence));
  const due = dueEntryOf(id, pending);
  if (due !== undefined) disarmDue(transaction, due);
}

/** The entry in the index of due times; what is deferred or has failed has none. */
export function dueEntryOf(id: number, pending: PendingEvent): DueEntry | undefined {
  if (pending.kind === "deferred" || pending.kind === "failed") return undefined;
  return { dueMs: pending.dueMs, id, kind: "s", sequence: pending.sequence };
}

export function findPending(reader: OrderedReader, id: number, sequence: number): PendingEvent | undefined {
  const value = reader.get(pendingKey(id, sequence));
  return value === undefined ? undefined : decode(value);
}

/** All waiting events of a machine, in the order they came. */
export function pendingOf(reader: OrderedReader, id: number): PendingEvent[] {
  const entries = reader.range(pendingKey(id, 0), pendingKey(id + 1, 0));
  return Array.from(entries, ([, value]) => decode(value));
}

/** Adds an entry to the index of due times; `phys` is where the machine stands. */
export function armDue(transaction: Transaction, entry: DueEntry, phys: number): void {
  transaction.put(dueKey(entry), encodeNumber(phys));
  transaction.noteDue(entry.dueMs);
}

export function disarmDue(transaction: Transaction, entry: DueEntry): void {
  transaction.remove(dueKey(entry));
}

export interface DueMachine extends DueEntry {
  readonly phys: number;
}

/**
 * The first entry from a place in the index on that is due at or before `nowMs`; undefined when there is none. Who goes
 * through many says where it is: what it has removed lies before, and would be passed over again and again.
 */
export function firstDue(reader: OrderedReader, from: Bytes, nowMs: number): DueMachine | undefined {
  for (const [key, value] of reader.range(from, duesAt(nowMs + 1)))
    return { ...dueFields(key), phys: decodeNumber(value) };
  return undefined;
}

function decode(value: Buffer): PendingEvent {
  const pending: unknown = JSON.parse(value.toString("utf8"));
  assert(
    typeof pending === "object" && pending !== null && "sequence" in pending,
    "a waiting event's record",
  );
  // Written by addPending; earlier versions had the data itself where now its text is.
  const { data, text, ...rest } = pending as PendingEvent & { data?: Json; text?: string };
  return { ...rest, data: dataOfStored(data, text) } as PendingEvent;
}

/** Data of a record: its text, or what earlier versions have stored in its place. */
export function dataOfStored(former: Json | undefined, text: string | undefined): EventData | undefined {
  const json = former === undefined ? text : JSON.stringify(former);
  return json === undefined ? undefined : EventData.ofText(json);
}
