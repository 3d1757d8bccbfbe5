/**
 * Machines in the store: their records, and what is derived from a record and kept in step with it by
 * the two ways to write one: the indexes by state and by definition, the counters, the history and the outbox.
 */

import type { Bytes } from "../base/bytes.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import type { Database } from "../keyspace/database.ts";
import type { ExpiryTime } from "../keyspace/expiry-time.ts";
import {
  type DefinitionName,
  definitionKey,
  machineCounterKey,
  stateKey,
  statePrefix,
} from "../keyspace/layouts.ts";
import { decodeNumber, encodeNumber, type KeyRecord } from "../keyspace/records.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { type HistoryEntry, putHistory, trimHistory } from "./history.ts";
import { type Keeping, tellChange } from "./outbox.ts";
import { encodeMachine, type MachineRecord } from "./record.ts";

/** The definition under which map machines are indexed. */
export const NO_DEFINITION: DefinitionName = { name: "", version: "" };

/** The value of an entry that is all key. */
const NOTHING = Buffer.alloc(0);

export interface MachineWrite {
  readonly machine: MachineRecord;
  /** Milliseconds since the epoch, 0 for none. */
  readonly expireAtMs: ExpiryTime;
  readonly history: HistoryEntry | undefined;
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
  recordChange(db, key, machine, history);
  putHistory(db.transaction, record.id, history);
  tellChange(db, { key, id: record.id, machine, history }, write.keeping);
  return record;
}

export interface MachineUpdate {
  /** The record of the key as it is. */
  readonly record: KeyRecord;
  /** The machine of that record. */
  readonly before: MachineRecord;
  readonly machine: MachineRecord;
  readonly history: HistoryEntry | undefined;
  readonly keeping: Keeping;
  readonly event: KeyEvent | undefined;
}

/** Writes the next record of a machine; its id and its expiry stay. Costs what has changed. */
export function updateMachine(db: Database, key: Bytes, update: MachineUpdate): KeyRecord {
  const { record, machine, history, keeping } = update;
  const written = db.update(key, record, encodeMachine(machine), update.event);
  reindex(db.transaction, db.phys, record.id, update.before, machine);
  if (history === undefined) return written;
  recordChange(db, key, machine, history);
  putHistory(db.transaction, record.id, history);
  trimHistory(db.transaction, record.id, { rev: history.rev, max: keeping.historyMax });
  tellChange(db, { key, id: record.id, machine, history }, keeping);
  return written;
}

/** Puts what the history tells into the change list too. */
function recordChange(db: Database, key: Bytes, { definition }: MachineRecord, history: HistoryEntry): void {
  db.transaction.record({ kind: "machine", database: db.index, key, definition, history });
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
  set(transaction, definitionKey(phys, definition, id), sign);
  count(transaction, machineCounterKey(phys, definition, undefined, machine.status), sign);
  for (const [state, sinceMs] of machine.states) {
    set(transaction, stateKey(statePrefix(phys, definition, state), sinceMs, id), sign);
    count(transaction, machineCounterKey(phys, definition, state, machine.status), sign);
  }
}

/** The difference between two records of one machine; costs what has changed. */
function reindex(
  transaction: Transaction,
  phys: number,
  id: number,
  before: MachineRecord,
  after: MachineRecord,
): void {
  const definition = after.definition ?? NO_DEFINITION;
  if (before.status !== after.status) {
    count(transaction, machineCounterKey(phys, definition, undefined, before.status), -1);
    count(transaction, machineCounterKey(phys, definition, undefined, after.status), 1);
  }
  for (const [state, sinceMs] of before.states) {
    if (before.status === after.status && holds(after, state, sinceMs)) continue;
    set(transaction, stateKey(statePrefix(phys, definition, state), sinceMs, id), -1);
    count(transaction, machineCounterKey(phys, definition, state, before.status), -1);
  }
  for (const [state, sinceMs] of after.states) {
    if (before.status === after.status && holds(before, state, sinceMs)) continue;
    set(transaction, stateKey(statePrefix(phys, definition, state), sinceMs, id), 1);
    count(transaction, machineCounterKey(phys, definition, state, after.status), 1);
  }
}

function holds(machine: MachineRecord, state: string, sinceMs: number): boolean {
  return machine.states.some(([name, since]) => name === state && since === sinceMs);
}

function set(transaction: Transaction, key: Bytes, sign: 1 | -1): void {
  if (sign === 1) transaction.put(key, NOTHING);
  else transaction.remove(key);
}

function count(transaction: Transaction, key: Bytes, change: 1 | -1): void {
  const value = transaction.get(key);
  const sum = (value === undefined ? 0 : decodeNumber(value)) + change;
  if (sum === 0) transaction.remove(key);
  else transaction.put(key, encodeNumber(sum));
}
