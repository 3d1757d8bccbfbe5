/** The self-check of hashes, sets, lists and sorted sets: what a large one counts is there. */
import { prefixRange } from "../keyspace/layouts.ts";
import { decodeRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { checkElements } from "./elements.ts";
import { decodeHeader, type Header } from "./header.ts";
import type { ValueType } from "./held.ts";
import { checkTree } from "./tree-check.ts";

/** What is wrong with the objects of a type, a sentence each. O(size of the store). */
export function checkValues(reader: OrderedReader, type: ValueType): string[] {
  const findings: string[] = [];
  const { from, to } = prefixRange("k");
  for (const [, value] of reader.range(from, to)) {
    const record = decodeRecord(value);
    if (record.type === type)
      findings.push(...checkObject(reader, record.id, type, decodeHeader(record.payload)));
  }
  return findings;
}

function checkObject(reader: OrderedReader, id: number, type: ValueType, header: Header): string[] {
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
