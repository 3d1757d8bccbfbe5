/**
 * What is stored of a machine: the payload of its key's record, as JSON. A machine has either a definition it is
 * pinned to, or a map of its own (the machines of SM.SET and of SM.CREATE without a definition). The map stands
 * on a line of its own behind the rest, because it stays the same while the rest changes (machine-map.ts).
 */
import { assert } from "../base/assert.ts";
import type { Json } from "../base/json.ts";
import type { DefinitionName } from "../keyspace/layouts.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import { decodeMap, encodeMap, type TransitionMap } from "./transition-map.ts";

export type MachineStatus = "active" | "failed" | "suspended" | "done" | "stopped";

/** Whether a machine takes events, and what of it is due falls due: a failed one does, too. */
export function isRunning({ status }: Pick<MachineRecord, "status">): boolean {
  return status === "active" || status === "failed";
}

/** Whether it has come to its end: by itself, or because the machine it belonged to has stopped it. */
export function hasEnded({ status }: Pick<MachineRecord, "status">): boolean {
  return status === "done" || status === "stopped";
}

/** What makes a machine the child of another. */
export interface ParentLink {
  /** Id of the parent's object. */
  readonly id: number;
  /** The child's id, and its place where it is one of a list. */
  readonly name: string;
  readonly index?: number;
  /** Machines above it. */
  readonly depth: number;
}

/** An active atomic state and when it was entered, in milliseconds since the epoch. */
export type ActiveState = readonly [state: string, sinceMs: number];

/** A signed 64-bit integer: its digits where a double does not hold it. */
export type SourceNumber = number | string;

export function sourceNumber(value: bigint): SourceNumber {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

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
  readonly sources: Readonly<Record<string, SourceNumber>>;
  /** Number of the next deferred or scheduled event. */
  readonly pendingNext: number;
  /** How many events are deferred: without any, no inbox is read. */
  readonly deferredCount: number;
  /** Number of the next outcome that is kept. */
  readonly outcomeNext: number;
  /** No outcome below this number is kept. */
  readonly outcomeFirst: number;
  /** How many steps that no client waits for have failed and are still to be done. */
  readonly failedCount: number;
  /** The active states around the atomic ones, the root aside, and since when. */
  readonly outer: readonly ActiveState[];
  /** Undefined for a machine that belongs to no other. */
  readonly parent: ParentLink | undefined;
  /** How many children it has, ended ones included: without any, no links are read. */
  readonly childCount: number;
}

/** What nearly every change of a machine gives it anew. */
export type Advance = Pick<
  MachineRecord,
  "states" | "outer" | "status" | "rev" | "updatedMs" | "reason" | "snapshot"
>;

type OutcomeCounts = Pick<MachineRecord, "outcomeNext" | "outcomeFirst">;

/**
 * A machine as a change leaves it. Field by field, because every event passes here: a spread of twenty fields costs
 * two microseconds, this a tenth of one.
 */
export function advanced(before: MachineRecord, by: Advance, counts: OutcomeCounts = before): MachineRecord {
  return {
    definition: before.definition,
    map: before.map,
    initial: before.initial,
    states: by.states,
    status: by.status,
    rev: by.rev,
    createdMs: before.createdMs,
    updatedMs: by.updatedMs,
    reason: by.reason,
    snapshot: by.snapshot,
    sources: before.sources,
    pendingNext: before.pendingNext,
    deferredCount: before.deferredCount,
    outcomeNext: counts.outcomeNext,
    outcomeFirst: counts.outcomeFirst,
    failedCount: before.failedCount,
    outer: by.outer,
    parent: before.parent,
    childCount: before.childCount,
  };
}

/** A machine that has kept another outcome, or dropped some. */
export function withOutcomes(before: MachineRecord, counts: OutcomeCounts): MachineRecord {
  return advanced(before, before, counts);
}

/** The names of the active states, in document order. */
export function activeNames({ states }: Pick<MachineRecord, "states">): string[] {
  return states.map(([state]) => state);
}

/** The sources of a machine that has seen none; machines share it. */
export const NO_SOURCES: Readonly<Record<string, SourceNumber>> = Object.freeze({});

/**
 * Field by field in this order: a list is a third shorter than an object and parses faster. What follows the reason
 * is left out of a machine that has had no event, which is what most map machines are.
 */
type Stored = Basic | [...Basic, ...Eventful] | [...Basic, ...Eventful, ...Later];

/** Left out where there is none of it. */
type Later =
  | [failedCount: number, outer: readonly ActiveState[]]
  | [failedCount: number, outer: readonly ActiveState[], family: Family];

type LongestLater = Extract<Later, { readonly length: 3 }>;

/** Of a machine that has a parent or children. */
interface Family {
  readonly parent?: ParentLink;
  readonly children?: number;
}

type Eventful = [
  snapshot: Json,
  sources: Readonly<Record<string, SourceNumber>>,
  pendingNext: number,
  deferredCount: number,
  outcomeNext: number,
  outcomeFirst: number,
];

type Basic = [
  definition: [name: string, version: string] | null,
  initial: string | null,
  states: readonly ActiveState[],
  status: MachineStatus,
  rev: number,
  createdMs: number,
  updatedMs: number,
  reason: string | null,
];

