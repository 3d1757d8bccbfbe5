/** The parts that an object keeps under its id, as this version stores them. */
import { bufferOf, bytesOf } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { OBJECT_SPACES, objectKey, objectKeyFields, objectRanges } from "../keyspace/layouts.ts";
import { FormFault, inPieces, listOfJson, type PartFields } from "../keyspace/object-form.ts";

/** What an object keeps under its id, a list of places and values in each part. */
export function storedParts(db: Database, id: number): Iterable<PartFields> {
  return inParts(entriesOf(db, id));
}

interface StoredEntry {
  readonly place: Buffer;
  readonly value: Buffer;
}

export function* inParts(entries: Iterable<StoredEntry>): Generator<PartFields> {
  for (const piece of inPieces(entries, ({ value }) => value.length)) {
    yield { parts: piece.map(({ place, value }) => [place.toString("base64"), value.toString("base64")]) };
  }
}

function* entriesOf(db: Database, id: number): Generator<StoredEntry> {
  for (const { from, to } of objectRanges(id)) {
    for (const [key, value] of db.transaction.range(from, to)) {
      const { space, rest } = objectKeyFields(key);
      yield { place: Buffer.concat([Buffer.from(space), bufferOf(rest)]), value };
    }
  }
}

/** @throws FormFault */
export function takeStoredParts(db: Database, id: number, fields: PartFields): void {
  for (const part of listOfJson(fields["parts"], "parts")) {
    const [place, value] = listOfJson(part, "a part");
    const at = base64(place, "the place of a part");
    const space = OBJECT_SPACES.find((one) => one === at.toString("latin1", 0, 1));
    if (space === undefined) throw new FormFault("a part has a place that is none");
    db.transaction.put(objectKey(space, id, bytesOf(at.subarray(1))), base64(value, "the value of a part"));
  }
}

/** @throws FormFault */
export function base64(json: unknown, what: string): Buffer {
  const bytes = typeof json === "string" ? Buffer.from(json, "base64") : undefined;
  if (bytes === undefined || bytes.toString("base64") !== json)
    throw new FormFault(`${what} must be in base64`);
  return bytes;
}
