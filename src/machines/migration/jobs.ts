/**
 * Migrations that run: a part at a time, each in the turn of the executor it is due in, so that clients are served in
 * between. How far one has got is stored in the commit of the part, and a restart goes on from there.
 */

import type { Bytes } from "../../base/bytes.ts";
import type { Json } from "../../base/json.ts";
import type { Stopwatch } from "../../base/stopwatch.ts";
import type { Database } from "../../keyspace/database.ts";
import {
  behind,
  type DefinitionName,
  type DueEntry,
  migratedFields,
  migratedKey,
  migratedPrefix,
  prefixRange,
} from "../../keyspace/layouts.ts";
import { ReplyError } from "../../protocol/reply-error.ts";
import type { Entry } from "../../storage/ordered-store.ts";
import { findSubject, type Scope, type Subject } from "../subject.ts";
import { type MovedMachine, migrateMachine } from "./migrate.ts";
import { nameOfSource, Routes } from "./routes.ts";
import {
  addJob,
  dueEntryOf,
  findJob,
  hasEnded,
  jobsOf,
  type LetOut,
  nextNumber,
  putJob,
  type StoredJob,
} from "./stored.ts";
import { decodeBefore, keepBefore, takeBack } from "./take-back.ts";
import { cursorOfText, type PieceLimit, textOfCursor, visitMachines } from "./walk.ts";

/** How much one part does, at most. */
const MACHINES_PER_PART = 64;

const NOTHING_OUT: LetOut = { emitted: 0, tasks: 0, sent: 0, started: 0, stopped: 0 };

/** Where and when something is done with a migration. */
export type When = Pick<Scope, "db" | "nowMs">;

export interface Beginning {
  readonly plan: number | null;
  readonly from: StoredJob["from"];
  readonly to: DefinitionName;
  readonly map: Json;
  readonly rate: number;
}

/** Begins a migration; its first part is due at once. */
export function beginJob(
  { db, nowMs }: When,
  { plan, from, to, map, rate }: Beginning,
  id = nextNumber(db),
): StoredJob {
  const job: StoredJob = {
    ...{ plan, from, to, map, rate, id },
    status: "running",
    isBack: false,
    cursor: null,
    movedInPass: 0,
    moved: 0,
    held: 0,
    undone: 0,
    stayed: 0,
    out: NOTHING_OUT,
    startedMs: nowMs,
    updatedMs: nowMs,
    endedMs: null,
    dueMs: nowMs,
  };
  addJob(db, job);
  return job;
}

/** A migration that is under way and moves some of the same machines; undefined when there is none. */
export function rivalOf(
  db: Database,
  { from }: Pick<Beginning, "from">,
  except?: number,
): StoredJob | undefined {
  return jobsOf(db).find((job) => job.id !== except && !hasEnded(job) && overlaps(job.from, from));
}

function overlaps(a: StoredJob["from"], b: StoredJob["from"]): boolean {
  if ("match" in a || "match" in b) return "match" in a && "match" in b;
  return a.name === b.name && (a.version === undefined || b.version === undefined || a.version === b.version);
}

/** How many migrations under way need a definition. */
export function jobsThatNeed(db: Database, { name, version }: DefinitionName): number {
  return jobsOf(db).filter(({ from, to, ...job }) => {
    if (hasEnded({ from, to, ...job })) return false;
    if (to.name === name && to.version === version) return true;
    return !("match" in from) && from.name === name && (from.version ?? version) === version;
  }).length;
}

/** The part of a migration that comes next: when it is due, and from when on a turn that serves clients may have it. */
export interface NextPart {
  readonly fromMs: number;
  readonly due: DueEntry;
}

/** Runs the part of a migration that is due; undefined when none follows. */
export function runPart(
  scope: Scope,
  number: number,
  stopwatch: Pick<Stopwatch, "read">,
): NextPart | undefined {
  const job = findJob(scope.db, number);
  if (job === undefined || job.dueMs === null || job.status === "paused" || hasEnded(job)) return undefined;
  const { pace } = scope.server;
  const startedMs = stopwatch.read();
  const { pieceMsMax } = pace;
  const isOver = () => stopwatch.read() - startedMs >= pieceMsMax;
  // Of several partitions each has an even share of the rate.
  const rate = job.rate / scope.db.place.count;
  const countMax =
    rate === 0 ? MACHINES_PER_PART : Math.max(1, Math.min(MACHINES_PER_PART, Math.floor(rate)));
  const limit = { countMax, isOver };
  const part = job.isBack ? goBack(scope, job, limit) : goForth(scope, job, limit);
  const rest = pace.restFor(stopwatch.read() - startedMs);
  const { nowMs } = scope;
  if (hasEnded(part.job)) {
    putJob(scope.db, job, { ...part.job, updatedMs: nowMs, endedMs: nowMs, dueMs: null });
    return undefined;
  }
  const atRateMs = rate === 0 ? 1 : Math.ceil((part.done * 1000) / rate);
  const dueMs = nowMs + Math.max(atRateMs, rest?.msMax ?? 0);
  const after = { ...part.job, updatedMs: nowMs, endedMs: null, dueMs };
  putJob(scope.db, job, after);
  return { fromMs: nowMs + Math.max(atRateMs, rest?.ms ?? 0), due: dueEntryOf(after, dueMs) };
}

