/** An estimate of the bytes that a hash, set, list or sorted set takes besides its record. */
import { prefixRange, valuePrefix } from "../keyspace/layouts.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { decodeHeader } from "./header.ts";

/** The overhead of a part: its key, and its place in the tree of the data file. */
const PART_BYTES = 32;

/** Measures `samples` parts, or all for 0, and assumes that the others have the same average. */
export function collectionBytes(reader: OrderedReader, record: KeyRecord, samples: number): number {
  const header = decodeHeader(record.payload);
  if (!header.isLarge) return 0;
  if (record.type === "list") {
    const [, , , nodes = 0, listBytes = 0] = header.numbers;
    return listBytes + nodes * PART_BYTES;
  }
  const { from, to } = prefixRange(valuePrefix(record.id));
  let bytes = 0;
  let seen = 0;
  for (const [, value] of reader.range(from, to)) {
    bytes += PART_BYTES + value.length;
    seen += 1;
    if (seen === samples) break;
  }
  const [count = 0] = header.numbers;
  return seen < samples || samples === 0 ? bytes : Math.round((bytes / Math.max(1, seen)) * count);
}