/** Ends the JSON of the rest; JSON.stringify writes none. */
const LINE_END = 0x0a;

export function encodeMachine(machine: MachineRecord): Buffer {
  const { definition, map } = machine;
  const basic: Basic = [
    definition === undefined ? null : [definition.name, definition.version],
    machine.initial ?? null,
    machine.states,
    machine.status,
    machine.rev,
    machine.createdMs,
    machine.updatedMs,
    machine.reason ?? null,
  ];
  const stored: Stored = hasHadNoEvent(machine)
    ? basic
    : [
        ...basic,
        machine.snapshot,
        machine.sources,
        machine.pendingNext,
        machine.deferredCount,
        machine.outcomeNext,
        machine.outcomeFirst,
        ...laterOf(machine),
      ];
  const text = JSON.stringify(stored);
  return Buffer.from(map === undefined ? text : `${text}\n${encodeMap(map)}`, "utf8");
}

function laterOf({ failedCount, outer, parent, childCount }: MachineRecord): Later | [] {
  if (parent !== undefined || childCount > 0)
    return [
      failedCount,
      outer,
      { ...(parent === undefined ? {} : { parent }), ...(childCount === 0 ? {} : { children: childCount }) },
    ];
  return failedCount === 0 && outer.length === 0 ? [] : [failedCount, outer];
}

/** No states; machines share it. */
export const NO_STATES: readonly ActiveState[] = Object.freeze([]);

/** The states around the atomic ones, of a record that does not name them: since the first below them is active. */
function unnamedOuter([definition, , states]: Basic): readonly ActiveState[] {
  if (definition === null || !states.some(([state]) => state.includes("."))) return NO_STATES;
  return outerNames(states.map(([state]) => state)).map((outer) => {
    const below = states.filter(([state]) => state.startsWith(`${outer}.`));
    return [outer, Math.min(...below.map(([, sinceMs]) => sinceMs))];
  });
}

/** The states whose paths begin those of others, each once. */
export function outerNames(states: readonly string[]): string[] {
  const names = new Set<string>();
  for (const state of states) {
    for (let dot = state.indexOf("."); dot > 0; dot = state.indexOf(".", dot + 1))
      names.add(state.slice(0, dot));
  }
  return [...names];
}

function hasHadNoEvent(machine: MachineRecord): boolean {
  return (
    machine.snapshot === null &&
    machine.sources === NO_SOURCES &&
    machine.pendingNext === 1 &&
    machine.deferredCount === 0 &&
    machine.outcomeNext === 1
  );
}

/** What is remembered of a machine's record. */
export interface DecodedMachine {
  readonly machine: MachineRecord;
  /** What subject.ts has made of its snapshot. */
  chart?: unknown;
  /** Entries of history the machine keeps, as of its last change; undefined or 0: all. */
  readonly entriesMax?: number;
}

/** As `decodeMachine`, with what is remembered beside the machine. */
export function decodedMachine(record: KeyRecord): DecodedMachine {
  // Only this function, `remember` and who makes a live record set what a machine's record has been decoded to.
  const known = record.decoded as DecodedMachine | undefined;
  if (known !== undefined) return known;
  const decoded: DecodedMachine = { machine: readMachine(record) };
  record.decoded = decoded;
  return decoded;
}

/** The machine of a record. @throws Error when it is not a machine's: data is never guessed at */
export function decodeMachine(record: KeyRecord): MachineRecord {
  return decodedMachine(record).machine;
}

/** As `decodeMachine`, but reads the bytes again. */
export function readMachine(record: KeyRecord): MachineRecord {
  assert(record.type === "machine", "a machine's record");
  const { payload } = record;
  const lineEnd = payload.indexOf(LINE_END);
  const stored: unknown = JSON.parse(payload.toString("utf8", 0, lineEnd < 0 ? payload.length : lineEnd));
  assert(Array.isArray(stored) && [8, 14, 16, 17].includes(stored.length), "the fields of a machine");
  // The record was written by encodeMachine and its length was checked; the store checks its bytes.
  const fields = stored as [...Basic, ...Partial<[...Eventful, ...Required<LongestLater>]>];
  return {
    definition: fields[0] === null ? undefined : { name: fields[0][0], version: fields[0][1] },
    map: lineEnd < 0 ? undefined : decodeMap(payload.subarray(lineEnd + 1)),
    initial: fields[1] ?? undefined,
    states: fields[2],
    status: fields[3],
    rev: fields[4],
    createdMs: fields[5],
    updatedMs: fields[6],
    reason: fields[7] ?? undefined,
    snapshot: fields[8] ?? null,
    sources: fields[9] ?? NO_SOURCES,
    pendingNext: fields[10] ?? 1,
    deferredCount: fields[11] ?? 0,
    outcomeNext: fields[12] ?? 1,
    outcomeFirst: fields[13] ?? 1,
    failedCount: fields[14] ?? 0,
    outer: fields[15] ?? unnamedOuter(fields as Basic),
    parent: fields[16]?.parent,
    childCount: fields[16]?.children ?? 0,
  };
}
