/** Reading the data file with tables of newer writes over it, the newest first. */
import type { Bytes } from "../base/bytes.ts";
import type { DataFile } from "./data-file.ts";
import { merge } from "./merge.ts";
import type { Entry, OrderedReader, RangeOptions } from "./ordered-store.ts";
import type { WriteTable } from "./write-table.ts";

type Tables = readonly (WriteTable | undefined)[];

/** A reader without a cache. */
export function layeredReader(tables: Tables, data: DataFile): OrderedReader {
  const get = (key: Bytes) => {
    for (const table of tables) {
      const written = table?.get(key);
      if (written !== undefined) return written ?? undefined;
    }
    return data.get(key);
  };
  const range = (from: Bytes, to: Bytes, options: RangeOptions = {}) =>
    layeredRange(tables, data, { from, to, reverse: options.reverse === true });
  return { get, range };
}

interface Bounds {
  readonly from: Bytes;
  readonly to: Bytes;
  readonly reverse: boolean;
}

/** Entries with `from <= key < to`; lazy. */
export function layeredRange(tables: Tables, data: DataFile, { from, to, reverse }: Bounds): Iterable<Entry> {
  let entries: Iterable<Entry> = data.range(from, to, reverse);
  for (const table of [...tables].reverse()) {
    const writes = table?.range(from, to, reverse);
    if (writes !== undefined) entries = merge(writes, entries[Symbol.iterator](), reverse);
  }
  return entries;
}
