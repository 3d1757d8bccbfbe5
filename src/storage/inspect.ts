/** Reading a store from its directory, in use or not, without a change to anything: as it was at one moment. */
import { type Capture, capture, recordsIn } from "./capture.ts";
import type { Derived } from "./derived.ts";
import { decodeCommit } from "./journal-record.ts";
import type { OrderedReader } from "./ordered-store.ts";
import { ReplayedTables } from "./recovery.ts";
import { WriteTable } from "./write-table.ts";

export interface Inspected extends Pick<Capture, "position" | "atMs" | "close"> {
  readonly reader: OrderedReader;
}

export interface InspectOptions {
  /** May look at the store and throw, before redo records are handed out. */
  readonly verify: (reader: OrderedReader) => void;
  readonly derived: Derived;
}

/** @throws OpenError when there is no store in the directory, or it is damaged */
export function inspect(directory: string, options: InspectOptions): Inspected {
  const captured = capture(directory);
  const { data, journals, position, atMs, close } = captured;
  try {
    const tables = new ReplayedTables(data, { ...options, newTable: () => new WriteTable() });
    for (const { records } of journals) {
      tables.begin();
      for (const record of recordsIn(records)) tables.take(decodeCommit(record));
    }
    const reader = tables.reader();
    options.verify(reader);
    return { reader, position, atMs, close };
  } catch (error) {
    void close();
    throw error;
  }
}
