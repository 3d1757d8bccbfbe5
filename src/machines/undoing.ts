/**
 * SM.UNDO: a machine as it was before a change. Event ids, SEQ numbers, children, and what has left for tasks, streams and
 * other machines stay as they are.
 */
import { textOfBytes } from "../base/bytes.ts";
import { EventData } from "../base/event-data.ts";
import type { JsonObject } from "../base/json.ts";
import { breachOf } from "../engine/invariants.ts";
import { snapshotToJson } from "../engine/snapshot.ts";
import { trailOf } from "../engine/trail.ts";
import type { Snapshot } from "../engine/types.ts";
import * as errors from "../protocol/errors.ts";
import { Delivery } from "./delivery.ts";
import { failedOf } from "./failures.ts";
import { checkParent } from "./family-invariants.ts";
import { type HistoryEntry, historyOf, type Rest, trimmedOf } from "./history.ts";
import { eventsKept, forgetKept } from "./kept-events.ts";
import { armMachine } from "./object-storage.ts";
import { keptOutcome } from "./outcome-reply.ts";
import { dropPending, holdPending, readPending, storedPending } from "./pending.ts";
import { activeNames, isRunning, type MachineRecord, outerNames } from "./record.ts";
import { unwatchMachine } from "./sla-index.ts";
import { type Standing, standingAfter } from "./standing.ts";
import { envOf, type Scope, type Subject } from "./subject.ts";
import { contextDifference, failedBefore, Since, type Stay, snapshotBefore, staysOf } from "./undo-plan.ts";
import { disarmAll, writeRecord } from "./writing.ts";

/** Changes that one undo takes back at most. */
const UNDONE_MAX = 10_000;

/** What an undo would make of a machine. */
export interface UndoPlan {
  /** The first change that is taken back, and how many are. */
  readonly rev: number;
  readonly count: number;
  readonly machine: MachineRecord;
  /** Undefined for a map machine. */
  readonly snapshot: Snapshot | undefined;
  /** The failed steps now and then, in stored form by number. */
  readonly failedNow: ReadonlyMap<number, JsonObject>;
  readonly failed: ReadonlyMap<number, JsonObject>;
  /** What is out already and stays out; of a task whether it is done. */
  readonly stays: readonly (Stay & { readonly isDone: boolean | undefined })[];
}

/** The machine before the change that led to `rev`; undefined: the last. @throws ReplyError NOUNDO */
export function planUndo(scope: Scope, subject: Subject, rev: number = subject.machine.rev): UndoPlan {
  const { machine, record, chart } = subject;
  const reader = scope.db.transaction;
  if (rev > machine.rev || rev < 1) throw errors.noUndo(`the machine has the revs 1 to ${machine.rev}`);
  const count = machine.rev - rev + 1;
  if (count > UNDONE_MAX)
    throw errors.noUndo(`${count} changes are more than the ${UNDONE_MAX} one undo takes back`);
  const undone = historyOf(reader, record.id, { from: rev, to: machine.rev });
  checkUndone(undone, { rev, count, hasChart: chart !== undefined });
  const { was, since } = before(scope, record.id, rev);
  if (was === undefined || (chart !== undefined && was.context === undefined))
    throw errors.noUndo(`history does not tell what the machine was before rev ${rev}`);
  if (was.isUnsure === true)
    throw errors.noUndo("an earlier version has recorded the context, without what was removed of it");
  const snapshot = chart && snapshotBefore(chart.machine, chart.snapshot, { undone, was });
  const failedNow = new Map(failedOf(scope, subject).map((step) => [step.sequence, storedPending(step)]));
  const failed = failedBefore(failedNow, undone);
  const outer = chart === undefined ? [] : outerNames(was.to);
  const next: MachineRecord = {
    ...machine,
    states: since.of(was.to, machine.states, was.atMs),
    outer: since.of(outer, machine.outer, was.atMs),
    status: statusThen(was, failed.size),
    failedCount: failed.size,
    reason: was.reason,
    rev: machine.rev + 1,
    updatedMs: scope.nowMs,
    snapshot: chart === undefined || snapshot === undefined ? null : snapshotToJson(chart.machine, snapshot),
  };
  const stays = undone.flatMap(staysOf).map((stay) => withEnd(scope, subject, stay));
  return { rev, count, machine: next, snapshot, failedNow, failed, stays };
}

/** @throws ReplyError NOUNDO where a change is not to be taken back */
function checkUndone(
  undone: readonly HistoryEntry[],
  { rev, count, hasChart }: { readonly rev: number; readonly count: number; readonly hasChart: boolean },
): void {
  if (undone.length !== count) throw errors.noUndo(`history no longer has the change of rev ${rev}`);
  for (const { rev: at, kind, isPartial } of undone) {
    if (kind === "create" || kind === "set" || kind === "imported")
      throw errors.noUndo(`rev ${at} has made the machine; DEL removes it`);
    if (kind === "migrate") throw errors.noUndo(`rev ${at} is a migration to another definition`);
    if (isPartial === true && hasChart)
      throw errors.noUndo(
        `rev ${at} was recorded by an earlier version, which did not keep what it took away`,
      );
  }
}

/**
 * A machine as it was after a rev, with its timers. Undefined where the history does not tell: it ends before, or an earlier
 * version has recorded a change since then. O(entries).
 */
