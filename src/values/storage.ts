/** Removes, copies and moves the parts of a large hash, set, list or sorted set with its object. */
import { chars, raw } from "../base/bytes.ts";
import { GARBAGE_OBJECT, garbageKey, prefixRange, valuePrefix } from "../keyspace/layouts.ts";
import type { ObjectStorage } from "../keyspace/objects.ts";
import { decodeHeader } from "./header.ts";

export const VALUE_STORAGE: ObjectStorage = {
  removed: (transaction, _place, record) => {
    if (decodeHeader(record.payload).isLarge)
      transaction.put(garbageKey(GARBAGE_OBJECT, record.id), Buffer.alloc(0));
  },
  copied: (transaction, record, _to, id) => {
    if (!decodeHeader(record.payload).isLarge) return record.payload;
    const prefix = valuePrefix(record.id);
    const { from, to } = prefixRange(prefix);
    for (const [key, value] of [...transaction.range(from, to)])
      transaction.put(raw(valuePrefix(id) + chars(key).slice(prefix.length)), value);
    return record.payload;
  },
  moved: () => undefined,
};
