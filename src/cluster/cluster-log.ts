/**
 * The log of what belongs to the cluster and to no partition, such as definitions: each partition keeps a full copy of that, and
 * applies the entries of the log to it in order. An entry is added only where the log is as long as its author has seen it.
 */
import type { Json } from "../base/json.ts";

export interface LogEntry {
  /** From 1, without a gap. */
  readonly sequence: number;
  /** Given by its author, who recognises it by that where the answer of the database is lost. */
  readonly id: string;
  readonly record: LogRecord;
}

/** A key and its value; null: it is removed. */
export type SharedWrite = readonly [key: string, value: Buffer | null];

export interface NamedDefinition {
  readonly name: string;
  readonly version: string;
}

/** A migration that all partitions begin, each with the machines that it has. */
export interface SharedMigration {
  readonly id: number;
  /** The plan that it follows; null for none. */
  readonly plan: number | null;
  readonly from: { readonly name: string; readonly version?: string } | { readonly match: string };
  readonly to: NamedDefinition;
  readonly map: Json;
  /** Machines a second, in all partitions; 0: no bound. */
  readonly rate: number;
}

export type LogRecord =
  /** Writes, the same in each copy. */
  | { readonly kind: "change"; readonly writes: readonly SharedWrite[] }
  /** How many machines of each partition need a definition? The partitions answer in their rows. */
  | { readonly kind: "ask"; readonly definition: NamedDefinition }
  /** The definition is removed where no machine needs it, until the next entry says whether that stays. */
  | {
      readonly kind: "remove";
      readonly definition: NamedDefinition;
      readonly writes: readonly SharedWrite[];
    }
  /**
   * How many machines of each partition do not fit? The migration begins with the next entry where all of them fit.
   * With `holds` partitions do not look: those that fit move.
   */
  | { readonly kind: "start"; readonly migration: SharedMigration; readonly holds: boolean }
  /** Something is done with a migration, in each partition where it can be. */
  | { readonly kind: "steer"; readonly id: number; readonly action: "pause" | "resume" | "undo" }
  /** All partitions have answered the entry in front of this one; that is the sum. */
  | { readonly kind: "end"; readonly users: number };

/** Where a copy is. */
export interface CopyState {
  /** Of the last entry that it has applied. */
  readonly sequence: number;
  /** That entry is a question: the next one has to be its end. */
  readonly isOpen: boolean;
  /** What the partition answers to it. */
  readonly answer: number;
}

/** What the database says of a copy. */
export interface CopyProgress {
  readonly partition: number;
  /** A member owns the partition by a lease that has not ended. */
  readonly isOwned: boolean;
  readonly sequence: number;
  readonly answer: number;
}

/** What an owner says of its copy. */
export interface CopyNote {
  readonly partition: number;
  /** As the row of the partition names it. */
  readonly owner: string;
  readonly state: CopyState;
}

/** Each of these may be rejected, and then be done or not. */
export interface ClusterLog {
  /** Adds an entry behind the one with a sequence. False: the log is longer than that, and has no entry with the id. */
  append(id: string, record: LogRecord, after: number): Promise<boolean>;
  /** The first entries behind a sequence, in order; none when it is the last one. */
  read(after: number): Promise<readonly LogEntry[]>;
  progress(): Promise<readonly CopyProgress[]>;
  /** Owners have applied entries, and that is settled; nothing happens where the partition has another owner by now. */
  note(notes: readonly CopyNote[]): Promise<void>;
  /** Removes what all copies have applied, except for the last entry. */
  trim(): Promise<void>;
}

export function isQuestion({ kind }: LogRecord): boolean {
  return kind === "ask" || kind === "remove" || kind === "start";
}

export function encodeLogRecord(record: LogRecord): Buffer {
  const { kind } = record;
  const writes =
    kind === "change" || kind === "remove"
      ? record.writes.map(([key, value]) => [base64(key), value?.toString("base64") ?? null])
      : undefined;
  return Buffer.from(JSON.stringify({ ...record, writes }), "utf8");
}

export function decodeLogRecord(bytes: Buffer): LogRecord {
  // Written by encodeLogRecord.
  const record = JSON.parse(bytes.toString("utf8")) as Encoded;
  if (record.writes === undefined) return record as LogRecord;
  const writes = record.writes.map(
    ([key, value]): SharedWrite => [
      Buffer.from(key, "base64").toString("latin1"),
      value === null ? null : Buffer.from(value, "base64"),
    ],
  );
  return { ...record, writes } as LogRecord;
}

interface Encoded {
  readonly kind: LogRecord["kind"];
  readonly writes?: ReadonlyArray<readonly [key: string, value: string | null]>;
}

function base64(key: string): string {
  return Buffer.from(key, "latin1").toString("base64");
}
