/**
 * What a machine keeps beside its record, taken as a whole: for COPY and DUMP, which need not know what it means.
 * Each part is an entry of a space in which keys begin with the machine's id.
 */
import type { Bytes } from "../base/bytes.ts";
import { type ObjectSpace, objectKey, objectKeyFields, objectRanges } from "../keyspace/layouts.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { copiedEntry, decode, encodeEntry } from "./child-links.ts";
import {
  isChildPart,
  isHistoryPart,
  isOutcomeOrderPart,
  isOutcomePart,
  isPendingPart,
} from "./payload-check.ts";

/** The spaces that are not those of other types. */
type MachineSpace = Exclude<ObjectSpace, "s" | "u">;

/** For each space whether bytes from outside are an entry of it. */
const CHECKS: Readonly<Record<MachineSpace, (rest: Bytes, value: Buffer) => boolean>> = {
  h: isHistoryPart,
  p: isPendingPart,
  e: isOutcomePart,
  q: isOutcomeOrderPart,
  f: isChildPart,
};

export interface MachinePart {
  readonly space: MachineSpace;
  /** The fields of the key after the id. */
  readonly rest: Bytes;
  readonly value: Buffer;
}

/** All parts of the machine with an id as a copy of it has them, in the order of their keys. */
export function* machineParts(reader: OrderedReader, id: number): Generator<MachinePart> {
  for (const { from, to } of objectRanges(id)) {
    for (const [key, value] of reader.range(from, to)) {
      const { space, rest } = objectKeyFields(key);
      if (!isMachineSpace(space)) continue;
      yield { space, rest, value: space === "f" ? encodeEntry(copiedEntry(decode(value))) : value };
    }
  }
}

/** Gives a part to the machine with an id. */
export function putMachinePart(transaction: Transaction, id: number, part: MachinePart): void {
  transaction.put(objectKey(part.space, id, part.rest), part.value);
}

/** The part that these bytes from outside are; undefined when this version could not have written them. */
export function checkedPart(space: string, rest: Bytes, value: Buffer): MachinePart | undefined {
  return isMachineSpace(space) && CHECKS[space](rest, value) ? { space, rest, value } : undefined;
}

function isMachineSpace(space: string): space is MachineSpace {
  return Object.hasOwn(CHECKS, space);
}
