/**
 * The copy of what belongs to the whole cluster that each partition keeps: definitions, libraries of functions, and plans of
 * migrations. Entries of the log of the cluster are applied to it, and how far that has got is in the same commit. Keys
 * with the number of a database have 0 in the log, as FLUSHALL gives the databases of each partition other numbers.
 */
import { assert } from "../base/assert.ts";
import { chars, raw, u32 } from "../base/bytes.ts";
import type {
  CopyState,
  LogEntry,
  LogRecord,
  NamedDefinition,
  SharedMigration,
  SharedWrite,
} from "../cluster/cluster-log.ts";
import type { Database } from "../keyspace/database.ts";
import { metaKey, migrationPrefix } from "../keyspace/layouts.ts";
import { machineCountOf } from "../machines/definitions.ts";
import { beginJob, jobsThatNeed, rivalOf } from "../machines/migration/jobs.ts";
import { pauseJob, resumeJob, undoJob } from "../machines/migration/steering.ts";
import { findJob, setNumber } from "../machines/migration/stored.ts";
import * as errors from "../protocol/errors.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import type { Write } from "../storage/ordered-store.ts";

const STATE_KEY = metaKey("log");
const START: Stored = { sequence: 0, isOpen: false, answer: 0 };

/** What a partition answers in which another migration is under way with the same machines: more than there are machines. */
const RIVAL = 2 ** 40;

interface Stored extends CopyState {
  /** What takes the removal of a definition back. */
  readonly undo?: ReadonlyArray<readonly [key: string, value: string | null]>;
  /** The migration that begins where the question is answered so. */
  readonly begins?: SharedMigration;
}

/** Where the copy is, what this transaction has applied included. */
export function copyStateOf(db: Database): CopyState {
  const { sequence, isOpen, answer } = storedState(db);
  return { sequence, isOpen, answer };
}

/** What a request has written, as an entry of the log has it. */
export function sharedWrites(db: Database, writes: Iterable<Write>): SharedWrite[] {
  const shared: SharedWrite[] = [];
  for (const [key, value] of writes) {
    const text = chars(key);
    assert(isShared(db, text), "what changes the copies changes nothing else");
    shared.push([isOfDatabase(text) ? `${text.slice(0, 1)}${u32(0)}${text.slice(5)}` : text, value]);
  }
  return shared;
}

/** Applies the next entry. @param strays how many machines would not fit, where the entry asks for that */
export function applyToCopy(db: Database, { sequence, record }: LogEntry, strays = 0): void {
  const before = storedState(db);
  assert(sequence === before.sequence + 1, "entries are applied in order");
  assert(before.isOpen === (record.kind === "end"), "the end of a question is the next entry");
  let after: Stored = { ...START, sequence };
  if (record.kind === "change") write(db, record.writes);
  else if (record.kind === "ask") after = { sequence, isOpen: true, answer: usersIn(db, record.definition) };
  else if (record.kind === "end") endQuestion(db, before, record.users);
  else if (record.kind === "steer") steer(db, record);
  else if (record.kind === "start") {
    const { migration } = record;
    const answer = rivalOf(db, migration) === undefined ? strays : RIVAL;
    after = { sequence, isOpen: true, answer, begins: migration };
  } else {
    const { definition, writes } = record;
    const answer = usersIn(db, definition);
    after = { sequence, isOpen: true, answer };
    if (answer === 0) {
      after = { ...after, undo: writes.map(([key]) => encodeWrite(db, key)) };
      write(db, writes);
    }
  }
  db.transaction.put(STATE_KEY, Buffer.from(JSON.stringify(after), "utf8"));
}

function endQuestion(db: Database, { undo, begins }: Stored, users: number): void {
  if (undo !== undefined && users > 0) write(db, undo.map(decodeWrite));
  if (begins === undefined || users > 0) return;
  setNumber(db, begins.id);
  beginJob({ db, nowMs: db.nowMs }, begins, begins.id);
}

function steer(db: Database, { id, action }: Extract<LogRecord, { kind: "steer" }>): void {
  const job = findJob(db, id);
  if (job === undefined) return;
  const scope = { db, nowMs: db.nowMs };
  if (action === "pause") pauseJob(scope, job);
  else if (action === "resume") resumeJob(scope, job);
  else if (!job.isBack) undoJob(scope, job);
}

/** Why nothing comes of a question that all partitions have answered with more than 0. */
export function refusalOf(record: LogRecord, users: number): ReplyError {
  if (record.kind !== "start") return errors.definitionInUse(users);
  if (users >= RIVAL) return errors.err("another migration is under way with the same machines");
  return errors.stranded(users, "SM.MIGRATION PLAN, at each server, lists them; HOLD moves the others");
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
  return isOfDatabase(key) ? `${key.slice(0, 1)}${u32(db.phys)}${key.slice(5)}` : key;
}

/** A definition or a plan: the number of a database follows. */
function isOfDatabase(key: string): boolean {
  return key.startsWith("d") || key.startsWith("w");
}

const COUNTERS = new Set(["cmigration", "cdefinition", "clibraries", "cfunctions", "clibraryBytes"]);

function isShared(db: Database, key: string): boolean {
  if (key.startsWith("r") || COUNTERS.has(key)) return true;
  // Migrations that were begun are each partition's own.
  return key.startsWith(migrationPrefix(db.phys, "p")) || key.startsWith(`d${u32(db.phys)}`);
}
