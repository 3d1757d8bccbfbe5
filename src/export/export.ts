/**
 * A store as lines of JSON: a head, then the libraries of functions, then for each database its definitions and its objects, then an end that says how
 * many there are. An object is one line, or, where it is large, one line and further ones with its other parts. docs/backup.md
 * has the format.
 */
import { bufferOf } from "../base/bytes.ts";
import { usedDatabases } from "../keyspace/databases.ts";
import { allLibraries, libraryFigures } from "../keyspace/libraries.ts";
import { bytesToJson } from "../keyspace/object-form.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { listDefinitions } from "../machines/definitions.ts";
import { Digest } from "./digest.ts";
import { libraryToJson } from "./library-form.ts";

/** The format of an export. What an earlier version cannot read raises it: libraries of functions did. */
const FORMAT = 1;
const FORMAT_WITH_LIBRARIES = 2;
/** The formats that this version reads. */
export const EXPORT_FORMATS: readonly unknown[] = [FORMAT, FORMAT_WITH_LIBRARIES];

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
  readonly digest: string;
}

/** Hands out line after line, without line breaks; returns what there was. O(size of the store). */
export function* exportLines(
  transaction: Transaction,
  { version, position, nowMs }: ExportHead,
): Generator<string, ExportEnd> {
  const made = new Date(nowMs).toISOString();
  const { libraries } = libraryFigures(transaction);
  const format = libraries > 0 ? FORMAT_WITH_LIBRARIES : FORMAT;
  yield JSON.stringify({ detent: "export", format, version, made, position });
  const digest = new Digest();
  for (const library of allLibraries(transaction)) {
    digest.library(library);
    yield JSON.stringify(libraryToJson(library));
  }
  let definitions = 0;
  let objects = 0;
  for (const db of usedDatabases(transaction)) {
    for (const definition of listDefinitions(db)) {
      const { name, version: its, sequence, createdMs, document, references, owner } = definition;
      digest.definition(db.index, definition);
      definitions += 1;
      yield JSON.stringify({
        db: db.index,
        definition: name,
        version: its,
        sequence,
        createdMs,
        document,
        references,
        owner: Buffer.from(owner, "latin1").toString("utf8"),
      });
    }
    for (const key of db.keys()) {
      const record = db.find(key);
      if (record === undefined) continue;
      objects += 1;
      const { expireAtMs, id, type } = record;
      const head = {
        db: db.index,
        key: bytesToJson(bufferOf(key)),
        type: transaction.objects.formOf(type).name,
        id,
        ...(expireAtMs === 0
          ? {}
          : { expires: typeof expireAtMs === "number" ? expireAtMs : String(expireAtMs) }),
      };
      let number = 0;
      for (const part of digest.parts(db, key, record)) {
        number += 1;
        yield joined(JSON.stringify(number === 1 ? head : { part: number }), part);
      }
    }
  }
  const end = { definitions, objects, ...(libraries > 0 ? { libraries } : {}), digest: digest.text };
  yield JSON.stringify({ end: true, ...end });
  return end;
}

/** Two objects in JSON as one. */
function joined(head: string, fields: string): string {
  return fields === "{}" ? head : `${head.slice(0, -1)},${fields.slice(1)}`;
}
