/**
 * Letters that wait in a partition to be sent to another one. They are written in the commit of what has set them off, and
 * removed when they are with the post. What waits is bounded in bytes.
 */

import { addToCounter, counterValue } from "../../keyspace/counters.ts";
import type { Database } from "../../keyspace/database.ts";
import {
  counterKey,
  LETTERS,
  lastLetterKey,
  letterFields,
  letterKey,
  prefixRange,
} from "../../keyspace/layouts.ts";
import type { Transaction } from "../../keyspace/transaction.ts";
import * as errors from "../../protocol/errors.ts";
import type { OrderedReader } from "../../storage/ordered-store.ts";
import type { OutgoingLetter } from "../../storage/post.ts";
import { decodeLetter, encodeLetter, type Letter } from "./letter.ts";

/** Bytes of events that may wait in a partition. */
export const WAITING_BYTES_MAX = 256 * 1024 * 1024;

/** Counters of the letters that wait, and of their bytes. */
export const LETTER_COUNT = counterKey("letters");
export const LETTER_BYTES = counterKey("letterbytes");

/**
 * Writes a letter to the partition that holds a key. @throws ReplyError EXECFAIL when too much waits, unless it says only what
 * has become of one that has come
 */
export function post(db: Database, letter: Letter, bytesMax = WAITING_BYTES_MAX): void {
  const { transaction, place } = db;
  const target = place.partitionOf(letter.kind === "lost" ? letter.from : letter.to);
  const record = encodeLetter(letter);
  const bytes = addToCounter(transaction, LETTER_BYTES, record.length);
  if (letter.kind !== "lost" && bytes > bytesMax)
    throw errors.refused(
      "EXECFAIL",
      `events of ${bytes} bytes wait for other partitions of the cluster, at most ${bytesMax} may: partition ${target} has not taken its own for a while`,
    );
  addToCounter(transaction, LETTER_COUNT, 1);
  const sequence = addToCounter(transaction, lastLetterKey(target), 1);
  transaction.put(letterKey(target, sequence), record);
  transaction.notePosted();
}

/** Whether so much waits that what can wait itself adds nothing to it: it leaves room for what machines send. */
export function isMailFull(db: Database): boolean {
  return counterValue(db.transaction, LETTER_BYTES) > WAITING_BYTES_MAX / 2;
}

/** Up to `countMax` letters for a target, from a sequence on. */
export function lettersFrom(
  reader: OrderedReader,
  { target, sequence }: Pick<OutgoingLetter, "target" | "sequence">,
  countMax: number,
): OutgoingLetter[] {
  const letters: OutgoingLetter[] = [];
  if (countMax === 0) return letters;
  for (const [key, record] of reader.range(letterKey(target, sequence), letterKey(target + 1, 0))) {
    letters.push({ ...letterFields(key), record });
    if (letters.length === countMax) break;
  }
  return letters;
}

/** The first letter from a place on, for the target or for one behind it; undefined when there is none. */
export function firstLetter(
  reader: OrderedReader,
  { target, sequence }: Pick<OutgoingLetter, "target" | "sequence">,
): OutgoingLetter | undefined {
  const { to } = prefixRange(LETTERS);
  for (const [key, record] of reader.range(letterKey(target, sequence), to))
    return { ...letterFields(key), record };
  return undefined;
}

/** Removes a letter that is with the post. */
export function forgetLetter(transaction: Transaction, { target, sequence }: OutgoingLetter): void {
  const key = letterKey(target, sequence);
  const record = transaction.get(key);
  if (record === undefined) return;
  transaction.remove(key);
  addToCounter(transaction, LETTER_COUNT, -1);
  addToCounter(transaction, LETTER_BYTES, -record.length);
}

export interface Waiting {
  readonly count: number;
  readonly bytes: number;
  /** When the oldest was written; undefined when none waits. */
  readonly sinceMs: number | undefined;
}

/** What waits to be sent to other partitions. */
export function waitingLetters(reader: OrderedReader): Waiting {
  const count = counterValue(reader, LETTER_COUNT);
  let sinceMs: number | undefined;
  let next = count === 0 ? undefined : firstLetter(reader, { target: 0, sequence: 1 });
  while (next !== undefined) {
    const { atMs } = decodeLetter(next.record);
    sinceMs = Math.min(sinceMs ?? atMs, atMs);
    next = firstLetter(reader, { target: next.target + 1, sequence: 1 });
  }
  return { count, bytes: counterValue(reader, LETTER_BYTES), sinceMs };
}
