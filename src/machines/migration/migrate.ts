/**
 * Moves one machine to another definition. What it has kept beside its snapshot stays as it is: history, event ids,
 * numbers of sources, deferred and scheduled events, children, the time to live; what the snapshot holds is carried over
 * by the engine, and goes into the indexes anew.
 */
import { EventData } from "../../base/event-data.ts";
import type { JsonObject } from "../../base/json.ts";
import type { Machine } from "../../engine/machine.ts";
import { type Migrated, type MigrationStep, migrate } from "../../engine/migrate.ts";
import type { DefinitionName } from "../../keyspace/layouts.ts";
import * as errors from "../../protocol/errors.ts";
import { Delivery } from "../delivery.ts";
import type { HistoryEntry } from "../history.ts";
import { keepingOf } from "../keeping.ts";
import { forgetKept } from "../kept-events.ts";
import { type Next, type Refusal, taken } from "../machine-step.ts";
import { exchangeMachine } from "../machines.ts";
import { armMachine, dueEntries } from "../object-storage.ts";
import { disarmDue } from "../pending.ts";
import { activeNames, type MachineRecord } from "../record.ts";
import { unwatchMachine } from "../sla-index.ts";
import { envOf, findSubject, type Scope, type Subject } from "../subject.ts";
import {
  activeStates,
  contextOf,
  EVENTS,
  goneOf,
  outerStates,
  recordedEffects,
  statusOf,
} from "../writing.ts";
import { carryFailed } from "./failed-steps.ts";
import { formerOf, seenHistory } from "./former.ts";

/** Where a machine is to go: the definitions on the way, the last one being its own from then on. */
export interface Destination {
  readonly definition: DefinitionName;
  readonly steps: readonly MigrationStep[];
}

export interface MigrationOptions {
  readonly states?: readonly string[] | undefined;
  readonly context?: JsonObject | undefined;
  readonly reason?: string | undefined;
  readonly by?: string | undefined;
  /** Refuses to bring it where nothing leads on, or where its guards cannot be read. */
  readonly isStrict?: boolean | undefined;
  /** The number of the migration that moves it. */
  readonly job?: number | undefined;
  /** What follows the message that a state has no place. */
  readonly hint?: string | undefined;
}

/** A machine that has moved, and what that has set off at once. */
export interface MovedMachine {
  readonly subject: Subject;
  readonly migrated: Migrated;
  /** Whether what has failed stands with it as before. */
  readonly hasKeptFailed: boolean;
}

const MIGRATED: Refusal = {
  kind: "refused",
  code: "CANCELLED",
  message: "the machine has moved to a definition without a place for it",
};

/** What would become of a machine; nothing is written. */
export function tryMigrate(scope: Scope, subject: Subject, to: Destination, options: MigrationOptions) {
  const { states, context, isStrict } = options;
  return migrate(
    formerOf(subject),
    to.steps,
    {
      states,
      context,
      isStrict: isStrict === true,
      history: () => seenHistory(scope.db, subject),
      isSuspended: subject.machine.status === "suspended",
    },
    envOf(scope, subject),
  );
}

/** Moves a machine, with all that follows in the same commit. @throws ReplyError NOSTATE, EXECFAIL, INVARIANT, REJECTED */
export function migrateMachine(
  scope: Scope,
  subject: Subject,
  to: Destination,
  options: MigrationOptions,
): MovedMachine {
  const migrated = tryMigrate(scope, subject, to, options);
  if (migrated.kind === "misfit") {
    const { code, message, state } = migrated;
    throw errors.refused(code, state === undefined ? message : `${message}${options.hint ?? ""}`);
  }
  const machine = chartOf(to);
  const { moved, carried, droppedKept } = migrated;
  const next = taken({ machine, snapshot: carried.snapshot }, moved, envOf(scope, subject));
  if (next.kind === "refused") throw errors.refused("EXECFAIL", next.message);
  const written = write(scope, subject, { next, migrated, definition: to.definition, machine, options });
  forgetKept(scope, written, droppedKept, MIGRATED);
  const settled = carryFailed(scope, { before: subject, after: written }, carried.places.origins);
  const delivery = new Delivery(scope);
  const after = delivery.takeOver(subject, settled, next);
  const isChanged = delivery.runFollowUps();
  const current = isChanged ? (findSubject(scope, subject.key) ?? after) : after;
  // Those of states stand under other names now, or are gone.
  const hasKeptFailed = subject.machine.failedCount === 0;
  return { subject: current, migrated, hasKeptFailed };
}

