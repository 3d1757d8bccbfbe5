/** The events that are on their way between the partitions of a cluster whose servers have ended. */
import type { Source } from "../export/reshape.ts";
import { LETTERS, letterFields, prefixRange } from "../keyspace/layouts.ts";
import { mailPosition } from "../machines/mail/incoming.ts";
import { decodeLetter, type Letter } from "../machines/mail/letter.ts";

/** A letter that is with the post. */
export interface MailRow {
  readonly target: number;
  readonly source: number;
  readonly sequence: number;
  readonly record: Buffer;
}

/** Those that no partition has taken, those of a partition to another in their order. */
export function waitingLetters(sources: readonly Source[], mail: readonly MailRow[]): readonly Letter[] {
  const letters: Letter[] = [];
  for (const { transaction, place } of sources) {
    /** By target: up to which letters are taken, or among those that wait. */
    const seen = new Map<number, number>();
    const add = (target: number, sequence: number, record: Buffer): void => {
      const taken = sources.find((source) => source.place.number === target);
      const last =
        seen.get(target) ?? (taken === undefined ? 0 : mailPosition(taken.transaction, place.number));
      seen.set(target, Math.max(last, sequence));
      // One that is with the post may still be in the store.
      if (sequence > last) letters.push(decodeLetter(record));
    };
    for (const { source, target, sequence, record } of mail)
      if (source === place.number) add(target, sequence, record);
    const { from, to } = prefixRange(LETTERS);
    for (const [key, record] of transaction.range(from, to)) {
      const { target, sequence } = letterFields(key);
      add(target, sequence, record);
    }
  }
  return letters;
}