export function snapshotAt(
  scope: Scope,
  { record, machine, chart }: Subject,
  rev: number,
): { readonly snapshot: Snapshot; readonly was: Standing } | undefined {
  const undone = historyOf(scope.db.transaction, record.id, { from: rev + 1, to: machine.rev });
  const { was } = before(scope, record.id, rev + 1);
  if (chart === undefined || was?.context === undefined || was.isUnsure === true) return undefined;
  if (undone.length !== machine.rev - rev || undone.some(({ isPartial }) => isPartial === true))
    return undefined;
  return { snapshot: snapshotBefore(chart.machine, chart.snapshot, { undone, was, rearms: true }), was };
}

/** The machine as of the last entry before a rev, and since when its states were active. O(entries until then). */
function before(
  scope: Scope,
  id: number,
  rev: number,
): { readonly was: Standing | undefined; readonly since: Since } {
  const reader = scope.db.transaction;
  let was = trimmedOf(reader, id);
  const since = new Since();
  if (was !== undefined) since.add(was);
  for (const entry of historyOf(reader, id, { from: 1, to: rev - 1 })) {
    was = standingAfter(was, entry);
    since.add(entry);
  }
  return { was: was?.rev === rev - 1 ? was : undefined, since };
}

function statusThen({ status }: Standing, failedCount: number): MachineRecord["status"] {
  if (status !== undefined && status !== "failed") return status;
  return failedCount > 0 ? "failed" : "active";
}

function withEnd(scope: Scope, { key, record }: Subject, stay: Stay) {
  if (stay.kind !== "task") return { ...stay, isDone: undefined };
  const id = `${textOfBytes(key)}@${stay.rev}#${stay.number}`;
  return { ...stay, id, isDone: keptOutcome(scope, record.id, id) !== undefined };
}

/** How an undo is recorded. */
export interface UndoCause {
  readonly reason: string | undefined;
  readonly by: string | undefined;
}

const UNDONE = { kind: "refused", code: "CANCELLED", message: "the change that kept it was undone" } as const;

/** Carries out a plan that was made in this turn. @throws ReplyError INVARIANT */
export function undo(scope: Scope, subject: Subject, plan: UndoPlan, cause: UndoCause): Subject {
  const { machine: before, record, chart, key } = subject;
  const { snapshot } = plan;
  const machine = { ...plan.machine, reason: cause.reason ?? plan.machine.reason };
  const { transaction, phys } = scope.db;
  const { id } = record;
  if (isRunning(before)) disarmAll(scope, id, before);
  unwatchMachine(transaction, { phys, id }, before);
  replaceFailed(scope, subject, plan);
  const moved = chart === undefined || snapshot === undefined ? chart : { machine: chart.machine, snapshot };
  const written = writeRecord(
    scope,
    { key, record, machine: before, chart: moved },
    machine,
    entryOf(subject, plan, { machine, cause, nowMs: scope.nowMs }),
  );
  armMachine(transaction, phys, id, machine);
  const kept = new Set(snapshot?.kept.map(({ seq }) => seq));
  forgetKept(
    scope,
    written,
    eventsKept(subject).filter(({ seq }) => !kept.has(seq)),
    UNDONE,
  );
  checkInvariants(scope, written);
  if (!isRunning(machine) || machine.deferredCount === 0) return written;
  return new Delivery(scope).recall(written);
}

function replaceFailed(scope: Scope, subject: Subject, { failed }: UndoPlan): void {
  const { transaction } = scope.db;
  const { id } = subject.record;
  const there = new Set<number>();
  for (const step of failedOf(scope, subject)) {
    if (failed.has(step.sequence)) there.add(step.sequence);
    else dropPending(transaction, id, step);
  }
  for (const [sequence, step] of failed)
    if (!there.has(sequence)) holdPending(transaction, id, readPending(step));
}

/** What the undo of this undo has to do about failed steps. */
function failedDifference(
  now: ReadonlyMap<number, JsonObject>,
  then: ReadonlyMap<number, JsonObject>,
): Pick<Rest, "f" | "n"> {
  const gone = [...now].flatMap(([sequence, step]) => (then.has(sequence) ? [] : [step]));
  const come = [...then.keys()].filter((sequence) => !now.has(sequence));
  return { ...(gone.length === 0 ? {} : { f: gone }), ...(come.length === 0 ? {} : { n: come }) };
}

function checkInvariants(scope: Scope, subject: Subject): void {
  const { chart, machine } = subject;
  const breach = chart && breachOf(chart.machine, chart.snapshot, envOf(scope, subject));
  if (breach !== undefined) throw errors.refused("INVARIANT", breach);
  if (machine.parent !== undefined) checkParent(scope, machine.parent.id);
}

function entryOf(
  subject: Subject,
  plan: UndoPlan,
  given: { readonly machine: MachineRecord; readonly cause: UndoCause; readonly nowMs: number },
): HistoryEntry {
  const { machine: before, chart } = subject;
  const { machine, cause, nowMs } = given;
  const { snapshot, failed, failedNow, rev } = plan;
  const difference =
    chart === undefined || snapshot === undefined
      ? {}
      : contextDifference(chart.snapshot.context, snapshot.context);
  return {
    rev: machine.rev,
    atMs: nowMs,
    kind: "undo",
    from: activeNames(before),
    to: activeNames(machine),
    data: EventData.ofValue({ rev }),
    ...cause,
    ...difference,
    status: machine.status === "active" ? undefined : machine.status,
    output: snapshot?.output,
    rest: {
      ...(chart === undefined || snapshot === undefined
        ? {}
        : trailOf({ before: chart.snapshot, after: snapshot, effects: [] })),
      ...failedDifference(failedNow, failed),
      ...(machine.reason === (cause.reason ?? before.reason) ? {} : { r: machine.reason ?? null }),
      s: [...machine.outer, ...machine.states],
    },
  };
}
