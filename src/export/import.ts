/**
 * An export read into a new store. What has been read, and how far that is in the file, is committed together, so that an
 * import that was interrupted goes on where it stopped, in the middle of a large object too.
 */
import { type Bytes, bytesOf } from "../base/bytes.ts";
import { counterValue } from "../keyspace/counters.ts";
import type { Database } from "../keyspace/database.ts";
import { Databases } from "../keyspace/databases.ts";
import { EXPIRY_TIME_MAX, type ExpiryTime, expiryTime } from "../keyspace/expiry-time.ts";
import { counterKey, LIBRARIES, metaKey, prefixRange } from "../keyspace/layouts.ts";
import { bytesOfJson, FormFault, type ObjectForm, type PartFields } from "../keyspace/object-form.ts";
import { type Place, WHOLE } from "../keyspace/place.ts";
import { encodeNumber } from "../keyspace/records.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { copyDefinition } from "../machines/definitions.ts";
import { EXPORT_FORMATS } from "./export.ts";
import { takeLibrary } from "./library-form.ts";
import { takeMigration } from "./migration-form.ts";

/** Where a store notes how far an import has come; without it there is none under way. */
const IMPORT_KEY = metaKey("import");
const INDEX_END = 2 ** 31;

/** How far an import has come. */
export interface ImportProgress {
  /** Lines that have been read, and their bytes. */
  readonly lines: number;
  readonly bytes: number;
  /** The first line, by which the file is known again. */
  readonly head: string;
  readonly definitions: number;
  readonly objects: number;
  readonly libraries: number;
  readonly migrations: number;
  /** The object whose parts are being read. */
  readonly object: OpenObject | undefined;
  /** The digest that the end has told; undefined before the end. */
  readonly digest?: string | undefined;
}

interface OpenObject {
  readonly db: number;
  readonly key: string;
  readonly type: string;
  readonly expires: string;
  readonly part: number;
}

/** A line that cannot be imported; the message says which, and why. */
export class ImportFault extends Error {
  override readonly name = "ImportFault";
}

const NOTHING_READ: ImportProgress = {
  lines: 0,
  bytes: 0,
  head: "",
  definitions: 0,
  objects: 0,
  libraries: 0,
  migrations: 0,
  object: undefined,
};

/** How far the import into a store has come; undefined when none is under way. */
export function importProgress(transaction: Transaction): ImportProgress | undefined {
  const stored = transaction.get(IMPORT_KEY);
  if (stored === undefined) return undefined;
  // Written by `note`; an earlier version has counted no libraries, nor migrations.
  return { ...NOTHING_READ, ...(JSON.parse(stored.toString("utf8")) as ImportProgress) };
}

/** True when a store has no keys, no definitions and no libraries. */
export function isEmptyStore(transaction: Transaction): boolean {
  for (const space of ["k", "d", LIBRARIES]) {
    const { from, to } = prefixRange(space);
    for (const _ of transaction.range(from, to)) return false;
  }
  return true;
}

/** Reads line after line; each batch of them is one transaction. */
export class Importer {
  #progress: ImportProgress;
  readonly #place: Place;

  /** @param place what the store is to hold, for ids of keys that have none in their lines */
  constructor(progress: ImportProgress = NOTHING_READ, place: Place = WHOLE) {
    this.#progress = progress;
    this.#place = place;
  }

  get progress(): ImportProgress {
    return this.#progress;
  }

  /** True when the end has been read. */
  get isAtEnd(): boolean {
    return this.#progress.digest !== undefined;
  }

  /** Takes a line over, without its line break. @throws ImportFault */
  take(transaction: Transaction, line: Buffer): void {
    const before = this.#progress;
    const lines = before.lines + 1;
    try {
      const fields = before.lines === 0 ? headOf(line) : fieldsOf(line);
      if (this.isAtEnd) throw new FormFault("something stands behind the end of the export");
      const next = before.lines === 0 ? { head: line.toString("utf8") } : this.#read(transaction, fields);
      this.#progress = { ...before, ...next, lines, bytes: before.bytes + line.length + 1 };
    } catch (error) {
      if (!(error instanceof FormFault)) throw error;
      throw new ImportFault(`line ${lines}: ${error.message}`);
    }
  }