export function chartOf({ steps }: Destination): Machine {
  const last = steps.at(-1);
  if (last === undefined) throw new Error("a migration has a definition to go to");
  return last.to;
}

interface Writing {
  readonly next: Next;
  readonly migrated: Migrated;
  readonly definition: DefinitionName;
  readonly machine: Machine;
  readonly options: MigrationOptions;
}

function write(scope: Scope, subject: Subject, writing: Writing): Subject {
  const { next, definition, machine: chart, options } = writing;
  const { nowMs } = scope;
  const before = subject.machine;
  const carried = carriedStates(writing);
  const machine: MachineRecord = {
    ...before,
    definition,
    map: undefined,
    initial: undefined,
    states: activeStates(carried, next, nowMs),
    outer: outerStates(carried, next, nowMs),
    status: statusAfter(before, next),
    rev: before.rev + 1,
    updatedMs: nowMs,
    reason: next.suspension?.reason ?? options.reason ?? before.reason,
    snapshot: next.snapshot,
  };
  const history: HistoryEntry = {
    rev: machine.rev,
    atMs: nowMs,
    kind: "migrate",
    data: EventData.ofValue({
      from: idOf(before.definition),
      to: idOf(definition),
      ...(options.job === undefined ? {} : { migration: options.job }),
    }),
    by: options.by,
    reason: options.reason,
    from: activeNames(before),
    to: next.states,
    status: machine.status === "active" ? undefined : machine.status,
    via: next.via,
    output: next.live?.output,
    context: contextOf(next),
    gone: goneOf(next),
    effects: recordedEffects(next.effects),
  };
  return exchange(scope, subject, { machine, history, chart, live: next.live });
}

/** Puts another machine in the place of one: record, indexes, and what falls due. */
export function exchange(
  scope: Scope,
  subject: Subject,
  given: {
    readonly machine: MachineRecord;
    readonly history: HistoryEntry;
    readonly chart: Machine | undefined;
    readonly live: Next["live"];
  },
): Subject {
  const { db, server } = scope;
  const { key, record, machine: before } = subject;
  const { machine, history, chart, live } = given;
  const { transaction, phys } = db;
  for (const entry of dueEntries(transaction, record.id, before)) disarmDue(transaction, entry);
  unwatchMachine(transaction, { phys, id: record.id }, before);
  const keeping = keepingOf(server.config);
  const event = EVENTS[history.kind];
  const written = exchangeMachine(db, key, { record, before, machine, history, keeping, event });
  armMachine(transaction, phys, record.id, machine);
  const known = chart === undefined || live === undefined ? undefined : { machine: chart, snapshot: live };
  return { key, record: written, machine, chart: known };
}

/** The active states with the times since when they count as entered, before anything has run. */
function carriedStates({ migrated, machine }: Writing): Array<readonly [string, number]> {
  const { places } = migrated.carried;
  return [...places.since].map(([index, sinceMs]) => [machine.states[index]?.path ?? "", sinceMs]);
}

function statusAfter(before: MachineRecord, next: Next): MachineRecord["status"] {
  if (before.status === "stopped") return "stopped";
  if (next.isDone) return "done";
  return before.status === "suspended" ? "suspended" : statusOf(next, before.failedCount);
}

/** `name:version`; of a machine with a map of its own null. */
function idOf(definition: DefinitionName | undefined): string | null {
  return definition === undefined ? null : `${definition.name}:${definition.version}`;
}
