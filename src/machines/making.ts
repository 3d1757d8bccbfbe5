/**
 * Making a machine of a definition: the initial macrostep runs and the machine is written. What that sets off is left to
 * the caller, so that what delivers events can make machines too (delivery.ts).
 */

import type { Bytes } from "../base/bytes.ts";
import type { JsonObject } from "../base/json.ts";
import type { Machine } from "../engine/machine.ts";
import { start } from "../engine/step.ts";
import type { ExpiryTime } from "../keyspace/expiry-time.ts";
import * as errors from "../protocol/errors.ts";
import type { StoredDefinition } from "./definitions.ts";
import type { HistoryEntry } from "./history.ts";
import { keepingOf } from "./keeping.ts";
import { type Next, taken } from "./machine-step.ts";
import { createMachine } from "./machines.ts";
import { type MachineRecord, NO_SOURCES, type ParentLink } from "./record.ts";
import { watchStates } from "./sla-index.ts";
import { envOf, remember, type Scope, type StepEnv } from "./subject.ts";
import { activeStates, armTimers, disarmAll, outerStates, recordedEffects, statusOf } from "./writing.ts";

export interface Creation {
  readonly definition: StoredDefinition;
  /** The states to start in; undefined: the initial ones. */
  readonly states?: readonly string[] | undefined;
  readonly context?: JsonObject | undefined;
  readonly reason?: string | undefined;
  readonly by?: string | undefined;
  /** Milliseconds since the epoch; 0: none. */
  readonly expireAtMs: ExpiryTime;
  /** What it has been through elsewhere, oldest first. */
  readonly past?: readonly PastEntry[] | undefined;
  /** Of a machine that is made as the child of another. */
  readonly parent?: ParentLink | undefined;
}

/** A change that a machine has been through before it was here. */
export interface PastEntry extends Pick<HistoryEntry, "to" | "event" | "by" | "reason" | "data"> {
  readonly atMs: number;
}

const NO_PAST: readonly PastEntry[] = [];

/** The entries of what a machine has been through elsewhere, by revs from 1. */
function importedEntries(past: readonly PastEntry[]): readonly HistoryEntry[] {
  return past.map((entry, index) => ({
    ...entry,
    kind: "imported",
    rev: index + 1,
    from: past[index - 1]?.to ?? [],
  }));
}

/**
 * Writes a new machine in place of whatever the key holds; returns what its first macrostep has led to, of which the
 * caller carries out what concerns other events and machines. @throws ReplyError NOSTATE, EXECFAIL
 */
export function makeMachine(scope: Scope, key: Bytes, creation: Creation): Next {
  const { definition } = creation;
  const machine = scope.server.charts.chartOf(definition);
  const next = begin(
    machine,
    creation,
    envOf(scope, { key, record: { id: 0 }, machine: { parent: creation.parent, childCount: 0 } }),
  );
  const { past = NO_PAST } = creation;
  const rev = past.length + 1;
  const record: MachineRecord = {
    definition: { name: definition.name, version: definition.version },
    map: undefined,
    initial: undefined,
    states: activeStates([], next, scope.nowMs),
    status: statusOf(next, 0),
    rev,
    createdMs: past[0]?.atMs ?? scope.nowMs,
    updatedMs: scope.nowMs,
    reason: next.suspension?.reason ?? creation.reason,
    snapshot: next.snapshot,
    sources: NO_SOURCES,
    pendingNext: 1,
    deferredCount: 0,
    outcomeNext: 1,
    outcomeFirst: 1,
    failedCount: 0,
    outer: outerStates([], next, scope.nowMs),
    parent: creation.parent,
    childCount: 0,
  };
  const history = {
    rev,
    atMs: scope.nowMs,
    kind: "create" as const,
    from: [],
    to: next.states,
    status: record.status === "active" ? undefined : record.status,
    reason: creation.reason,
    by: creation.by,
    context: next.live?.context,
    via: next.via,
    output: next.live?.output,
    effects: recordedEffects(next.effects),
  };
  const { expireAtMs } = creation;
  const keeping = keepingOf(scope.server.config);
  const imported = importedEntries(past);
  const write = {
    ...{ machine: record, expireAtMs, imported, history, taken: next.taken, keeping },
    event: "sm.create",
  } as const;
  const written = createMachine(scope.db, key, write);
  // Who made it looks at it next: to read it out of the bytes again takes a tenth of what a machine costs.
  if (next.live !== undefined) remember(written, record, { machine, snapshot: next.live });
  armTimers(scope, written.id, next.effects);
  watchStates(scope.db, written.id, next.effects);
  if (record.status === "suspended") disarmAll(scope, written.id, record);
  return next;
}

/** How a machine begins. */
export interface Beginning extends Pick<Creation, "states" | "context"> {
  /** In place of the context of its definition, all of it. */
  readonly wholeContext?: JsonObject;
}

/** The initial macrostep. @throws ReplyError NOSTATE, EXECFAIL */
export function begin(machine: Machine, options: Beginning, env: StepEnv): Next {
  const { states, context, wholeContext } = options;
  const started = start(machine, env, {
    ...(states === undefined ? {} : { states }),
    ...(context === undefined ? {} : { context }),
    ...(wholeContext === undefined ? {} : { wholeContext }),
  });
  if (started.kind === "refused") throw errors.refused("NOSTATE", started.message);
  if (started.kind === "failed") throw errors.refused(started.code, started.message);
  const next = taken({ machine, snapshot: started.snapshot }, started, env);
  if (next.kind === "refused") throw errors.refused("EXECFAIL", next.message);
  return next;
}
