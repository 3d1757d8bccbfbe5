/**
 * What was read out of stored values recently, so that a value that is read again, such as one that a request has just
 * written, is not decoded anew. An entry counts for the very buffer that it was made of, so that nothing has to be
 * told of a change; the values of a store are never written to.
 */
import { type Bytes, chars } from "./bytes.ts";

const ENTRIES_MAX = 1024;
/** A long value is not kept in memory for this. */
const VALUE_BYTES_MAX = 4096;

interface Known<T> {
  readonly value: Buffer;
  readonly decoded: T;
}

export class DecodedValues<T> {
  readonly #entries = new Map<string, Known<T>>();

  /** What `note` got for this value of a key; undefined when that is not known any more. */
  of(key: Bytes, value: Buffer): T | undefined {
    const known = this.#entries.get(chars(key));
    return known !== undefined && isSame(known.value, value) ? known.decoded : undefined;
  }

  /** `decoded` is never changed. */
  note(key: Bytes, value: Buffer, decoded: T): void {
    if (value.length > VALUE_BYTES_MAX) return;
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(chars(key), { value, decoded });
  }
}

/** Views of the same bytes of the same memory. */
function isSame(a: Buffer, b: Buffer): boolean {
  return a === b || (a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length);
}
