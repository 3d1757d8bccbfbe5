/** A machine as commands work on it: its key, its record, and for a defined machine its chart and snapshot. */
import { assert } from "../base/assert.ts";
import { type Bytes, textOfBytes } from "../base/bytes.ts";
import type { Pace } from "../base/pace.ts";
import type { Config } from "../config/config.ts";
import type { Machine } from "../engine/machine.ts";
import { snapshotFromJson } from "../engine/snapshot.ts";
import { activeStates } from "../engine/step.ts";
import { type Env, type Snapshot, STEP_LIMITS, type StepLimits } from "../engine/types.ts";
import type { Database } from "../keyspace/database.ts";
import type { Databases } from "../keyspace/databases.ts";
import type { DefinitionName } from "../keyspace/layouts.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import * as errors from "../protocol/errors.ts";
import type { ChartCache } from "./chart-cache.ts";
import { findDefinition } from "./definitions.ts";
import { type DecodedMachine, decodedMachine, decodeMachine, type MachineRecord } from "./record.ts";
import { relativesOf } from "./relatives.ts";
import type { OwnerRights } from "./rights.ts";

/** What work on machines asks of the server around it. */
export interface MachineServer {
  readonly config: Config;
  /** Compiled definitions. */
  readonly charts: ChartCache;
  /** What machines may do of their own accord. */
  readonly owners: OwnerRights;
  /** How work is cut that runs beside requests. */
  readonly pace: Pace;
}

/** Where machines are worked on: what a Call offers, and what a timer has without one. */
export interface Scope {
  readonly databases: Databases;
  readonly db: Database;
  readonly server: MachineServer;
  readonly nowMs: number;
}

export interface Subject {
  readonly key: Bytes;
  readonly record: KeyRecord;
  readonly machine: MachineRecord;
  /** Undefined for a map machine. */
  readonly chart: Chart | undefined;
}

export interface Chart {
  readonly machine: Machine;
  readonly snapshot: Snapshot;
}

/** The machine at a key; undefined when the key is not there. @throws ReplyError WRONGTYPE for another type */
export function subjectAt(scope: Scope, key: Bytes): Subject | undefined {
  const record = scope.db.find(key);
  if (record === undefined) return undefined;
  if (record.type !== "machine") throw errors.wrongType();
  return subjectOf(scope, key, record);
}

/** The machine at a key; undefined for whatever else it may hold. */
export function findSubject(scope: Scope, key: Bytes): Subject | undefined {
  const record = scope.db.find(key);
  return record?.type === "machine" ? subjectOf(scope, key, record) : undefined;
}

/** The machine of a record. */
export function subjectOf(scope: Scope, key: Bytes, record: KeyRecord): Subject {
  const decoded = decodedMachine(record);
  const { machine } = decoded;
  if (machine.definition === undefined) return { key, record, machine, chart: undefined };
  // A record is remembered only as long as what it stands for: the definition it is pinned to cannot go meanwhile.
  const known = decoded.chart as Chart | undefined;
  if (known !== undefined) return { key, record, machine, chart: known };
  const chart = chartOf(scope, machine.definition);
  const read = snapshotFromJson(chart, machine.snapshot);
  assert(read.ok, `a snapshot of ${machine.definition.name}:${machine.definition.version}`);
  const made: Chart = { machine: chart, snapshot: read.snapshot };
  decoded.chart = made;
  return { key, record, machine, chart: made };
}

/** Notes what a record says that has just been written. */
export function remember(record: KeyRecord, machine: MachineRecord, chart: Chart): void {
  record.decoded = { machine, chart } satisfies DecodedMachine;
}

/** The compiled form of a definition that a machine is pinned to. */
export function chartOf({ db, server }: Scope, { name, version }: DefinitionName): Machine {
  const stored = findDefinition(db, name, version);
  assert(stored !== undefined, `the definition ${name}:${version} a machine is pinned to`);
  return server.charts.chartOf(stored);
}

/** Whether a record that came from outside is of a machine of the definition it names. @throws ReplyError NODEF */
export function fitsDefinition(scope: Scope, record: KeyRecord): boolean {
  const { definition, snapshot, states } = decodeMachine(record);
  if (definition === undefined) return true;
  const { name, version } = definition;
  const stored = findDefinition(scope.db, name, version);
  if (stored === undefined) throw errors.noDefinition(`${name}:${version}`);
  const chart = scope.server.charts.chartOf(stored);
  const read = snapshotFromJson(chart, snapshot);
  if (!read.ok) return false;
  const active = activeStates(chart, read.snapshot);
  return active.length === states.length && states.every(([state], i) => active[i] === state);
}

/** What a machine may hold. */
export interface MachineBounds {
  readonly contextBytesMax: number;
  readonly timersMax: number;
  readonly keptMax: number;
}

/** What a step may know of the world, and how far it may go. */
export interface StepEnv extends Env {
  readonly bounds: MachineBounds;
}

/** What a machine that is about to step is known by. */
export interface Stepping {
  readonly key: Bytes;
  readonly record: Pick<KeyRecord, "id">;
  readonly machine: Pick<MachineRecord, "parent" | "childCount">;
}

export function envOf({ db, nowMs, server: { config } }: Scope, of: Stepping): StepEnv {
  return {
    now: nowMs,
    key: textOfBytes(of.key),
    limits: stepLimitsOf(config),
    trace: true,
    relatives: relativesOf(db, of.record.id, of.machine),
    bounds: {
      contextBytesMax: config.get("sm-context-bytes-max"),
      timersMax: config.get("sm-timers-max"),
      keptMax: config.get("sm-inbox-max"),
    },
  };
}

/** How far a step may go, as the configuration says. */
export function stepLimitsOf(config: Config): StepLimits {
  return { microstepsMax: config.get("sm-microsteps-max"), resultSizeMax: STEP_LIMITS.resultSizeMax };
}
