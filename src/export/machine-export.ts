/**
 * One machine as an export of its own, which `detent import` reads: its definition, the versions that name as children, and the machine
 * without its family. Beside that the lines have what a person, or a program that is no server, reads of it; an import passes over that.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import { findDefinition, type StoredDefinition, splitDefinitionId } from "../machines/definitions.ts";
import { decodeMachine } from "../machines/record.ts";
import { Digest } from "./digest.ts";
import { definitionToJson, type ExportHead, FORMAT, joined, keyFields } from "./export.ts";
import { lonelyParts } from "./machine-form.ts";

/** JSON texts of objects, whose members are added to lines. */
export interface Readable {
  /** To the line of the machine. */
  readonly first: string;
  /** Lines of their own, behind its parts. */
  readonly more: readonly string[];
}

/** The definition of a machine and all that it may have as children, the latter first. */
export function definitionsFor(db: Database, record: KeyRecord): readonly StoredDefinition[] {
  const { definition } = decodeMachine(record);
  const found = new Map<string, StoredDefinition>();
  const wanted = definition === undefined ? [] : [`${definition.name}:${definition.version}`];
  for (const id of wanted) {
    if (found.has(id)) continue;
    const { name, version } = splitDefinitionId(id);
    const stored = findDefinition(db, name, version);
    if (stored === undefined) continue;
    found.set(id, stored);
    wanted.push(...Object.values(stored.references));
  }
  return [...found.values()].reverse();
}

/** Line after line, without line breaks. O(what the machine has). */
export function* machineExportLines(
  db: Database,
  key: Bytes,
  record: KeyRecord,
  { version, position, nowMs }: ExportHead,
  readable: Readable,
): Generator<string> {
  yield JSON.stringify({
    ...{ detent: "export", format: FORMAT, version },
    ...{ made: new Date(nowMs).toISOString(), position },
  });
  const digest = new Digest();
  const definitions = definitionsFor(db, record);
  for (const definition of definitions) {
    digest.definition(db.index, definition);
    yield JSON.stringify(definitionToJson(db.index, definition));
  }
  const head = JSON.stringify(keyFields(db, key, record));
  let number = 0;
  for (const part of digest.object([db.index, key, "machine", record.expireAtMs], lonelyParts(db, record))) {
    number += 1;
    yield number === 1
      ? joined(head, joined(part, readable.first))
      : joined(JSON.stringify({ part: number }), part);
  }
  for (const more of readable.more) {
    number += 1;
    yield joined(JSON.stringify({ part: number, parts: [] }), more);
  }
  yield JSON.stringify({ end: true, definitions: definitions.length, objects: 1, digest: digest.text });
}
