/** One number for all that a store holds, whatever the order in which it came to be: DEBUG DIGEST, and the end of an export. */
import { createHash, type Hash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { bufferOf } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { ExpiryTime } from "../keyspace/expiry-time.ts";
import type { StoredLibrary } from "../keyspace/libraries.ts";
import { bytesToJson, type PartFields } from "../keyspace/object-form.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import { listDefinitions, type StoredDefinition } from "../machines/definitions.ts";

const DIGEST_BYTES = 20;

export class Digest {
  readonly #sum = Buffer.alloc(DIGEST_BYTES);

  /** 40 hexadecimal digits; zeros when nothing was added. */
  get text(): string {
    return this.#sum.toString("hex");
  }

  definition(index: number, { name, version, document }: StoredDefinition): void {
    this.#add(createHash("sha1").update(JSON.stringify([index, name, version, document])));
  }

  library({ name, code }: StoredLibrary): void {
    this.#add(
      createHash("sha1")
        .update(JSON.stringify(["library", name]))
        .update(code),
    );
  }

  /** Takes an object up while its parts are gone through, in JSON. */
  *parts(db: Database, key: Bytes, record: KeyRecord): Generator<string> {
    const form = db.transaction.objects.formOf(record.type);
    yield* this.object([db.index, key, form.name, record.expireAtMs], form.parts(db, key, record));
  }

  /** The same of an object that is to have these parts. */
  *object(
    [index, key, form, expireAtMs]: readonly [number, Bytes, string, ExpiryTime],
    parts: Iterable<PartFields>,
  ): Generator<string> {
    const hash = createHash("sha1");
    hash.update(JSON.stringify([index, bytesToJson(bufferOf(key)), form, String(expireAtMs)]));
    for (const fields of parts) {
      const part = JSON.stringify(fields);
      hash.update(part);
      yield part;
    }
    this.#add(hash);
  }

  /** Exclusive or takes no notice of order. */
  #add(hash: Hash): void {
    const digest = hash.digest();
    for (let at = 0; at < DIGEST_BYTES; at += 1) this.#sum[at] = (this.#sum[at] ?? 0) ^ (digest[at] ?? 0);
  }
}

/**
 * The digest of some databases, and of the libraries of functions. O(size of the store). A definition counts once for each
 * database, though each partition of a cluster has a copy: those of the first partition count.
 */
export function digestOf(databases: Iterable<Database>, libraries: Iterable<StoredLibrary>): string {
  const digest = new Digest();
  for (const library of libraries) digest.library(library);
  let first: number | undefined;
  for (const db of databases) {
    first ??= db.place.number;
    if (db.place.number === first)
      for (const definition of listDefinitions(db)) digest.definition(db.index, definition);
    for (const key of db.keys()) {
      const record = db.find(key);
      if (record !== undefined) for (const _part of digest.parts(db, key, record));
    }
  }
  return digest.text;
}
