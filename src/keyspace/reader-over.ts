/** What is stored, seen with writes that are not. */
import type { Bytes } from "../base/bytes.ts";
import { merge } from "../storage/merge.ts";
import type { OrderedReader, RangeOptions } from "../storage/ordered-store.ts";
import { SortedMap } from "../storage/sorted-map.ts";

/** Reads what is stored with a few writes over it. */
export function readerOver(writes: ReadonlyMap<Bytes, Buffer | null>, reader: OrderedReader): OrderedReader {
  const get = (key: Bytes) => {
    const written = writes.get(key);
    return written === undefined ? reader.get(key) : (written ?? undefined);
  };
  const range = (from: Bytes, to: Bytes, options: RangeOptions = {}) => {
    const sorted = new SortedMap<Buffer | null>();
    for (const [key, value] of writes) if (key >= from && key < to) sorted.set(key, value);
    const reverse = options.reverse === true;
    return merge(
      sorted.range(from, to, reverse),
      reader.range(from, to, options)[Symbol.iterator](),
      reverse,
    );
  };
  return { get, range };
}
