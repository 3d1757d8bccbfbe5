/**
 * What some stores hold, as the lines of an export for each of some others that share the keys among them in another way: a store
 * becomes the partitions of a cluster, or these become one, or others. Every key goes where its slot is, under the id that it
 * has: ids of partitions differ (`idBehind`). Definitions and libraries go everywhere. Streams that machines write are
 * reshape-streams.ts, letters are none of it.
 */
import { textOfBytes } from "../base/bytes.ts";
import { Databases } from "../keyspace/databases.ts";
import { allLibraries } from "../keyspace/libraries.ts";
import type { PartFields } from "../keyspace/object-form.ts";
import type { Place } from "../keyspace/place.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { listDefinitions } from "../machines/definitions.ts";
import { jobsOf, plansOf, type StoredJob } from "../machines/migration/stored.ts";
import { sumOf } from "../machines/migration/sum.ts";
import { decodeMachine } from "../machines/record.ts";
import { machineStreamOf } from "../machines/stream-names.ts";
import { Digest } from "./digest.ts";
import { definitionToJson, EXPORT_FORMATS, objectLines } from "./export.ts";
import { libraryToJson } from "./library-form.ts";
import { migrationLines } from "./migration-form.ts";

/** A store that nothing writes to meanwhile. */
export interface Source {
  readonly transaction: Transaction;
  readonly place: Place;
}

/** A line, and which of the new stores takes it, by its partition; undefined: each of them. */
export interface ReshapedLine {
  readonly to: number | undefined;
  readonly line: string;
}

/** What cannot be taken apart; the message is for the operator. */
export class ReshapeFault extends Error {
  override readonly name = "ReshapeFault";
}

export function databaseOf({ transaction, place }: Source) {
  return new Databases(transaction, 1, 0, place).at(0);
}

/** The first line of each. */
export function headLine(version: string, nowMs: number): string {
  const made = new Date(nowMs).toISOString();
  return JSON.stringify({ detent: "export", format: EXPORT_FORMATS.at(-1), version, made, position: 0 });
}

/** All but the streams that machines write. @throws ReshapeFault */
export function* reshaped(sources: readonly Source[], place: Place): Generator<ReshapedLine> {
  const [first] = sources;
  if (first === undefined) return;
  for (const library of allLibraries(first.transaction))
    yield { to: undefined, line: JSON.stringify(libraryToJson(library)) };
  for (const definition of listDefinitions(databaseOf(first)))
    yield { to: undefined, line: JSON.stringify(definitionToJson(0, definition)) };
  for (const source of sources) yield* objectsOf(source, place);
  for (const plan of plansOf(databaseOf(first)))
    yield { to: undefined, line: JSON.stringify({ db: 0, migration: "plan", ...plan }) };
  yield* jobsFor(sources, place);
}

function* objectsOf(source: Source, place: Place): Generator<ReshapedLine> {
  const db = databaseOf(source);
  for (const key of db.keys()) {
    const record = db.find(key);
    if (record === undefined) continue;
    if (record.type === "stream" && machineStreamOf(source.place, key) !== undefined) continue;
    const to = place.partitionOf(key);
    if (record.type === "machine") assertWithParent(source, record, place, to);
    for (const line of objectLines(db, key, { record, digest: new Digest() })) yield { to, line };
  }
}

/** A machine and its children are of one partition; who has renamed one of them may have parted them. @throws ReshapeFault */
function assertWithParent(source: Source, record: KeyRecord, place: Place, to: number): void {
  const { parent } = decodeMachine(record);
  if (parent === undefined) return;
  const db = databaseOf(source);
  const [key, parentKey] = [db.keyOf(record.id), db.keyOf(parent.id)];
  if (key === undefined || parentKey === undefined || place.partitionOf(parentKey) === to) return;
  const [child, its] = [textOfBytes(key), textOfBytes(parentKey)];
  throw new ReshapeFault(
    `the machine '${child}' is a child of '${its}', and their keys would be in different partitions: give it its name back, '{${its}}.${parent.name}', with RENAME`,
  );
}

/** A migration goes on in each of the new stores, from the beginning of the index; the first has what was counted. */
function* jobsFor(sources: readonly Source[], place: Place): Generator<ReshapedLine> {
  const held = heldLines(sources, place);
  const all = sources.flatMap((source) => jobsOf(databaseOf(source)));
  for (const id of new Set(all.map((job) => job.id))) {
    const whole = sumOf(all.filter((job) => job.id === id));
    const lines = held.get(id) ?? [];
    for (let to = 0; to < place.count; to += 1) {
      const left = lines.filter((line) => line.to === to);
      const count = left.filter(({ fields }) => fields["migration"] === "held").length;
      yield { to, line: JSON.stringify({ db: 0, migration: "begun", ...partOf(whole, to, count) }) };
      for (const { fields } of left) yield { to, line: JSON.stringify(fields) };
    }
  }
}

function partOf(whole: StoredJob, to: number, held: number): StoredJob {
  const job = { ...whole, held, cursor: null, movedInPass: 0 };
  if (to === 0) return job;
  const out = { emitted: 0, tasks: 0, sent: 0, started: 0, stopped: 0 };
  return { ...job, moved: 0, undone: 0, stayed: 0, out };
}

interface HeldLine {
  readonly to: number;
  readonly fields: PartFields;
}

/** What migrations keep of machines that are still there, by the number of each. */
function heldLines(sources: readonly Source[], place: Place): ReadonlyMap<number, readonly HeldLine[]> {
  const lines = new Map<number, HeldLine[]>();
  for (const source of sources) {
    const db = databaseOf(source);
    for (const fields of migrationLines(db)) {
      const { migration, id, machine } = fields;
      if ((migration !== "before" && migration !== "held") || typeof id !== "number") continue;
      const key = typeof machine === "number" ? db.keyOf(machine) : undefined;
      if (key === undefined) continue;
      const before = lines.get(id) ?? [];
      before.push({ to: place.partitionOf(key), fields });
      lines.set(id, before);
    }
  }
  return lines;
}
