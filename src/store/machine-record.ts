/**
 * What is stored of a machine: the payload of its key's record, as JSON. A machine has either a definition it is
 * pinned to, or a map of its own (the machines of SM.SET and of SM.CREATE without a definition).
 */
import { assert } from "../base/assert.ts";
import type { Json } from "../base/json.ts";
import type { DefinitionName } from "./layouts.ts";
import type { KeyRecord } from "./records.ts";

/** The states of a map machine with the targets of each, in the order in which they were given. */
export type TransitionMap = ReadonlyArray<readonly [state: string, targets: readonly string[]]>;

export type MachineStatus = "active" | "done" | "suspended";

/** An active atomic state and when it was entered, in milliseconds since the epoch. */
export type ActiveState = readonly [state: string, sinceMs: number];

export interface MachineRecord {
  /** Undefined for a map machine. */
  readonly definition: DefinitionName | undefined;
  /** Of a map machine only. */
  readonly map: TransitionMap | undefined;
  /** Of a map machine only: where SM.RESET goes back to. */
  readonly initial: string | undefined;
  /** In document order; a map machine has one, its current state. */
  readonly states: readonly ActiveState[];
  readonly status: MachineStatus;
  /** Counts the recorded changes, from 1. */
  readonly rev: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** Undefined until one was given. */
  readonly reason: string | undefined;
  /** The engine's snapshot in its stored form; null for a map machine. */
  readonly snapshot: Json;
  /** Highest number seen per source (SEQ). */
  readonly sources: Readonly<Record<string, number>>;
  /** Number of the next deferred or scheduled event. */
  readonly pendingNext: number;
  /** How many events are deferred: without any, no inbox is read. */
  readonly deferredCount: number;
  /** Number of the next outcome that is kept. */
  readonly outcomeNext: number;
}

/** Field by field in this order: a list is a third shorter than an object and parses faster. */
type Stored = [
  definition: [name: string, version: string] | null,
  map: TransitionMap | null,
  initial: string | null,
  states: ActiveState[],
  status: MachineStatus,
  rev: number,
  createdMs: number,
  updatedMs: number,
  reason: string | null,
  snapshot: Json,
  sources: Record<string, number>,
  pendingNext: number,
  deferredCount: number,
  outcomeNext: number,
];

export function encodeMachine(machine: MachineRecord): Buffer {
  const { definition } = machine;
  const stored: Stored = [
    definition === undefined ? null : [definition.name, definition.version],
    machine.map ?? null,
    machine.initial ?? null,
    [...machine.states],
    machine.status,
    machine.rev,
    machine.createdMs,
    machine.updatedMs,
    machine.reason ?? null,
    machine.snapshot,
    machine.sources,
    machine.pendingNext,
    machine.deferredCount,
    machine.outcomeNext,
  ];
  return Buffer.from(JSON.stringify(stored), "utf8");
}

/** @throws Error when the record is not a machine's: data is never guessed at */
export function decodeMachine(record: KeyRecord): MachineRecord {
  assert(record.type === "machine", "a machine's record");
  const stored: unknown = JSON.parse(record.payload.toString("utf8"));
  assert(Array.isArray(stored) && stored.length === 14, "a machine's record of 14 fields");
  // The record was written by encodeMachine and its length was checked; the store checks its bytes.
  const fields = stored as Stored;
  return {
    definition: fields[0] === null ? undefined : { name: fields[0][0], version: fields[0][1] },
    map: fields[1] ?? undefined,
    initial: fields[2] ?? undefined,
    states: fields[3],
    status: fields[4],
    rev: fields[5],
    createdMs: fields[6],
    updatedMs: fields[7],
    reason: fields[8] ?? undefined,
    snapshot: fields[9],
    sources: fields[10],
    pendingNext: fields[11],
    deferredCount: fields[12],
    outcomeNext: fields[13],
  };
}
