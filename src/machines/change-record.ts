/**
 * The redo record of a change of a machine: all that a restart needs to bring the machine from what it was to what it
 * became, told by the result and never by running an expression again.
 *
 * | field                                                                                              |
 * | -------------------------------------------------------------------------------------------------- |
 * | REDO_MACHINE (byte), what follows beside the head (varint of FLAG bits)                             |
 * | physical database (varint), key (bytes), id of the object (varint), rev (varint)                   |
 * | definition: name, version (texts); both empty for a map machine                                    |
 * | ENTRY: the history entry, encoded (history-codec.ts)                                                |
 * | MOVED: status (byte) and active states (count, name (text), since (varint)), before and after      |
 * | UPDATED: when (varint); else the time of the history entry, if there is one                        |
 * | SNAPSHOT: all of it but the context (JSON)                                                         |
 * | CONTEXT: the top-level fields of the context that differ, and the names of those that are gone     |
 * | STREAM: the id of the entry of the change stream: milliseconds and sequence (varints)              |
 * | MORE: other fields of the record that differ (JSON)                                                |
 * | OUTER, with MOVED: the active states around those, before and after, in the same form             |
 * | OUTCOME: what it adds to the outcomes of the machine (outcome-codec.ts)                             |
 * | TAG, with STREAM: that of the partition, which is in the name of the change stream (text)           |
 */

import { assert } from "../base/assert.ts";
import { type Bytes, chars, raw } from "../base/bytes.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { FieldReader, FieldWriter } from "../base/varint.ts";
import type { DefinitionName } from "../keyspace/layouts.ts";
import { REDO_MACHINE } from "../keyspace/redo.ts";
import type { RedoRecord } from "../keyspace/transaction.ts";
import { type EntryId, entryId, entryIdOf, msText, seqText } from "../streams/entry-id.ts";
import { type ContextChange, changedFields, withChange } from "./context-difference.ts";
import { type OutcomeChange, readOutcomeChange, writeOutcomeChange } from "./outcome-codec.ts";
import { type ActiveState, advanced, type MachineRecord, type MachineStatus } from "./record.ts";
import { objectOfText, snapshotOf, snapshotText } from "./snapshot-text.ts";

const FLAG = {
  ENTRY: 1,
  MOVED: 2,
  UPDATED: 4,
  SNAPSHOT: 8,
  CONTEXT: 16,
  STREAM: 32,
  MORE: 64,
  OUTER: 128,
  OUTCOME: 256,
  TAG: 512,
} as const;

/** What indexes and counters tell of a machine. */
export type Whereabouts = Pick<MachineRecord, "states" | "status"> & Partial<Pick<MachineRecord, "outer">>;

/** The stored number of each status; a number is never given again. */
const STATUS_NUMBERS: Readonly<Record<MachineStatus, number>> = {
  active: 0,
  done: 1,
  suspended: 2,
  failed: 3,
  stopped: 4,
};

const STATUSES = new Map(
  Object.entries(STATUS_NUMBERS).map(([status, number]) => [number, status as MachineStatus]),
);

/** Where the machine stands. */
export interface ChangedPlace {
  readonly phys: number;
  /** Of the partition: it is in the name of the change stream. */
  readonly tag: string;
  readonly key: Bytes;
  readonly id: number;
}

export interface RecordedStep extends ChangedPlace {
  readonly before: MachineRecord;
  readonly after: MachineRecord;
  /** The encoded history entry and its time; undefined for a change that history does not tell. */
  readonly entry: { readonly bytes: Buffer; readonly atMs: number } | undefined;
  readonly outcome: OutcomeChange | undefined;
}

/**
 * The redo record of a step, which the outcome of its event may join until it is encoded. `streamId` is the entry of the
 * change stream, where the change has one that is not written.
 */
export class StepRedo implements RedoRecord {
  readonly #step: RecordedStep;
  readonly #streamId: EntryId | undefined;

  constructor(step: RecordedStep, streamId: EntryId | undefined) {
    this.#step = step;
    this.#streamId = streamId;
  }

  /** The same as bytes, for a step that no outcome is to join: at once, while all of it is at hand. */
  static encoded(step: RecordedStep, streamId: EntryId | undefined): Buffer {
    return encodeStep(step, streamId);
  }

