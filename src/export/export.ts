/**
 * A store as lines of JSON: a head, then the libraries of functions, then for each database its definitions, its objects
 * and its migrations, then an end that says how many there are. An object is one line, or, where it is large, one line and further ones with its other parts. docs/backup.md
 * has the format.
 */
import { type Bytes, bufferOf } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { usedDatabases } from "../keyspace/databases.ts";
import { allLibraries, libraryFigures } from "../keyspace/libraries.ts";
import { bytesToJson, type PartFields } from "../keyspace/object-form.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { listDefinitions, type StoredDefinition } from "../machines/definitions.ts";
import { Digest } from "./digest.ts";
import { libraryToJson } from "./library-form.ts";
import { hasMigrations, migrationLines } from "./migration-form.ts";

/** The format of an export of definitions and objects alone. What an earlier version cannot read raises it: libraries of functions did, and migrations. */
export const FORMAT = 1;
const FORMAT_WITH_LIBRARIES = 2;
const FORMAT_WITH_MIGRATIONS = 3;
/** The formats that this version reads. */
export const EXPORT_FORMATS: readonly unknown[] = [FORMAT, FORMAT_WITH_LIBRARIES, FORMAT_WITH_MIGRATIONS];

export interface ExportHead {
  readonly version: string;
  readonly position: number;
  readonly nowMs: number;
}

/** What an export holds. */
export interface ExportEnd {
  readonly definitions: number;
  readonly objects: number;
  /** Left out without any. */
  readonly libraries?: number;
  /** Lines about migrations; left out without any. */
  readonly migrations?: number;
  readonly digest: string;
}

/** Hands out line after line, without line breaks; returns what there was. O(size of the store). */
export function* exportLines(
  transaction: Transaction,
  { version, position, nowMs }: ExportHead,
): Generator<string, ExportEnd> {
  const made = new Date(nowMs).toISOString();
  const { libraries } = libraryFigures(transaction);
  yield JSON.stringify({ detent: "export", format: formatOf(transaction), version, made, position });
  const digest = new Digest();
  for (const library of allLibraries(transaction)) {
    digest.library(library);
    yield JSON.stringify(libraryToJson(library));
  }
  let definitions = 0;
  let objects = 0;
  let migrations = 0;
  for (const db of usedDatabases(transaction)) {
    for (const definition of listDefinitions(db)) {
      digest.definition(db.index, definition);
      definitions += 1;
      yield JSON.stringify(definitionToJson(db.index, definition));
    }
    for (const key of db.keys()) {
      const record = db.find(key);
      if (record === undefined) continue;
      objects += 1;
      yield* objectLines(db, key, { record, digest });
    }
    for (const line of migrationLines(db)) {
      migrations += 1;
      yield JSON.stringify(line);
    }
  }
  const end = {
    definitions,
    objects,
    ...(libraries > 0 ? { libraries } : {}),
    ...(migrations > 0 ? { migrations } : {}),
    digest: digest.text,
  };
  yield JSON.stringify({ end: true, ...end });
  return end;
}

/** The oldest format that has room for what there is. */
function formatOf(transaction: Transaction): number {
  if ([...usedDatabases(transaction)].some(hasMigrations)) return FORMAT_WITH_MIGRATIONS;
  return libraryFigures(transaction).libraries > 0 ? FORMAT_WITH_LIBRARIES : FORMAT;
}

export function* objectLines(
  db: Database,
  key: Bytes,
  { record, digest }: { readonly record: KeyRecord; readonly digest: Digest },
): Generator<string> {
  const head = keyFields(db, key, record);
  let number = 0;
  for (const part of digest.parts(db, key, record)) {
    number += 1;
    yield joined(JSON.stringify(number === 1 ? head : { part: number }), part);
  }
}

/** What the line of a key says before its value. */
export function keyFields(db: Database, key: Bytes, { expireAtMs, id, type }: KeyRecord): PartFields {
  const expires = typeof expireAtMs === "number" ? expireAtMs : String(expireAtMs);
  return {
    db: db.index,
    key: bytesToJson(bufferOf(key)),
    type: db.transaction.objects.formOf(type).name,
    id,
    ...(expireAtMs === 0 ? {} : { expires }),
  };
}

export function definitionToJson(db: number, definition: StoredDefinition): PartFields {
  const { name, version, sequence, createdMs, document, references, owner } = definition;
  const maker = Buffer.from(owner, "latin1").toString("utf8");
  return { db, definition: name, version, sequence, createdMs, document, references, owner: maker };
}

/** Two objects in JSON as one. */
export function joined(head: string, fields: string): string {
  return fields === "{}" ? head : `${head.slice(0, -1)},${fields.slice(1)}`;
}
