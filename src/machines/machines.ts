/**
 * Machines in the store: their records, and what is derived from a record and kept in step with it by
 * the two ways to write one: the indexes by state and by definition, the counters, the history and the outbox.
 */

import type { Bytes } from "../base/bytes.ts";
import type { Edge, KeyEvent, Way } from "../keyspace/changes.ts";
import type { Database } from "../keyspace/database.ts";
import type { ExpiryTime } from "../keyspace/expiry-time.ts";
import { definitionKey } from "../keyspace/layouts.ts";
import { indexDifference } from "../keyspace/live-kind.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { StepRedo } from "./change-record.ts";
import { type HistoryEntry, historyWrites, putHistory, trimHistory } from "./history.ts";
import { encodeEntry } from "./history-codec.ts";
import { counterChanges, counterKeys, NO_DEFINITION, stateKeys } from "./index-keys.ts";
import { LIVE_MACHINE, liveRecord } from "./live-machine.ts";
import { OutcomeGiving } from "./live-outcomes.ts";
import { type Keeping, planChange, tellChange } from "./outbox.ts";
import { type OutcomeChange, outcomeWrites } from "./outcome-codec.ts";
import { type ActiveState, encodeMachine, type MachineRecord, NO_STATES } from "./record.ts";

/** The value of an entry that is all key. */
const NOTHING = Buffer.alloc(0);

export interface MachineWrite {
  readonly machine: MachineRecord;
  /** Milliseconds since the epoch, 0 for none. */
  readonly expireAtMs: ExpiryTime;
  /** Entries before that, of what the machine has been through elsewhere; the change stream does not tell them. */
  readonly imported?: readonly HistoryEntry[];
  readonly history: HistoryEntry | undefined;
  /** The transitions that its beginning has taken. */
  readonly taken?: readonly Edge[];
  readonly keeping: Keeping;
  readonly event: KeyEvent | undefined;
}

/**
 * Writes a machine anew, in place of whatever the key holds; the record it has now. A machine takes over the id of
 * the machine it replaces, and with it the place in the order of SCAN, unless that has kept very much.
 */
export function createMachine(db: Database, key: Bytes, write: MachineWrite): KeyRecord {
  const existing = db.find(key);
  if (existing?.type === "machine" && db.empty(key, existing)) db.tell(key, "new");
  else if (existing !== undefined) db.remove(key, undefined);
  const record = db.put(
    key,
    { type: "machine", payload: encodeMachine(write.machine), expireAtMs: write.expireAtMs },
    write.event,
  );
  indexMachine(db.transaction, db.phys, record.id, write.machine, 1);
  const { machine, history } = write;
  if (history === undefined) return record;
  recordChange(db, key, machine, history, { left: NO_STATES, taken: write.taken ?? NO_EDGES });
  const { imported = [], keeping } = write;
  if (imported.length > 0) {
    const entries = imported.map(encodeEntry);
    db.transaction.apply(historyWrites(db.transaction, record.id, entries, keeping.historyMax));
  }
  putHistory(db.transaction, record.id, history);
  tellChange(db, { key, id: record.id, machine, history }, keeping);
  return record;
}

export interface MachineUpdate {
  /** The record of the key as it is. */
  readonly record: KeyRecord;
  /** The machine of that record. */
  readonly before: MachineRecord;
  readonly machine: MachineRecord;
  /** What subject.ts has made of the snapshot of `machine`. */
  readonly chart?: unknown;
  readonly history: HistoryEntry | undefined;
  /** The transitions that have led there. */
  readonly taken?: readonly Edge[] | undefined;
  /** What it adds to the outcomes of the machine, or changes in them. */
  readonly outcome?: OutcomeChange | undefined;
  readonly keeping: Keeping;
  readonly event: KeyEvent | undefined;
}

/**
 * Writes the next record of a machine; its id and its expiry stay. As a rule nothing is written but the redo record of
 * the change, and the machine is live from then on (live-machine.ts).
 */
export function updateMachine(db: Database, key: Bytes, update: MachineUpdate): KeyRecord {
  const { record, before, machine, history, outcome, keeping } = update;
  const { historyMax: entriesMax } = keeping;
  const live = liveRecord(record, { machine, chart: update.chart, entriesMax });
  const entry = history === undefined ? undefined : encodeEntry(history);
  const tail = entry === undefined ? [] : [entry];
  const recorded =
    entry === undefined || history === undefined ? undefined : { bytes: entry, atMs: history.atMs };
  const { phys, place } = db;
  const { tag } = place;
  const step = { phys, tag, key, id: record.id, before, after: machine, entry: recorded, outcome };
  const given = outcome === undefined ? undefined : new OutcomeGiving(record.id, outcome);
  const change = { kind: LIVE_MACHINE, before: record, after: live, tail, given };
  const told = history === undefined ? undefined : { key, id: record.id, machine, history };
  const planned = told === undefined ? undefined : planChange(db, told, keeping);
  // An event with an id has an outcome, which is to join.
  const isWhole = history !== undefined && history.id === undefined;
  const redo = isWhole ? StepRedo.encoded(step, planned?.firstId) : new StepRedo(step, planned?.firstId);
  const isLive = db.change(key, change, redo, update.event);
  const written = isLive ? live : db.update(key, record, encodeMachine(machine), update.event);
  recount(db, before, machine, isLive);
  if (!isLive) {
    db.transaction.apply(indexDifference(LIVE_MACHINE, db.phys, record, live));
    if (outcome !== undefined) db.transaction.apply(outcomeWrites(record.id, outcome));
  }
  if (machine.parent !== undefined && machine.status !== before.status)
    notifyParent(db.transaction, db.phys, machine);
  if (history === undefined || told === undefined) return written;
  recordChange(db, key, machine, history, {
    left: leftBy(before, machine),
    taken: update.taken ?? NO_EDGES,
  });
  if (!isLive) {
    putHistory(db.transaction, record.id, history);
    trimHistory(db.transaction, record.id, { rev: history.rev, max: keeping.historyMax });
  }
  tellChange(db, told, keeping, isLive ? planned : undefined);
  return written;
}

