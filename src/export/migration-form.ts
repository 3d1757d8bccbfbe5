/** Migrations as lines of an export: plans, those that were begun, and the machines that these have moved or left. */
import type { Database } from "../keyspace/database.ts";
import {
  type MigratedKind,
  migratedFields,
  migratedKey,
  migratedPrefix,
  prefixRange,
} from "../keyspace/layouts.ts";
import { bytesOfJson, bytesToJson, FormFault, type PartFields } from "../keyspace/object-form.ts";
import {
  findJob,
  findPlan,
  type JobStatus,
  jobsOf,
  plansOf,
  putJob,
  putPlan,
  type StoredJob,
  type StoredPlan,
} from "../machines/migration/stored.ts";

const KINDS: Readonly<Record<string, MigratedKind>> = { before: "b", held: "h" };

/** Whether a database has any. */
export function hasMigrations(db: Database): boolean {
  return plansOf(db).length > 0 || jobsOf(db).length > 0;
}

/** All of a database: each one before its machines. */
export function* migrationLines(db: Database): Generator<PartFields> {
  for (const plan of plansOf(db)) yield { db: db.index, migration: "plan", ...plan };
  for (const job of jobsOf(db)) {
    yield { db: db.index, migration: "begun", ...job };
    for (const [name, kind] of Object.entries(KINDS)) {
      const { from, to } = prefixRange(migratedPrefix(job.id, kind));
      for (const [key, value] of db.transaction.range(from, to))
        yield {
          db: db.index,
          migration: name,
          id: job.id,
          machine: migratedFields(key).id,
          value: bytesToJson(value),
        };
    }
  }
}

/** Takes one line over; the number it has. @throws FormFault */
export function takeMigration(db: Database, fields: PartFields): number {
  const { db: _db, migration, ...rest } = fields;
  const { id } = rest;
  if (!isNumber(id) || id < 1) throw new FormFault("id must be a number from 1 on");
  const kind = KINDS[String(migration)];
  if (kind !== undefined) {
    if (findJob(db, id) === undefined) throw new FormFault(`migration ${id} is not there`);
    if (!isNumber(rest["machine"])) throw new FormFault("machine must be a number");
    db.transaction.put(migratedKey(id, kind, rest["machine"]), bytesOfJson(rest["value"], "value"));
    return id;
  }
  if (findJob(db, id) !== undefined || findPlan(db, id) !== undefined)
    throw new FormFault("the migration has been imported before");
  if (!isAim(rest)) throw new FormFault("a migration has from, to and map");
  if (migration === "plan" && isNumber(rest["createdMs"])) putPlan(db, rest as unknown as StoredPlan);
  else if (migration === "begun" && isBegun(rest)) putJob(db, undefined, rest as unknown as StoredJob);
  else throw new FormFault("migration must be plan, begun, before or held, with all that it has");
  return id;
}

function isNumber(json: unknown): json is number {
  return typeof json === "number" && Number.isSafeInteger(json) && json >= 0;
}

function isAim({ from, to, map }: PartFields): boolean {
  const { name, version, match } = objectOf(from);
  const target = objectOf(to);
  const isSource = typeof match === "string" || (typeof name === "string" && isTextOrNone(version));
  return (
    isSource &&
    typeof target["name"] === "string" &&
    typeof target["version"] === "string" &&
    map !== undefined
  );
}

const STATUSES: Readonly<Record<JobStatus, true>> = {
  running: true,
  paused: true,
  done: true,
  undoing: true,
  undone: true,
};
const COUNTS = [
  "rate",
  "movedInPass",
  "moved",
  "held",
  "undone",
  "stayed",
  "startedMs",
  "updatedMs",
] as const;
const LET_OUT = ["emitted", "tasks", "sent", "started", "stopped"] as const;

function isBegun(fields: PartFields): boolean {
  const { plan, status, isBack, cursor, out, endedMs, dueMs } = fields;
  return (
    Object.hasOwn(STATUSES, String(status)) &&
    typeof isBack === "boolean" &&
    (cursor === null || typeof cursor === "string") &&
    [plan, endedMs, dueMs].every((value) => value === null || isNumber(value)) &&
    COUNTS.every((name) => isNumber(fields[name])) &&
    LET_OUT.every((name) => isNumber(objectOf(out)[name]))
  );
}

function isTextOrNone(json: unknown): boolean {
  return json === undefined || typeof json === "string";
}

function objectOf(json: unknown): PartFields {
  return typeof json === "object" && json !== null ? (json as PartFields) : {};
}
