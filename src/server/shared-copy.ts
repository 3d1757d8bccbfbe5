/**
 * The copy of what belongs to the whole cluster that each partition keeps: definitions and libraries of functions. Entries of the log of the cluster are applied to it, and how far that has got is in the same commit. Keys
 * with the number of a database have 0 in the log, as FLUSHALL gives the databases of each partition other numbers.
 */
import { assert } from "../base/assert.ts";
import { chars, raw, u32 } from "../base/bytes.ts";
import type { CopyState, LogEntry, NamedDefinition, SharedWrite } from "../cluster/cluster-log.ts";
import type { Database } from "../keyspace/database.ts";
import { metaKey } from "../keyspace/layouts.ts";
import { machineCountOf } from "../machines/definitions.ts";
import { jobsThatNeed } from "../machines/migration/jobs.ts";
import { dropPlans } from "../machines/migration/stored.ts";
import type { Write } from "../storage/ordered-store.ts";

const STATE_KEY = metaKey("log");
const START: Stored = { sequence: 0, isOpen: false, answer: 0 };

interface Stored extends CopyState {
  /** The definition that the question is to remove, and what takes that back. */
  readonly removed?: NamedDefinition;
  readonly undo?: ReadonlyArray<readonly [key: string, value: string | null]>;
}

/** Where the copy is, what this transaction has applied included. */
export function copyStateOf(db: Database): CopyState {
  const { sequence, isOpen, answer } = storedState(db);
  return { sequence, isOpen, answer };
}

/** What a request has written, as an entry of the log has it. */
export function sharedWrites(db: Database, writes: Iterable<Write>): SharedWrite[] {
  const own = u32(db.phys);
  const shared: SharedWrite[] = [];
  for (const [key, value] of writes) {
    const text = chars(key);
    // Each partition has plans of its own, and drops those of a definition itself.
    if (text.startsWith("w")) continue;
    assert(isShared(text, own), "what changes the copies changes nothing else");
    shared.push([isDefinition(text) ? `d${u32(0)}${text.slice(5)}` : text, value]);
  }
  return shared;
}

/** Applies the next entry. */
export function applyToCopy(db: Database, { sequence, record }: LogEntry): void {
  const before = storedState(db);
  assert(sequence === before.sequence + 1, "entries are applied in order");
  assert(before.isOpen === (record.kind === "end"), "the end of a question is the next entry");
  let after: Stored = { ...START, sequence };
  if (record.kind === "change") write(db, record.writes);
  else if (record.kind === "ask") after = { sequence, isOpen: true, answer: usersIn(db, record.definition) };
  else if (record.kind === "end") endRemoval(db, before, record.users);
  else {
    const { definition, writes } = record;
    const answer = usersIn(db, definition);
    after = { sequence, isOpen: true, answer };
    if (answer === 0) {
      after = { ...after, removed: definition, undo: writes.map(([key]) => encodeWrite(db, key)) };
      write(db, writes);
    }
  }
  db.transaction.put(STATE_KEY, Buffer.from(JSON.stringify(after), "utf8"));
}

function endRemoval(db: Database, { removed, undo }: Stored, users: number): void {
  if (removed === undefined || undo === undefined) return;
  if (users > 0) write(db, undo.map(decodeWrite));
  else dropPlans(db, removed);
}

/** Other definitions that name this one are the same in all copies. */
function usersIn(db: Database, definition: NamedDefinition): number {
  return machineCountOf(db, definition) + jobsThatNeed(db, definition);
}

function storedState(db: Database): Stored {
  const value = db.transaction.get(STATE_KEY);
  // Written by applyToCopy.
  return value === undefined ? START : (JSON.parse(value.toString("utf8")) as Stored);
}

function write(db: Database, writes: readonly SharedWrite[]): void {
  for (const [key, value] of writes) {
    const at = raw(ownKey(db, key));
    if (value === null) db.transaction.remove(at);
    else db.transaction.put(at, value);
  }
}

function encodeWrite(db: Database, key: string): readonly [string, string | null] {
  const value = db.transaction.get(raw(ownKey(db, key)));
  return [key, value?.toString("base64") ?? null];
}

function decodeWrite([key, value]: readonly [string, string | null]): SharedWrite {
  return [key, value === null ? null : Buffer.from(value, "base64")];
}

function ownKey(db: Database, key: string): string {
  return isDefinition(key) ? `d${u32(db.phys)}${key.slice(5)}` : key;
}

function isDefinition(key: string): boolean {
  return key.startsWith("d");
}

const COUNTERS = new Set(["cdefinition", "clibraries", "cfunctions", "clibraryBytes"]);

function isShared(key: string, phys: string): boolean {
  if (key.startsWith("r") || COUNTERS.has(key)) return true;
  return isDefinition(key) && key.slice(1, 5) === phys;
}