/**
 * Writes a machine that has another definition from now on, or another form; its id, its expiry and what it keeps beside
 * its record stay. It is written in the ordinary way: every index names the definition.
 */
export function exchangeMachine(
  db: Database,
  key: Bytes,
  update: Pick<MachineUpdate, "record" | "before" | "machine" | "keeping" | "event"> & {
    readonly history: HistoryEntry;
  },
): KeyRecord {
  const { record, before, machine, history, keeping } = update;
  const { transaction, phys } = db;
  const written = db.update(key, record, encodeMachine(machine), update.event);
  indexMachine(transaction, phys, record.id, before, -1);
  indexMachine(transaction, phys, record.id, machine, 1);
  if (machine.parent !== undefined && machine.status !== before.status)
    notifyParent(transaction, phys, machine);
  // It goes on in the states of another definition.
  recordChange(db, key, machine, history, { left: NO_STATES, taken: NO_EDGES });
  putHistory(transaction, record.id, history);
  trimHistory(transaction, record.id, { rev: history.rev, max: keeping.historyMax });
  tellChange(db, { key, id: record.id, machine, history }, keeping);
  return written;
}

/** An outcome that a change of the same command has led to. */
export interface OutcomeUpdate {
  readonly record: KeyRecord;
  readonly machine: MachineRecord;
  readonly chart: unknown;
  readonly outcome: OutcomeChange;
  readonly keeping: Keeping;
}

/** Has the change that has made `record` tell of an outcome too: one change, once recorded. False where it cannot. */
export function addOutcome(db: Database, key: Bytes, update: OutcomeUpdate): boolean {
  const { record, machine, chart, outcome, keeping } = update;
  const after = liveRecord(record, { machine, chart, entriesMax: keeping.historyMax });
  const given = new OutcomeGiving(record.id, outcome);
  return db.amend(key, { kind: LIVE_MACHINE, before: record, after, tail: NO_TAIL, given }, (redo) =>
    redo instanceof StepRedo ? redo.withOutcome(machine, outcome) : undefined,
  );
}

const NO_TAIL: readonly Buffer[] = [];

const NO_EDGES: readonly Edge[] = [];

/** Puts what the history tells into the change list too. */
function recordChange(
  db: Database,
  key: Bytes,
  { definition }: MachineRecord,
  history: HistoryEntry,
  way: Way,
): void {
  db.transaction.record({ kind: "machine", database: db.index, key, definition, history, way });
}

/** The states that were active before and are not any more, or have been entered again. */
function leftBy(before: MachineRecord, after: MachineRecord): Way["left"] {
  if (before.states === after.states) return NO_STATES;
  const left = missingIn(before.states, after.states);
  return before.outer.length === 0 ? left : [...left, ...missingIn(before.outer, after.outer)];
}

function missingIn(before: readonly ActiveState[], after: readonly ActiveState[]): readonly ActiveState[] {
  if (before === after) return NO_STATES;
  const [only, other] = [before[0], after[0]];
  // One state for another, as nearly every event leaves it.
  if (before.length === 1 && after.length === 1 && only?.[0] !== other?.[0]) return before;
  const known = before.length > 16 ? new Map(after) : undefined;
  return before.filter(([name, sinceMs]) =>
    known === undefined
      ? !after.some(([other, otherMs]) => other === name && otherMs === sinceMs)
      : known.get(name) !== sinceMs,
  );
}

/** Adds (1) a machine to the indexes and counters, or takes it out (-1). */
export function indexMachine(
  transaction: Transaction,
  phys: number,
  id: number,
  machine: MachineRecord,
  sign: 1 | -1,
): void {
  const definition = machine.definition ?? NO_DEFINITION;
  for (const key of [definitionKey(phys, definition, id), ...stateKeys(phys, id, machine)]) {
    if (sign === 1) transaction.put(key, NOTHING);
    else transaction.remove(key);
  }
  for (const key of counterKeys(phys, machine.definition, machine))
    transaction.count(key, sign, { isRedone: false });
}

const REDONE = { isRedone: true };
const RECORDED = { isRedone: false };

/** The difference between two records of one machine, of one definition, in the counters. */
function recount(db: Database, before: MachineRecord, after: MachineRecord, isRedone: boolean): void {
  if (before.status === after.status && before.states === after.states) return;
  const { transaction, phys } = db;
  const options = isRedone ? REDONE : RECORDED;
  for (const [key, change] of counterChanges(phys, after.definition, before, after))
    transaction.count(key, change, options);
}

/** Has the machine that another belongs to look at it: its status has changed, or it is gone. */
export function notifyParent(transaction: Transaction, phys: number, { parent }: MachineRecord): void {
  if (parent === undefined) return;
  const { id: to, name, index } = parent;
  transaction.notify({ phys, to, name, index });
}
