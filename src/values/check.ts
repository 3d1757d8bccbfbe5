/** The self-check of hashes, sets, lists and sorted sets: the counts of large ones are right. */
import type { KeyRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { checkElements } from "./elements.ts";
import { decodeHeader } from "./header.ts";
import type { ValueType } from "./held.ts";
import { checkTree } from "./tree-check.ts";

/** The faults of an object, a sentence each. Time grows with the size of the object. */
export function checkValue(reader: OrderedReader, { id, payload }: KeyRecord, type: ValueType): string[] {
  const header = decodeHeader(payload);
  if (!header.isLarge) {
    const { count } = header.entries;
    const isWhole = count > 0 && (type !== "hash" || count % 2 === 0);
    return isWhole ? [] : [`the ${type} ${id} has ${count} entries`];
  }
  const findings = type === "list" ? [] : checkElements(reader, id, header.numbers[0]);
  if (type === "list" || type === "sortedSet")
    findings.push(...checkTree(reader, id, header.numbers, type === "sortedSet"));
  return findings;
}
