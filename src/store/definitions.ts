/** The definitions of a database: immutable documents under name and version. */
import { assert } from "../base/assert.ts";
import type { Database } from "./database.ts";
import {
  counterKey,
  type DefinitionName,
  definitionRecordKey,
  definitionRecordPrefix,
  prefixRange,
} from "./layouts.ts";
import { machineCounters } from "./machine-index.ts";
import { decodeNumber, encodeNumber } from "./records.ts";

export interface StoredDefinition {
  readonly name: string;
  readonly version: string;
  /** Ascending in the order of creation, unique in the store: a definition that is made anew has another. */
  readonly sequence: number;
  readonly createdMs: number;
  /** The document as it was given. */
  readonly document: string;
}

/** A definition by name and version; without a version the newest. */
export function findDefinition(db: Database, name: string, version?: string): StoredDefinition | undefined {
  if (version !== undefined) {
    const value = db.transaction.get(definitionRecordKey(db.phys, { name, version }));
    return value === undefined ? undefined : decode(value);
  }
  return listDefinitions(db, name).at(-1);
}

/** All definitions of a database, or all versions of one name, in the order of their creation. */
export function listDefinitions(db: Database, name?: string): StoredDefinition[] {
  const { from, to } = prefixRange(definitionRecordPrefix(db.phys, name));
  const found = [...db.transaction.range(from, to)].map(([, value]) => decode(value));
  return found.sort((a, b) => a.sequence - b.sequence);
}

/** Adds a definition under a name and version that is free. */
export function putDefinition(
  db: Database,
  definition: Omit<StoredDefinition, "sequence">,
): StoredDefinition {
  const key = counterKey("definition");
  const value = db.transaction.get(key);
  const sequence = (value === undefined ? 0 : decodeNumber(value)) + 1;
  db.transaction.put(key, encodeNumber(sequence));
  const stored = { ...definition, sequence };
  db.transaction.put(definitionRecordKey(db.phys, definition), Buffer.from(JSON.stringify(stored), "utf8"));
  return stored;
}

export function removeDefinition(db: Database, definition: DefinitionName): void {
  db.transaction.remove(definitionRecordKey(db.phys, definition));
}

/** How many machines are pinned to a definition. */
export function machineCountOf(db: Database, definition: DefinitionName): number {
  const counters = machineCounters(db, definition.name, definition.version);
  return counters.reduce((sum, { state, count }) => (state === undefined ? sum + count : sum), 0);
}

/** By the stored bytes: the store hands out the same buffer while it has it at hand. */
const decoded = new WeakMap<Buffer, StoredDefinition>();

function decode(value: Buffer): StoredDefinition {
  const known = decoded.get(value);
  if (known !== undefined) return known;
  const stored: unknown = JSON.parse(value.toString("utf8"));
  assert(typeof stored === "object" && stored !== null && "document" in stored, "a definition's record");
  // Written by putDefinition.
  const definition = stored as StoredDefinition;
  decoded.set(value, definition);
  return definition;
}
