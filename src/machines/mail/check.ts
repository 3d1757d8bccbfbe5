/** The part of the self-check that looks at letters between partitions. */
import { counterValue } from "../../keyspace/counters.ts";
import type { Databases } from "../../keyspace/databases.ts";
import {
  LAST_LETTERS,
  LETTERS,
  letterFields,
  MAIL_POSITIONS,
  partitionOfMailKey,
  prefixRange,
} from "../../keyspace/layouts.ts";
import { decodeNumber } from "../../keyspace/records.ts";
import type { OrderedReader } from "../../storage/ordered-store.ts";
import { decodeLetter } from "./letter.ts";
import { LETTER_BYTES, LETTER_COUNT } from "./outgoing.ts";

/** By the other partition, a number that is kept of it: the last letter that was written to it, or that was taken from it. */
function numbersAt(reader: OrderedReader, prefix: string): Map<number, number> {
  const { from, to } = prefixRange(prefix);
  const numbers = new Map<number, number>();
  for (const [key, value] of reader.range(from, to))
    numbers.set(partitionOfMailKey(key), decodeNumber(value));
  return numbers;
}

/**
 * What was found wrong in the letters that wait in a partition: those for each target have numbers without gaps up to the last one
 * that was written, and the counters count them.
 */
export function checkLetters(reader: OrderedReader): string[] {
  const findings: string[] = [];
  const written = numbersAt(reader, LAST_LETTERS);
  /** By target, the one before. */
  const latest = new Map<number, number>();
  let [count, bytes] = [0, 0];
  const { from, to } = prefixRange(LETTERS);
  for (const [key, record] of reader.range(from, to)) {
    const { target, sequence } = letterFields(key);
    const before = latest.get(target);
    if (before !== undefined && sequence !== before + 1)
      findings.push(`letter ${before + 1} to partition ${target} is not there, and letter ${sequence} waits`);
    if (!isReadable(record)) findings.push(`letter ${sequence} to partition ${target} cannot be read`);
    latest.set(target, sequence);
    count += 1;
    bytes += record.length;
  }
  for (const [target, last] of latest)
    if (last !== written.get(target))
      findings.push(
        `letter ${last} to partition ${target} waits as the last one, and ${written.get(target) ?? 0} were written`,
      );
  if (count !== counterValue(reader, LETTER_COUNT) || bytes !== counterValue(reader, LETTER_BYTES))
    findings.push(
      `${count} letters of ${bytes} bytes wait, and the counters say ${counterValue(reader, LETTER_COUNT)} of ${counterValue(reader, LETTER_BYTES)}`,
    );
  return findings;
}

function isReadable(record: Buffer): boolean {
  try {
    decodeLetter(record);
    return true;
  } catch {
    return false;
  }
}

/** What was found wrong between partitions of one server: none has taken from another what that has not written. */
export function checkMail(partitions: readonly Databases[]): string[] {
  const findings: string[] = [];
  const written = new Map(
    partitions.map(({ place, transaction }) => [place.number, numbersAt(transaction, LAST_LETTERS)]),
  );
  for (const { place, transaction } of partitions)
    for (const [source, taken] of numbersAt(transaction, MAIL_POSITIONS)) {
      const last = written.get(source)?.get(place.number) ?? 0;
      if (written.has(source) && taken > last)
        findings.push(
          `partition ${place.number} has taken letter ${taken} of partition ${source}, which has written ${last}`,
        );
    }
  return findings;
}

export interface MailFigures {
  /** Letters that the partition has written to others, and taken from others, since it was made. */
  readonly written: number;
  readonly taken: number;
}

/** Over all partitions of a cluster, what was written and not taken yet is under way. */
export function mailFigures(reader: OrderedReader): MailFigures {
  const sum = (numbers: Map<number, number>) => [...numbers.values()].reduce((total, n) => total + n, 0);
  return { written: sum(numbersAt(reader, LAST_LETTERS)), taken: sum(numbersAt(reader, MAIL_POSITIONS)) };
}