  /** Puts down how far it is; nothing remains of that when it is at the end. */
  note(transaction: Transaction): void {
    if (this.isAtEnd) transaction.remove(IMPORT_KEY);
    else transaction.put(IMPORT_KEY, Buffer.from(JSON.stringify(this.#progress), "utf8"));
  }

  #read(transaction: Transaction, fields: PartFields): Partial<ImportProgress> {
    const { definitions, objects, libraries, migrations, object } = this.#progress;
    // An id that is given stays as it is.
    const place = "id" in fields ? WHOLE : this.#place;
    const databases = new Databases(transaction, INDEX_END, 0, place);
    if ("part" in fields) return { object: takePart(databases, object, fields) };
    if ("end" in fields) return this.#end(fields);
    if ("library" in fields) {
      takeLibrary(transaction, fields);
      return { libraries: libraries + 1, object: undefined };
    }
    const db = databases.at(indexOf(fields));
    if ("key" in fields) return { objects: objects + 1, object: takeObject(db, fields) };
    if ("migration" in fields) {
      raise(db.transaction, "migration", takeMigration(db, fields));
      return { migrations: migrations + 1, object: undefined };
    }
    if (!("definition" in fields))
      throw new FormFault(
        "it is neither a library, nor a definition, nor a key, nor a part of one, nor a migration",
      );
    takeDefinition(db, fields);
    return { definitions: definitions + 1, object: undefined };
  }

  #end({ definitions, objects, libraries = 0, migrations = 0, digest }: PartFields): Partial<ImportProgress> {
    const read = this.#progress;
    if (libraries !== read.libraries)
      throw new FormFault(`the export has ${libraries} libraries, of which ${read.libraries} were found`);
    if (migrations !== read.migrations)
      throw new FormFault(
        `the export has ${migrations} lines about migrations, of which ${read.migrations} were found`,
      );
    if (definitions !== read.definitions || objects !== read.objects)
      throw new FormFault(
        `the export has ${definitions} definitions and ${objects} objects, of which ${read.definitions} and ${read.objects} were found`,
      );
    return { object: undefined, digest: String(digest) };
  }
}

function headOf(line: Buffer): PartFields {
  const fields = fieldsOf(line);
  if (fields["detent"] !== "export") throw new FormFault("it is not the first line of an export of Detent");
  if (!EXPORT_FORMATS.includes(fields["format"]))
    throw new FormFault(
      `the export is of format ${fields["format"]}, this version reads format ${EXPORT_FORMATS.slice(0, -1).join(", ")} and ${EXPORT_FORMATS.at(-1)}`,
    );
  return fields;
}

function fieldsOf(line: Buffer): PartFields {
  let fields: unknown;
  try {
    fields = JSON.parse(line.toString("utf8"));
  } catch (error) {
    throw new FormFault(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields))
    throw new FormFault("it is not an object in JSON");
  return fields as PartFields;
}

function indexOf({ db }: PartFields): number {
  if (typeof db === "number" && Number.isInteger(db) && db >= 0 && db < INDEX_END) return db;
  throw new FormFault("db must be the number of a database");
}

function takeDefinition(db: Database, fields: PartFields): void {
  const {
    definition: name,
    version,
    sequence,
    createdMs,
    document,
    references = {},
    owner = "default",
  } = fields;
  const isOne =
    typeof name === "string" &&
    typeof version === "string" &&
    typeof document === "string" &&
    typeof createdMs === "number" &&
    typeof sequence === "number" &&
    typeof owner === "string";
  if (!isOne) throw new FormFault("a definition has definition, version, sequence, createdMs and document");
  const pinned = textsOf(references);
  const maker = Buffer.from(owner, "utf8").toString("latin1");
  copyDefinition({ name, version, sequence, createdMs, document, references: pinned, owner: maker }, db);
  raise(db.transaction, "definition", sequence);
}

/** @throws FormFault */
function textsOf(json: unknown): Readonly<Record<string, string>> {
  const entries = typeof json === "object" && json !== null ? Object.entries(json) : undefined;
  if (entries?.every((entry): entry is [string, string] => typeof entry[1] === "string") !== true)
    throw new FormFault("references must be an object of strings");
  return Object.fromEntries(entries);
}

function takeObject(db: Database, fields: PartFields): OpenObject {
  const { db: _db, key: keyJson, type, id, expires = 0, ...first } = fields;
  const keyBytes = bytesOfJson(keyJson, "key");
  const key = bytesOf(keyBytes);
  const name = String(type);
  const form = formNamed(db.transaction, name);
  if (typeof id === "number" && db.keyOf(id) !== undefined)
    throw new FormFault("another key has the same id");
  if (db.find(key) !== undefined) throw new FormFault("the key has been imported before");
  const expireAtMs = expiryOf(expires);
  withId(db.transaction, id, () => form.take(db, key, { fields: first, isFirst: true, expireAtMs }));
  return { db: db.index, key: keyBytes.toString("base64"), type: name, expires: String(expireAtMs), part: 1 };
}

function takePart(databases: Databases, object: OpenObject | undefined, fields: PartFields): OpenObject {
  const { part, ...rest } = fields;
  if (object === undefined || part !== object.part + 1)
    throw new FormFault(`part ${part} does not follow the line before`);
  const db = databases.at(object.db);
  const key: Bytes = bytesOf(Buffer.from(object.key, "base64"));
  formNamed(db.transaction, object.type).take(db, key, {
    fields: rest,
    isFirst: false,
    expireAtMs: expiryOf(object.expires),
  });
  return { ...object, part: object.part + 1 };
}

function formNamed(transaction: Transaction, name: string): ObjectForm {
  const form = transaction.objects.formNamed(name);
  if (form !== undefined) return form;
  throw new FormFault(
    `this version knows no type '${name}': use the version that the first line names, or a newer one`,
  );
}

/** @throws FormFault */
function expiryOf(json: unknown): ExpiryTime {
  if (typeof json === "number" && Number.isSafeInteger(json) && json >= 0) return json;
  if (typeof json === "string" && /^\d{1,19}$/.test(json) && BigInt(json) <= EXPIRY_TIME_MAX)
    return expiryTime(BigInt(json));
  throw new FormFault("expires must be milliseconds since the epoch");
}

/** What is made gets an id that it had elsewhere, so that whoever refers to it by that finds it. */
function withId(transaction: Transaction, id: unknown, make: () => void): void {
  if (id === undefined) {
    make();
    return;
  }
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1)
    throw new FormFault("id must be a number from 1 on");
  const key = counterKey("id");
  const latest = counterValue(transaction, key);
  transaction.put(key, encodeNumber(id - 1));
  make();
  raise(transaction, "id", latest);
}

/** A counter is at a number at least. */
function raise(transaction: Transaction, name: string, least: number): void {
  const key = counterKey(name);
  if (counterValue(transaction, key) < least) transaction.put(key, encodeNumber(least));
}