/** A part that has met a fault is tried again later. */
export function putOffPart({ db }: Pick<Scope, "db">, number: number, dueMs: number): void {
  const job = findJob(db, number);
  if (job !== undefined && job.dueMs !== null) putJob(db, job, { ...job, dueMs });
}

interface Part {
  readonly job: StoredJob;
  readonly done: number;
}

/**
 * Moves machines from where the index was left. Behind the end it begins again, for machines that were made meanwhile; a
 * pass that has moved none is the last one.
 */
function goForth(scope: Scope, before: StoredJob, limit: PieceLimit): Part {
  const { from, to } = before;
  const routes = new Routes(scope, before);
  let job = before;
  let done = 0;
  const cursor = visitMachines(scope, { from, to, cursor: cursorOfText(before.cursor) }, limit, (subject) => {
    job = moveOne(scope, job, subject, routes);
    done += 1;
  });
  if (cursor !== undefined) return { job: { ...job, cursor: textOfCursor(cursor) }, done };
  const status = job.movedInPass === 0 ? "done" : "running";
  return { job: { ...job, cursor: null, movedInPass: 0, status }, done };
}

function moveOne(scope: Scope, job: StoredJob, subject: Subject, routes: Routes): StoredJob {
  const { databases, db } = scope;
  const { transaction } = databases;
  const heldAt = migratedKey(job.id, "h", subject.record.id);
  const wasHeld = transaction.get(heldAt) !== undefined;
  const savepoint = transaction.savepoint();
  // What another of this part has set off may have reached it.
  const current = findSubject(scope, subject.key);
  if (current === undefined || current.record.id !== subject.record.id) return job;
  try {
    const options = { isStrict: true, job: job.id };
    const moved = migrateMachine(scope, current, routes.destinationOf(current.machine), options);
    if (isReversible(current, moved)) keepBefore(scope, job.id, current, moved.subject);
    if (wasHeld) transaction.remove(heldAt);
    return {
      ...job,
      moved: job.moved + 1,
      movedInPass: job.movedInPass + 1,
      held: job.held - (wasHeld ? 1 : 0),
      out: withOut(job.out, moved),
    };
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    databases.rollback(savepoint);
    db.transaction.put(heldAt, Buffer.from(`${error.code} ${error.text}`, "utf8"));
    return { ...job, held: job.held + (wasHeld ? 0 : 1) };
  }
}

/** Whether it could go back: nothing has happened to it but that it has moved. */
function isReversible(before: Subject, { subject, hasKeptFailed }: MovedMachine): boolean {
  return subject.machine.rev === before.machine.rev + 1 && hasKeptFailed;
}

function withOut(out: LetOut, { migrated }: MovedMachine): LetOut {
  const count = (kind: string) => migrated.moved.effects.filter((effect) => effect.kind === kind).length;
  return {
    emitted: out.emitted + count("emit"),
    tasks: out.tasks + count("task"),
    sent: out.sent + count("send"),
    started: out.started + count("spawn"),
    stopped: out.stopped + count("stop"),
  };
}

function goBack(scope: Scope, before: StoredJob, limit: PieceLimit): Part {
  const { from, to } = prefixRange(migratedPrefix(before.id, "b"));
  const { databases, db } = scope;
  const { transaction } = databases;
  const entries: Entry[] = [];
  for (const entry of transaction.range(cursorOfText(before.cursor) ?? from, to)) {
    entries.push(entry);
    if (entries.length === limit.countMax) break;
  }
  let job = before;
  let done = 0;
  for (const [at, value] of entries) {
    if (done > 0 && limit.isOver()) break;
    done += 1;
    const { id } = migratedFields(at);
    const key = db.keyOf(id);
    const subject = key === undefined ? undefined : findSubject(scope, key);
    const isBack =
      subject !== undefined &&
      attempt(scope, () => takeBack(scope, subject, decodeBefore(value, id), job.id));
    transaction.remove(at);
    job = {
      ...job,
      undone: job.undone + (isBack ? 1 : 0),
      stayed: job.stayed + (isBack ? 0 : 1),
      // What was removed need not be passed over again.
      cursor: textOfCursor(behind(at)),
    };
  }
  return done < entries.length || entries.length === limit.countMax
    ? { job, done }
    : { job: { ...job, status: "undone", cursor: null }, done };
}

function attempt({ databases }: Scope, run: () => boolean): boolean {
  const savepoint = databases.transaction.savepoint();
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    databases.rollback(savepoint);
    return false;
  }
}

/** Machines that were left where they are, and why: the first `count`. */
export function heldOf({ db }: Scope, job: StoredJob, count: number) {
  const { from, to } = prefixRange(migratedPrefix(job.id, "h"));
  const held: Array<{ readonly key: Bytes; readonly message: string }> = [];
  if (count === 0) return held;
  for (const [at, value] of db.transaction.range(from, to)) {
    const key = db.keyOf(migratedFields(at).id);
    if (key !== undefined) held.push({ key, message: value.toString("utf8") });
    if (held.length === count) break;
  }
  return held;
}

/** How messages name it. */
export function titleOf({ id, from, to }: StoredJob): string {
  return `migration ${id} of ${nameOfSource(from)} to ${to.name}:${to.version}`;
}
