/**
 * The stream entries of a recorded change of a machine, written in the commit of the change: an entry of the change
 * stream, one for each emitted event, and one for each task.
 *
 * | stream               | an entry is                                                            |
 * | -------------------- | ---------------------------------------------------------------------- |
 * | `sm:changes:<name>`  | a change of a machine of the definition `name`, or an event it emitted |
 * | `sm:changes`         | a change of a map machine, where the configuration asks for them       |
 * | `sm:tasks:<task>`    | a task (tasks.ts)                                                      |
 *
 * In a cluster with several partitions the names have tags (stream-names.ts).
 *
 * A key of such a name that holds a value of another type gets no entries. A change is never refused because its
 * stream cannot be written: the history of the machine has the change too.
 */

import { assert } from "../base/assert.ts";
import { type Bytes, chars } from "../base/bytes.ts";
import { FieldWriter } from "../base/varint.ts";
import type { Database } from "../keyspace/database.ts";
import type { DefinitionName } from "../keyspace/layouts.ts";
import { appendEntry } from "../streams/append.ts";
import { unpackFields } from "../streams/chunk.ts";
import { jsonText } from "../streams/entry-fields.ts";
import { appendLate, type LateAppend, planAppend } from "../streams/live-stream.ts";
import type { HistoryEntry } from "./history.ts";
import type { MachineRecord } from "./record.ts";
import { changeStream } from "./stream-names.ts";
import { putTask, type TaskOrder } from "./tasks.ts";

/** How many changes of machines are kept. */
export interface Keeping {
  /** Entries of the history of a machine; 0 keeps all. */
  readonly historyMax: number;
  /** Entries of a change stream, besides those that a consumer group has not acknowledged; 0 keeps all. */
  readonly changesMax: number;
  /** Whether map machines have a change stream too. */
  readonly tellsMaps: boolean;
}

export interface RecordedChange {
  readonly key: Bytes;
  /** Id of the machine's object. */
  readonly id: number;
  /** The machine after the change. */
  readonly machine: MachineRecord;
  readonly history: HistoryEntry;
}

/** The effects of a change outside the machine, which its history keeps as `effects`. Values are JSON strings. */
export type OutsideEffect =
  | { readonly kind: "emit"; readonly event: string; readonly data?: string }
  | ({ readonly kind: "task" } & TaskOrder)
  | { readonly kind: "log"; readonly value: string };

/** The parts of a change that an entry of the change stream shows. */
export type ToldChange = Pick<RecordedChange, "key" | "history"> & {
  readonly definition: DefinitionName | undefined;
};

/** The entries of a change in the change stream, with packed fields. */
export function changeEntries(change: ToldChange): Buffer[] {
  const entries = [packChange(change)];
  for (const effect of effectsOf(change.history))
    if (effect.kind === "emit") entries.push(packEmit(change, effect));
  return entries;
}

/** Entries of the change stream that are written at the checkpoint, and the id of the first, for the redo record. */
export interface PlannedChange extends LateAppend {
  readonly packed: readonly Buffer[];
}

/** Plans the entries of a change without writing them; undefined when they must be written now, or there are none. */
export function planChange(
  db: Database,
  change: RecordedChange,
  keeping: Keeping,
): PlannedChange | undefined {
  const { definition } = change.machine;
  if (definition === undefined && !keeping.tellsMaps) return undefined;
  const { key, history } = change;
  const count = 1 + effectsOf(history).filter(({ kind }) => kind === "emit").length;
  const options = { count, nowMs: history.atMs, lengthMax: keeping.changesMax };
  const planned = planAppend(db, changeStream(db.place, definition?.name), options);
  if (planned === undefined) return undefined;
  const { record, firstId } = planned;
  return { key: planned.key, record, firstId, packed: changeEntries({ key, definition, history }) };
}

/** Writes the entries of a change, or queues planned ones. Takes the same time at any length of the streams. */
export function tellChange(
  db: Database,
  change: RecordedChange,
  keeping: Keeping,
  planned: PlannedChange | undefined = undefined,
): void {
  const { machine, history } = change;
  const { definition } = machine;
  if (definition === undefined && !keeping.tellsMaps) return;
  const options = { lengthMax: keeping.changesMax, nowMs: history.atMs };
  if (planned !== undefined) appendLate(db, planned, planned.packed);
  else {
    for (const packed of changeEntries({ key: change.key, definition, history }))
      appendEntry(db, changeStream(db.place, definition?.name), unpackFields(packed), options);
  }
  let taskCount = 0;
  for (const effect of effectsOf(history)) {
    if (effect.kind !== "task") continue;
    taskCount += 1;
    putTask(db, { ...change, ...effect, number: taskCount, trace: history.trace }, options);
  }
}

/** The values that a change has logged, as a JSON list; undefined for none. */
export function logOf(entry: Pick<HistoryEntry, "effects">): string | undefined {
  const values = effectsOf(entry).flatMap((effect) => (effect.kind === "log" ? [effect.value] : []));
  return values.length === 0 ? undefined : `[${values.join(",")}]`;
}

function effectsOf({ effects }: Pick<HistoryEntry, "effects">): readonly OutsideEffect[] {
  if (effects === undefined) return [];
  assert(Array.isArray(effects), "the effects of a change");
  // `effects` has the effects of the engine's step, which the entry holds as JSON.
  return effects as unknown as readonly OutsideEffect[];
}

/** The fields of an entry as a chunk stores them (streams/chunk.ts): names and values, each after its length. */
function packChange({ key, definition, history }: ToldChange): Buffer {
  const { kind, event, id, by, reason, from, to, via, data, context, gone, output, atMs } = history;
  const { stampMs, rev } = history;
  writer.text("key");
  writer.varint(chars(key).length);
  writer.latin1(chars(key));
  field("def", definitionId(definition));
  field("rev", String(rev));
  field("kind", kind);
  field("event", event);
  field("id", id);
  field("by", by);
  field("reason", reason);
  field("from", listText(from));
  field("to", listText(to));
  if (via !== undefined) field("via", listText(via));
  field("data", data?.text);
  field("context", jsonText(context));
  if (gone !== undefined) field("gone", listText(gone));
  field("log", logOf(history));
  field("output", jsonText(output));
  field("trace", history.trace);
  field("at", String(atMs));
  if (stampMs !== undefined) field("stamp", String(stampMs));
  return writer.take();
}

function packEmit(
  { key, definition, history }: ToldChange,
  { event, data }: Extract<OutsideEffect, { kind: "emit" }>,
): Buffer {
  writer.text("key");
  writer.varint(chars(key).length);
  writer.latin1(chars(key));
  field("def", definitionId(definition));
  field("rev", String(history.rev));
  field("kind", "emit");
  field("event", event);
  field("data", data);
  field("at", String(history.atMs));
  return writer.take();
}

const writer = new FieldWriter();

function field(name: string, value: string | undefined): void {
  if (value === undefined) return;
  writer.text(name);
  writer.text(value);
}

/** A list of names as JSON. Nearly always it has one name, which needs no escapes. */
function listText(names: readonly string[]): string {
  const [only] = names;
  return names.length === 1 && only !== undefined && PLAIN.test(only) ? `["${only}"]` : JSON.stringify(names);
}

const PLAIN = /^[\w.-]*$/;

/** `name:version`; undefined for a map machine. */
function definitionId(definition: DefinitionName | undefined): string | undefined {
  return definition === undefined ? undefined : `${definition.name}:${definition.version}`;
}
