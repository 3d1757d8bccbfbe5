/** The definitions of a database: immutable documents under name and version. */
import { assert } from "../base/assert.ts";
import type { References } from "../engine/compile-expressions.ts";
import { nearest } from "../engine/problems.ts";
import type { Database } from "../keyspace/database.ts";
import {
  counterKey,
  type DefinitionName,
  definitionOfKey,
  definitionRecordKey,
  definitionRecordPrefix,
  prefixRange,
} from "../keyspace/layouts.ts";
import { decodeNumber, encodeNumber } from "../keyspace/records.ts";
import * as errors from "../protocol/errors.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { machineCounters } from "./indexes.ts";

export interface StoredDefinition {
  readonly name: string;
  readonly version: string;
  /** Ascends in the order of creation. A definition that is created again gets a new number, a copy keeps its own. */
  readonly sequence: number;
  readonly createdMs: number;
  /** The user that created it; each character is a byte. */
  readonly owner: string;
  /** The document as the client sent it. */
  readonly document: string;
  /** The pinned versions of the definitions of children, by their names in the document. */
  readonly references: Readonly<Record<string, string>>;
}

/** Finds a definition by name and version; without a version, the newest. */
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

/** Adds a definition whose name and version are not in use. */
export function putDefinition(
  db: Database,
  definition: Omit<StoredDefinition, "sequence">,
): StoredDefinition {
  const key = counterKey("definition");
  const value = db.transaction.get(key);
  const sequence = (value === undefined ? 0 : decodeNumber(value)) + 1;
  db.transaction.put(key, encodeNumber(sequence));
  const stored = { ...definition, sequence };
  putStored(db, stored);
  return stored;
}

/**
 * Copies a definition to another database that does not have it. It keeps its number, and with it its place in the
 * order of creation: a version does not become the newest because it is copied last.
 */
export function copyDefinition(definition: StoredDefinition, to: Database): void {
  putStored(to, definition);
}

export function removeDefinition(db: Database, definition: DefinitionName): void {
  db.transaction.remove(definitionRecordKey(db.phys, definition));
}

/** The document follows a line with the other fields: a step reads that line alone, however long the document is. */
function putStored(db: Database, definition: StoredDefinition): void {
  const { name, version, sequence, createdMs, document, references, owner } = definition;
  const header: Header = [sequence, createdMs, name, version];
  const isOfDefault = owner === DEFAULT_OWNER;
  if (Object.keys(references).length > 0 || !isOfDefault) header.push(references);
  if (!isOfDefault) header.push(owner);
  const value = Buffer.from(`${JSON.stringify(header)}\n${document}`, "utf8");
  db.transaction.put(definitionRecordKey(db.phys, { name, version }), value);
}

/** The owner is left out if it is the default user, which also owns definitions that are older than users. */
type Header = [
  sequence: number,
  createdMs: number,
  name: string,
  version: string,
  references?: StoredDefinition["references"],
  owner?: string,
];

const DEFAULT_OWNER = "default";

/** The number of machines that are pinned to a definition. */
export function machineCountOf(db: Database, definition: DefinitionName): number {
  const counters = machineCounters(db, definition.name, definition.version);
  return counters.reduce((sum, { place, count }) => (place === undefined ? sum + count : sum), 0);
}

const NO_REFERENCES = Object.freeze({});

/** The number of definitions that have machines of this one as children. O(number of definitions). */
export function referenceCountOf(db: Database, { name, version }: DefinitionName): number {
  const id = `${name}:${version}`;
  return listDefinitions(db).filter(({ references }) => Object.values(references).includes(id)).length;
}

/** Resolves the names of other definitions that a definition of this database uses. */
export function referencesIn(db: Database, own?: string): References {
  return {
    own,
    resolve: (src) => {
      const { name, version } = splitDefinitionId(src);
      const found = findDefinition(db, name, version);
      return found && `${found.name}:${found.version}`;
    },
  };
}

/** Decoded definitions by their stored bytes: the store returns the same buffer while it is cached. */
const decoded = new WeakMap<Buffer, StoredDefinition>();

function decode(value: Buffer): StoredDefinition {
  const known = decoded.get(value);
  if (known !== undefined) return known;
  const lineEnd = value.indexOf("\n");
  const header: unknown = JSON.parse(value.toString("utf8", 0, lineEnd));
  assert(Array.isArray(header) && header.length >= 4 && header.length <= 6, "a definition's record");
  // putStored wrote these fields.
  const [sequence, createdMs, name, version, ...rest] = header as Header;
  const [references = NO_REFERENCES, owner = DEFAULT_OWNER] = rest;
  const definition = new DecodedDefinition(value, lineEnd, {
    name,
    version,
    sequence,
    createdMs,
    references,
    owner,
  });
  decoded.set(value, definition);
  return definition;
}

/** Each step reads fields of one: those of a literal with a getter would be looked up by their names. */
class DecodedDefinition implements StoredDefinition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly createdMs: number;
  readonly owner: string;
  readonly references: Readonly<Record<string, string>>;
  readonly #value: Buffer;
  readonly #lineEnd: number;

  constructor(value: Buffer, lineEnd: number, fields: Omit<StoredDefinition, "document">) {
    this.name = fields.name;
    this.version = fields.version;
    this.sequence = fields.sequence;
    this.createdMs = fields.createdMs;
    this.owner = fields.owner;
    this.references = fields.references;
    this.#value = value;
    this.#lineEnd = lineEnd;
  }

  get document(): string {
    return this.#value.toString("utf8", this.#lineEnd + 1);
  }
}

/** A definition as a client names it; without a version, the newest. */
export interface WantedDefinition {
  readonly name: string;
  readonly version: string | undefined;
}

/** Splits `name:version` at the last colon. */
export function splitDefinitionId(id: string): WantedDefinition {
  const colon = id.lastIndexOf(":");
  return colon < 0
    ? { name: id, version: undefined }
    : { name: id.slice(0, colon), version: id.slice(colon + 1) };
}

/** The definition `name` (the newest) or `name:version`. @throws ReplyError NODEF */
export function definitionAt(db: Database, id: string): StoredDefinition {
  const { name, version } = splitDefinitionId(id);
  const definition = findDefinition(db, name, version);
  if (definition === undefined) throw unknownDefinition(db, { name, version });
  return definition;
}

/** The error for a definition that is not there, with the one whose name is like it. Reads up to 500 keys. */
export function unknownDefinition(db: Database, { name, version }: WantedDefinition): ReplyError {
  const idOf = (known: WantedDefinition) =>
    version === undefined ? known.name : `${known.name}:${known.version}`;
  const wanted = version === undefined ? name : `${name}:${version}`;
  return errors.noDefinition(wanted, nearest(wanted, idsOf(db, idOf)));
}

function* idsOf(db: Database, idOf: (known: DefinitionName) => string): Iterable<string> {
  const { from, to } = prefixRange(definitionRecordPrefix(db.phys));
  for (const [key] of db.transaction.range(from, to)) {
    const known = definitionOfKey(key);
    if (known !== undefined) yield idOf(known);
  }
}
