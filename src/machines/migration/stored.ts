/**
 * What is stored of migrations: plans, which keep the map between two definitions, and migrations that were begun, with
 * how far they have got. Both are JSON, and have numbers from one sequence.
 */
import { assert } from "../../base/assert.ts";
import type { Bytes } from "../../base/bytes.ts";
import type { Json } from "../../base/json.ts";
import type { Database } from "../../keyspace/database.ts";
import {
  counterKey,
  type DefinitionName,
  GARBAGE_MIGRATION,
  garbageKey,
  type MigrationKind,
  migrationKey,
  migrationPrefix,
  prefixRange,
} from "../../keyspace/layouts.ts";
import { decodeNumber, encodeNumber } from "../../keyspace/records.ts";
import type { OrderedReader } from "../../storage/ordered-store.ts";
import { armDue, disarmDue } from "../pending.ts";

/** Which machines: those of a definition, of one of its versions, or those with maps of their own whose keys match. */
export type Source = { readonly name: string; readonly version?: string } | { readonly match: string };

export interface StoredPlan {
  readonly id: number;
  readonly from: Source;
  readonly to: DefinitionName;
  /** Null where states keep their names. */
  readonly map: Json;
  readonly createdMs: number;
}

export type JobStatus = "running" | "paused" | "done" | "undoing" | "undone";

/** What migrating has let out, and what nothing takes back. */
export interface LetOut {
  readonly emitted: number;
  readonly tasks: number;
  readonly sent: number;
  /** Children that were started, and stopped. */
  readonly started: number;
  readonly stopped: number;
}

export interface StoredJob {
  readonly id: number;
  /** The plan it follows; null for none. */
  readonly plan: number | null;
  readonly from: Source;
  readonly to: DefinitionName;
  readonly map: Json;
  /** Machines a second; 0: no bound. */
  readonly rate: number;
  readonly status: JobStatus;
  /** Whether it takes machines back. */
  readonly isBack: boolean;
  /** Where it goes on in the index, as text; null: at the beginning. */
  readonly cursor: string | null;
  /** Machines that this pass through the index has moved. */
  readonly movedInPass: number;
  readonly moved: number;
  readonly held: number;
  readonly undone: number;
  /** Machines that were not taken back: they had gone on, or were gone. */
  readonly stayed: number;
  readonly out: LetOut;
  readonly startedMs: number;
  readonly updatedMs: number;
  readonly endedMs: number | null;
  /** When its next part is due; null when none is. */
  readonly dueMs: number | null;
}

/** Plans and ended migrations that a database keeps; the oldest go. */
const PLANS_MAX = 1000;
const JOBS_MAX = 100;

export function nextNumber(db: Database): number {
  const number = numberBehind(db);
  setNumber(db, number);
  return number;
}

/** The number that the next plan or migration will have. */
export function numberBehind(db: Database): number {
  const value = db.transaction.get(counterKey("migration"));
  return (value === undefined ? 0 : decodeNumber(value)) + 1;
}

/** The next number is beyond this one. */
export function setNumber(db: Database, number: number): void {
  db.transaction.put(counterKey("migration"), encodeNumber(number));
}

export function plansOf(db: Database): StoredPlan[] {
  return listOf(db, "p") as StoredPlan[];
}

export function jobsOf(db: Database): StoredJob[] {
  return listOf(db, "j") as StoredJob[];
}

function listOf(db: Database, kind: MigrationKind): Array<StoredPlan | StoredJob> {
  const { from, to } = prefixRange(migrationPrefix(db.phys, kind));
  return Array.from(db.transaction.range(from, to), ([, value]) => decode(value));
}

export function findPlan(db: Database, id: number): StoredPlan | undefined {
  return found(db.transaction, migrationKey(db.phys, "p", id)) as StoredPlan | undefined;
}

export function findJob(db: Database, id: number): StoredJob | undefined {
  return found(db.transaction, migrationKey(db.phys, "j", id)) as StoredJob | undefined;
}

function found(reader: OrderedReader, key: Bytes): StoredPlan | StoredJob | undefined {
  const value = reader.get(key);
  return value === undefined ? undefined : decode(value);
}

/** Adds a plan; the oldest goes where there are too many. */
export function putPlan(db: Database, plan: StoredPlan): void {
  const plans = plansOf(db);
  const over = plans.length + 1 - PLANS_MAX;
  for (const { id } of plans.slice(0, Math.max(0, over))) removePlan(db, id);
  db.transaction.put(migrationKey(db.phys, "p", plan.id), encode(plan));
}

export function removePlan(db: Database, id: number): void {
  db.transaction.remove(migrationKey(db.phys, "p", id));
}

/** Forgets the plans that are kept with a definition. */
export function dropPlans(db: Database, { name, version }: DefinitionName): void {
  for (const { id, from, to } of plansOf(db)) {
    const isTo = to.name === name && to.version === version;
    const isFrom = !("match" in from) && from.name === name && from.version === version;
    if (isTo || isFrom) removePlan(db, id);
  }
}

/** Adds a migration, and arms its first part; the oldest of those that have ended go where there are too many. */
export function addJob(db: Database, job: StoredJob): void {
  const ended = jobsOf(db).filter(hasEnded);
  for (const { id } of ended.slice(0, Math.max(0, ended.length + 1 - JOBS_MAX))) {
    db.transaction.remove(migrationKey(db.phys, "j", id));
    db.transaction.put(garbageKey(GARBAGE_MIGRATION, id), Buffer.alloc(0));
  }
  putJob(db, undefined, job);
}

export function hasEnded({ status }: StoredJob): boolean {
  return status === "done" || status === "undone";
}

/** Writes a migration as it is now, and its entry in the index of due times. */
export function putJob(db: Database, before: StoredJob | undefined, job: StoredJob): void {
  const { transaction, phys } = db;
  if (before !== undefined && before.dueMs !== null) disarmDue(transaction, dueEntryOf(before, before.dueMs));
  if (job.dueMs !== null) armDue(transaction, dueEntryOf(job, job.dueMs), phys);
  transaction.put(migrationKey(phys, "j", job.id), encode(job));
}

export function dueEntryOf({ id }: StoredJob, dueMs: number) {
  return { dueMs, id, kind: "m", sequence: 0 } as const;
}

function encode(stored: StoredPlan | StoredJob): Buffer {
  return Buffer.from(JSON.stringify(stored), "utf8");
}

/** @throws Error when the bytes are none: data is never guessed at */
export function decode(value: Buffer): StoredPlan | StoredJob {
  const stored: unknown = JSON.parse(value.toString("utf8"));
  assert(typeof stored === "object" && stored !== null && "id" in stored, "a migration's record");
  // Written by putPlan or putJob.
  return stored as StoredPlan | StoredJob;
}
