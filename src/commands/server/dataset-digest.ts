/** DEBUG DIGEST: one number for all there is, for tests that compare before and after. */
import { createHash } from "node:crypto";
import { bufferOf } from "../../base/bytes.ts";
import type { Databases } from "../../keyspace/databases.ts";

const DIGEST_BYTES = 20;

/**
 * 40 hexadecimal digits, the same for the same keys, values and expiries in whatever order they came to be; zeros
 * when there are no keys. O(size of the store).
 */
export function datasetDigest(databases: Databases): string {
  const sum = Buffer.alloc(DIGEST_BYTES);
  for (let index = 0; index < databases.count; index += 1) {
    const database = databases.at(index);
    for (const key of database.keys()) {
      const record = database.find(key);
      if (record === undefined) continue;
      const isString = record.type === "string" || record.type === "longString";
      const value = isString ? database.stringValue(record) : record.payload;
      const head = `${index} ${record.type} ${record.expireAtMs} ${value.length} `;
      const digest = createHash("sha1").update(head).update(value).update(bufferOf(key)).digest();
      // Exclusive or takes no notice of order.
      for (let at = 0; at < DIGEST_BYTES; at += 1) sum[at] = (sum[at] ?? 0) ^ (digest[at] ?? 0);
    }
  }
  return sum.toString("hex");
}
