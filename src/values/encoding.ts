/** The names Redis gives to the forms of values, and when a hash changes its form. */
import type { Encoding } from "./header.ts";
import type { ValueType } from "./held.ts";
import type { Table } from "./table.ts";

const FULL: Readonly<Record<ValueType, string>> = {
  hash: "hashtable",
  set: "hashtable",
  list: "quicklist",
  sortedSet: "skiplist",
};

/** As OBJECT ENCODING tells it. */
export function encodingName(type: ValueType, encoding: Encoding): string {
  if (encoding === "full") return FULL[type];
  return encoding === "integers" ? "intset" : "listpack";
}

/** How long a listpack may be, and what is in it. */
export interface Limits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** A hash that holds, or is about to hold, more than a listpack may has another form from now on. */
export function settleHashEncoding(table: Table, added: readonly Buffer[], limits: Limits): void {
  if (table.encoding === "full") return;
  if (table.count > limits.entriesMax || added.some(({ length }) => length > limits.bytesMax))
    table.convert("full");
}
