/**
 * Walks through an index in every partition that the server holds, or in that of a slot, as one in the order of the index. Of entries in the same
 * place, which only the ids of objects tell apart, that of the partition with the lower number comes first.
 *
 * A cursor is the place where a walk goes on. Where there are several partitions it has the number of the partition of that
 * entry in place of the physical number of the database, which differs from store to store: whatever comes before is done,
 * in the partitions before that one the place itself as well.
 */
import { type Bytes, chars, raw, readU32, u32 } from "../../base/bytes.ts";
import { mergedInOrder } from "../../base/merged-in-order.ts";
import { behind } from "../../keyspace/layouts.ts";
import type { Scope } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { everyScope } from "../everywhere.ts";
import type { Call } from "../handler.ts";
import { readCursor, writeCursor } from "./cursors.ts";

/** A key of an index begins with its space, a letter, and the physical number of the database. */
const SPACE_LENGTH = 1;
const HEAD_LENGTH = 5;

export interface Placed<Entry> {
  readonly scope: Scope;
  readonly entry: Entry;
}

/** `walkOf` goes through one partition from a key of the index on. @throws ReplyError for a word that is no cursor */
export function mergedWalk<Entry extends { readonly position: Bytes }>(
  call: Call,
  word: Buffer,
  walkOf: (scope: Scope, from: Bytes | undefined) => Iterable<Entry>,
  slot: number | undefined,
): Iterable<Placed<Entry>> {
  const cursor = readCursor(word);
  const scopes = everyScope(call, slot);
  const walks = scopes.map((scope) => placed(scope, walkOf(scope, startOf(scope, cursor))));
  return mergedInOrder(walks, (a, b) => placeOf(a.entry) < placeOf(b.entry));
}

/** The cursor that goes on with an entry. */
export function cursorAt({ scope, entry }: Placed<{ readonly position: Bytes }>): string {
  const { place } = scope.db;
  if (place.count === 1) return writeCursor(entry.position);
  const space = chars(entry.position).slice(0, SPACE_LENGTH);
  return writeCursor(raw(space + u32(place.number) + placeOf(entry)));
}

function* placed<Entry>(scope: Scope, walk: Iterable<Entry>): Generator<Placed<Entry>> {
  for (const entry of walk) yield { scope, entry };
}

function placeOf({ position }: { readonly position: Bytes }): string {
  return chars(position).slice(HEAD_LENGTH);
}

function startOf({ db }: Scope, cursor: Bytes | undefined): Bytes | undefined {
  if (cursor === undefined || db.place.count === 1) return cursor;
  const text = chars(cursor);
  if (text.length < HEAD_LENGTH) throw errors.invalidCursor();
  const own = raw(text.slice(0, SPACE_LENGTH) + u32(db.phys) + text.slice(HEAD_LENGTH));
  return db.place.number < readU32(cursor, SPACE_LENGTH) ? behind(own) : own;
}
