/**
 * Letters from other partitions. Each is taken in order, and once: up to which they have been taken is in the commit of what the
 * last one has done.
 */
import { assert } from "../../base/assert.ts";
import { mailPositionKey } from "../../keyspace/layouts.ts";
import { decodeNumber, encodeNumber } from "../../keyspace/records.ts";
import { ReplyError } from "../../protocol/reply-error.ts";
import type { OrderedReader } from "../../storage/ordered-store.ts";
import type { IncomingLetter } from "../../storage/post.ts";
import { Delivery } from "../delivery.ts";
import { takeEntry } from "../ingest.ts";
import type { Refusal } from "../machine-step.ts";
import type { Scope } from "../subject.ts";
import { decodeLetter } from "./letter.ts";

/** The sequence of the last letter that was taken from a partition, 0 for none. */
export function mailPosition(reader: OrderedReader, source: number): number {
  const value = reader.get(mailPositionKey(source));
  return value === undefined ? 0 : decodeNumber(value);
}

/**
 * Takes a letter; false when it has been taken before.
 * @param refusal why it cannot be taken, where that is known without a try
 */
export function takeLetter(
  scope: Scope,
  { source, sequence, record }: IncomingLetter,
  refusal?: Refusal,
): boolean {
  const { transaction } = scope.db;
  const position = mailPosition(transaction, source);
  if (sequence <= position) return false;
  assert(sequence === position + 1, `letter ${position + 1} of partition ${source}, got ${sequence}`);
  transaction.put(mailPositionKey(source), encodeNumber(sequence));
  const letter = decodeLetter(record);
  if (letter.kind === "entry") {
    takeEntry(scope, letter, refusal);
    return true;
  }
  const why = refusal ?? attempt(scope, () => new Delivery(scope).takeLetter(letter));
  if (why === undefined) return true;
  // What the machine does about that may be too much as well.
  const again = attempt(scope, () => new Delivery(scope).refuseLetter(letter, why, false));
  if (again !== undefined) new Delivery(scope).refuseLetter(letter, why, true);
  return true;
}

/** Why work came to nothing, with all it did undone. */
function attempt({ databases }: Scope, work: () => void): Refusal | undefined {
  const savepoint = databases.transaction.savepoint();
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    databases.rollback(savepoint);
    return { kind: "refused", code: error.code, message: error.text };
  }
}
