/**
 * Machines that a migration has moved go back to what they were. A machine that has changed since stays. What was carried
 * over and has come since, such as a timer that fired without effect, does not come again.
 */
import { EventData } from "../../base/event-data.ts";
import { stateOf } from "../../engine/machine.ts";
import { snapshotFromJson, snapshotToJson } from "../../engine/snapshot.ts";
import type { Effect, Snapshot } from "../../engine/types.ts";
import { migratedKey } from "../../keyspace/layouts.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import { findDefinition } from "../definitions.ts";
import { Delivery } from "../delivery.ts";
import type { HistoryEntry } from "../history.ts";
import { activeNames, decodeMachine, encodeMachine, type MachineRecord } from "../record.ts";
import type { Scope, Subject } from "../subject.ts";
import { exchange } from "./migrate.ts";

/** Keeps what a machine was before a migration has moved it. */
export function keepBefore({ db }: Scope, job: number, before: Subject, after: Subject): void {
  const carried = after.chart?.snapshot.timers.map(({ seq }) => seq) ?? [];
  const head: Head = [after.machine.rev, carried];
  const bytes = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), encodeMachine(before.machine)]);
  db.transaction.put(migratedKey(job, "b", before.record.id), bytes);
}

/** The rev a machine has since it has moved, and the timers it then had. */
type Head = [rev: number, timers: readonly number[]];

interface Before {
  readonly rev: number;
  readonly carried: ReadonlySet<number>;
  readonly machine: MachineRecord;
}

export function decodeBefore(value: Buffer, id: number): Before {
  const lineEnd = value.indexOf("\n");
  const payload = value.subarray(lineEnd + 1);
  const record: KeyRecord = { type: "machine", expireAtMs: 0, id, payload, form: undefined };
  // Written by keepBefore.
  const [rev, carried] = JSON.parse(value.toString("utf8", 0, lineEnd)) as Head;
  return { rev, carried: new Set(carried), machine: decodeMachine(record) };
}

/** Takes a machine back; false when it has changed since, or cannot go back. */
export function takeBack(scope: Scope, subject: Subject, before: Before, job: number): boolean {
  const current = subject.machine;
  if (current.rev !== before.rev) return false;
  const { definition } = before.machine;
  const restored =
    definition === undefined ? { chart: undefined, snapshot: undefined } : restore(scope, subject, before);
  if (restored === undefined) return false;
  const { chart, snapshot } = restored;
  const rev = current.rev + 1;
  const { map, initial, states, outer, status, reason } = before.machine;
  const machine: MachineRecord = {
    ...current,
    definition,
    map,
    initial,
    states,
    outer,
    status:
      status === "active" || status === "failed" ? (current.failedCount > 0 ? "failed" : "active") : status,
    rev,
    reason,
    updatedMs: scope.nowMs,
    snapshot: chart === undefined || snapshot === undefined ? null : snapshotToJson(chart, snapshot),
  };
  const nameOf = (one: MachineRecord) =>
    one.definition === undefined ? null : `${one.definition.name}:${one.definition.version}`;
  const history: HistoryEntry = {
    rev,
    atMs: scope.nowMs,
    kind: "migrate",
    data: EventData.ofValue({ from: nameOf(current), to: nameOf(machine), undoes: job }),
    from: activeNames(current),
    to: activeNames(machine),
    status: machine.status === "active" ? undefined : machine.status,
    context: changedContext(subject, snapshot),
  };
  const written = exchange(scope, subject, { machine, history, chart, live: snapshot });
  const delivery = new Delivery(scope);
  delivery.stopAll(
    written,
    goneChildren(subject, chart === undefined ? undefined : { machine: chart, snapshot }),
  );
  delivery.runFollowUps();
  return true;
}

/** The snapshot that a machine had, without what has come since. */
function restore(scope: Scope, { chart }: Subject, { machine: before, carried }: Before) {
  const { definition, snapshot } = before;
  if (definition === undefined || chart === undefined) return undefined;
  const stored = findDefinition(scope.db, definition.name, definition.version);
  if (stored === undefined) return undefined;
  const machine = scope.server.charts.chartOf(stored);
  const read = snapshotFromJson(machine, snapshot);
  if (!read.ok) return undefined;
  return { chart: machine, snapshot: withoutPast(read.snapshot, chart.snapshot, carried) };
}

/**
 * What was kept by a join and is no longer there was dealt with, and so was a timer of the machine's own, unless it was
 * only not carried over: that is due as before. An sla that was reported is not reported again.
 */
function withoutPast(old: Snapshot, current: Snapshot, carried: ReadonlySet<number>): Snapshot {
  const pending = new Set(current.timers.map(({ seq }) => seq));
  const kept = new Set(current.kept.map(({ seq }) => seq));
  const over = new Set(
    current.slas.flatMap(({ isOver, deadlineMs }) => (isOver === true ? [deadlineMs] : [])),
  );
  return {
    ...old,
    timers: old.timers.filter(({ seq }) => !carried.has(seq) || pending.has(seq)),
    kept: old.kept.filter(({ seq }) => kept.has(seq)),
    slas: old.slas.map((sla) => (over.has(sla.deadlineMs) ? { ...sla, isOver: true } : sla)),
    timerSeq: Math.max(old.timerSeq, current.timerSeq),
  };
}

function changedContext({ chart }: Subject, snapshot: Snapshot | undefined): HistoryEntry["context"] {
  const now = chart?.snapshot.context ?? {};
  const then = snapshot?.context ?? {};
  const names = new Set([...Object.keys(now), ...Object.keys(then)]);
  const changed = [...names].filter((name) => JSON.stringify(now[name]) !== JSON.stringify(then[name]));
  return changed.length === 0
    ? undefined
    : Object.fromEntries(changed.map((name) => [name, then[name] ?? null]));
}

/** The children of states that the machine is not in any more. */
function goneChildren(
  { chart }: Subject,
  after: { machine: NonNullable<Subject["chart"]>["machine"]; snapshot: Snapshot | undefined } | undefined,
): Effect[] {
  const idsOf = (of: typeof after) =>
    (of?.snapshot?.configuration ?? []).flatMap((index) =>
      of === undefined ? [] : stateOf(of.machine, index).invokes.map(({ id }) => id),
    );
  const kept = new Set(idsOf(after));
  return idsOf(chart).flatMap((id) => (kept.has(id) ? [] : [{ kind: "stop" as const, id }]));
}