  /** The record of the step and of an outcome, after which the machine is as given; undefined when it has one already. */
  withOutcome(machine: MachineRecord, outcome: OutcomeChange): StepRedo | undefined {
    const { phys, tag, key, id, before, entry, outcome: known } = this.#step;
    if (known !== undefined) return undefined;
    return new StepRedo({ phys, tag, key, id, before, after: machine, entry, outcome }, this.#streamId);
  }

  encode(): Buffer {
    return encodeStep(this.#step, this.#streamId);
  }
}

const writer = new FieldWriter();

/** Fields that never differ between two records of one machine, and those that have a place of their own. */
const PLACED: ReadonlySet<string> = new Set([
  "definition",
  "map",
  "initial",
  "createdMs",
  "states",
  "outer",
  "status",
  "rev",
  "updatedMs",
  "snapshot",
] satisfies Array<keyof MachineRecord>);

/** Costs what has changed: two microseconds for a transition without data. */
function encodeStep(step: RecordedStep, streamId: EntryId | undefined): Buffer {
  const { phys, tag, key, id, before, after, entry, outcome } = step;
  const more = differing(before, after, outcome !== undefined);
  const [was, is] = [before.snapshot, after.snapshot];
  const hasSnapshot = was !== is && isJsonObject(is);
  const context = hasSnapshot && isJsonObject(was) ? changedFields(was["x"], is["x"]) : undefined;
  const isMoved = before.states !== after.states || before.status !== after.status;
  const hasOuter = isMoved && (before.outer.length > 0 || after.outer.length > 0);
  const isUpdated = after.updatedMs !== (entry === undefined ? before.updatedMs : entry.atMs);
  const hasTag = streamId !== undefined && tag !== "";
  writer.byte(REDO_MACHINE);
  writer.varint(
    when(entry !== undefined, FLAG.ENTRY) |
      when(isMoved, FLAG.MOVED) |
      when(isUpdated, FLAG.UPDATED) |
      when(hasSnapshot, FLAG.SNAPSHOT) |
      when(context !== undefined, FLAG.CONTEXT) |
      when(streamId !== undefined, FLAG.STREAM) |
      when(more !== undefined, FLAG.MORE) |
      when(hasOuter, FLAG.OUTER) |
      when(outcome !== undefined, FLAG.OUTCOME) |
      when(hasTag, FLAG.TAG),
  );
  writer.varint(phys);
  writer.varint(chars(key).length);
  writer.latin1(chars(key));
  writer.varint(id);
  writer.varint(after.rev);
  writer.text(after.definition?.name ?? "");
  writer.text(after.definition?.version ?? "");
  if (entry !== undefined) {
    writer.varint(entry.bytes.length);
    writer.view(entry.bytes);
  }
  if (isMoved) {
    writeWhereabouts(before);
    writeWhereabouts(after);
  }
  if (isUpdated) writer.varint(after.updatedMs);
  if (hasSnapshot) writer.text(snapshotText(is));
  if (context !== undefined) writer.text(JSON.stringify(context));
  if (streamId !== undefined) {
    writer.text(msText(streamId));
    writer.text(seqText(streamId));
  }
  if (more !== undefined) writer.text(JSON.stringify(more));
  if (hasOuter) {
    writeStates(before.outer);
    writeStates(after.outer);
  }
  if (outcome !== undefined) writeOutcomeChange(writer, outcome);
  if (hasTag) writer.text(tag);
  return writer.take();
}

function when(isSet: boolean, flag: number): number {
  return isSet ? flag : 0;
}

/** What a redo record says. */
export interface Redone extends ChangedPlace {
  readonly rev: number;
  /** Undefined for a map machine. */
  readonly definition: DefinitionName | undefined;
  readonly entry: Buffer | undefined;
  readonly moved: Moved | undefined;
  readonly updatedMs: number | undefined;
  readonly snapshot: JsonObject | undefined;
  readonly context: ContextChange | undefined;
  readonly streamId: EntryId | undefined;
  readonly more: JsonObject | undefined;
  readonly outcome: OutcomeChange | undefined;
}

/** @throws Error when the record cannot be read: data is never guessed at */
export function decodeStep(record: Buffer): Redone {
  const reader = new FieldReader(record, 1);
  const flags = reader.varint();
  const has = (flag: number) => (flags & flag) !== 0;
  const phys = reader.varint();
  const key = raw(reader.latin1(reader.varint()));
  const id = reader.varint();
  const rev = reader.varint();
  const [name, version] = [reader.text(), reader.text()];
  const entry = has(FLAG.ENTRY) ? reader.view(reader.varint()) : undefined;
  const innermost = has(FLAG.MOVED)
    ? { before: readWhereabouts(reader), after: readWhereabouts(reader) }
    : undefined;
  const updatedMs = has(FLAG.UPDATED) ? reader.varint() : undefined;
  const snapshot = has(FLAG.SNAPSHOT) ? snapshotOf(reader.text()) : undefined;
  const context = has(FLAG.CONTEXT) ? readContext(reader) : undefined;
  const streamId = has(FLAG.STREAM) ? readEntryId(reader) : undefined;
  const more = has(FLAG.MORE) ? readObject(reader) : undefined;
  const moved = innermost !== undefined && has(FLAG.OUTER) ? withOuter(reader, innermost) : innermost;
  const outcome = has(FLAG.OUTCOME) ? readOutcomeChange(reader) : undefined;
  const tag = has(FLAG.TAG) ? reader.text() : "";
  assert(reader.isAtEnd, "a change of a machine that ends with its last field");
  return {
    phys,
    tag,
    key,
    id,
    rev,
    definition: name === "" ? undefined : { name, version },
    entry,
    moved,
    updatedMs,
    snapshot,
    context,
    streamId,
    more,
    outcome,
  };
}

/** The machine after a redone change; `atMs` is the time of its history entry. */
export function redone(machine: MachineRecord, step: Redone, atMs: number | undefined): MachineRecord {
  const { rev, moved, snapshot, context, more, outcome } = step;
  const base = more === undefined ? machine : withMore(machine, more);
  const { states, outer = base.outer, status } = moved?.after ?? base;
  const updatedMs = step.updatedMs ?? atMs ?? machine.updatedMs;
  const was = isJsonObject(machine.snapshot) ? machine.snapshot["x"] : undefined;
  return advanced(
    base,
    {
      states,
      outer,
      status,
      rev,
      updatedMs,
      reason: base.reason,
      snapshot: snapshot === undefined ? base.snapshot : { ...snapshot, x: withChange(was ?? {}, context) },
    },
    countedOutcomes(outcome) ?? base,
  );
}

/** A field that is null there was taken away. */
function withMore(machine: MachineRecord, more: JsonObject): MachineRecord {
  const taken = Object.entries(more).map(([name, value]) => [name, value ?? undefined]);
  return { ...machine, ...Object.fromEntries(taken) };
}

/** The machine before a redone change that has moved it, as far as indexes show it. */
export function redoneFrom(machine: MachineRecord, { moved }: Redone): MachineRecord {
  const { states, outer = machine.outer, status } = moved?.before ?? machine;
  const { rev, updatedMs, reason, snapshot } = machine;
  return advanced(machine, { states, outer, status, rev, updatedMs, reason, snapshot });
}

function countedOutcomes(
  outcome: OutcomeChange | undefined,
): Pick<MachineRecord, "outcomeNext" | "outcomeFirst"> | undefined {
  if (outcome?.isNew !== true) return undefined;
  return { outcomeNext: outcome.sequence + 1, outcomeFirst: outcome.first };
}

/** Fields without a place of their own that differ; a field that is gone is null. */
function differing(before: MachineRecord, after: MachineRecord, hasOutcome: boolean): JsonObject | undefined {
  let more: { [name: string]: Json } | undefined;
  for (const name in after) {
    // The names are those of the record's own fields.
    const field = name as keyof MachineRecord;
    if (before[field] === after[field] || PLACED.has(field)) continue;
    if (hasOutcome && (field === "outcomeNext" || field === "outcomeFirst")) continue;
    more ??= {};
    more[field] = (after[field] ?? null) as Json;
  }
  return more;
}

type Moved = { readonly before: Whereabouts; readonly after: Whereabouts };

function withOuter(reader: FieldReader, { before, after }: Moved): Moved {
  return {
    before: { ...before, outer: readStates(reader) },
    after: { ...after, outer: readStates(reader) },
  };
}

function writeWhereabouts({ status, states }: Whereabouts): void {
  writer.byte(STATUS_NUMBERS[status]);
  writeStates(states);
}

function writeStates(states: readonly ActiveState[]): void {
  writer.varint(states.length);
  for (const [name, sinceMs] of states) {
    writer.text(name);
    writer.varint(sinceMs);
  }
}

function readWhereabouts(reader: FieldReader): Whereabouts {
  const status = STATUSES.get(reader.byte());
  assert(status !== undefined, "a status of a machine");
  return { status, states: readStates(reader) };
}

function readStates(reader: FieldReader): readonly ActiveState[] {
  const states: ActiveState[] = [];
  for (let left = reader.varint(); left > 0; left -= 1) states.push([reader.text(), reader.varint()]);
  return states;
}

function readEntryId(reader: FieldReader): EntryId {
  const [ms, seq] = [reader.text(), reader.text()];
  const isSmall = ms.length <= SAFE_DIGITS && seq.length <= SAFE_DIGITS;
  return isSmall ? entryId(Number(ms), Number(seq)) : entryIdOf(BigInt(ms), BigInt(seq));
}

/** Numbers of so many digits are exact. */
const SAFE_DIGITS = 15;

function readObject(reader: FieldReader): JsonObject {
  return objectOfText(reader.text());
}

function readContext(reader: FieldReader): ContextChange {
  // Written by encodeStep.
  return JSON.parse(reader.text()) as ContextChange;
}
