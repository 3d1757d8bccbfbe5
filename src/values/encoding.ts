/** The encodings of values as Redis names them, and when a hash changes its encoding. */
import type { Encoding } from "./header.ts";
import type { ValueType } from "./held.ts";
import type { List } from "./list.ts";
import { LISTPACK_HEAD_BYTES } from "./listpack-bytes.ts";
import type { Table } from "./table.ts";

const FULL: Readonly<Record<ValueType, string>> = {
  hash: "hashtable",
  set: "hashtable",
  list: "quicklist",
  sortedSet: "skiplist",
};

/** The name that OBJECT ENCODING returns. */
export function encodingName(type: ValueType, encoding: Encoding): string {
  if (encoding === "full") return FULL[type];
  return encoding === "integers" ? "intset" : "listpack";
}

/** Limits of a listpack: the number and the size of its elements. */
export interface Limits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** Changes the encoding of a hash that holds more than a listpack may, or will with these entries. */
export function settleHashEncoding(table: Table, added: readonly Buffer[], limits: Limits): void {
  if (table.encoding === "full") return;
  if (table.count > limits.entriesMax || added.some(({ length }) => length > limits.bytesMax))
    table.convert("full");
}

/** Bytes of a listpack for the negative values of `list-max-listpack-size`, from -1 on. */
const LIST_BYTES_MAX = [4096, 8192, 16_384, 32_768, 65_536];
/** The bytes of a listpack when the number of elements is the limit. */
const COUNTED_LIST_BYTES_MAX = 8192;

/** Changes the encoding of a list that outgrows it with these elements. `size` is `list-max-listpack-size`. */
export function settleGrowingList(list: List, added: readonly Buffer[], size: number): void {
  if (list.encoding === "full") return;
  if (size >= 0 && list.count + added.length > Math.max(1, size)) list.encoding = "full";
  const bytesMax = size < 0 ? listBytesMax(size) : COUNTED_LIST_BYTES_MAX;
  let addedBytes = LISTPACK_HEAD_BYTES;
  for (const { length } of added) addedBytes += length;
  // Nearly always the bound tells, for which no element has to be measured.
  if (addedBytes + list.bytesMax > bytesMax && addedBytes + list.bytes > bytesMax) list.encoding = "full";
}

/** Makes a list a listpack again when it is at most half of the limit after a removal. */
export function settleShrinkingList(list: List, size: number): void {
  if (list.encoding !== "full") return;
  const isUnder =
    size < 0
      ? LISTPACK_HEAD_BYTES + list.bytes <= listBytesMax(size) / 2
      : list.count <= Math.floor(Math.max(1, size) / 2);
  if (isUnder) list.encoding = "compact";
}

function listBytesMax(size: number): number {
  return LIST_BYTES_MAX[Math.min(-size, LIST_BYTES_MAX.length) - 1] ?? 0;
}
