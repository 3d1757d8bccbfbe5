/**
 * A map from byte strings that can also be read in key order. The order is built at the first range and kept
 * up from then on: lookups cost a hash, and a map that is never ranged over pays nothing for order.
 */
import type { Bytes } from "../base/bytes.ts";
import { chars, raw } from "../base/bytes.ts";
import { KeyOrder } from "./key-order.ts";

export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  #order: KeyOrder | undefined;

  get size(): number {
    return this.#values.size;
  }

  get(key: Bytes): V | undefined {
    return this.#values.get(chars(key));
  }

  has(key: Bytes): boolean {
    return this.#values.has(chars(key));
  }

  set(key: Bytes, value: V): void {
    const text = chars(key);
    if (this.#order !== undefined && !this.#values.has(text)) this.#order.insert(text);
    this.#values.set(text, value);
  }

  delete(key: Bytes): void {
    const text = chars(key);
    if (this.#values.delete(text)) this.#order?.delete(text);
  }

  clear(): void {
    this.#values.clear();
    this.#order?.clear();
    this.#order = undefined;
  }

  /** True once the order has been built. */
  get isOrdered(): boolean {
    return this.#order !== undefined;
  }

  /** Builds the order now; cheap while the map is small. */
  order(): void {
    this.#order ??= new KeyOrder(this.#values.keys());
  }

  /** Values in insertion order. */
  values(): IterableIterator<V> {
    return this.#values.values();
  }

  /** Visits the entries in insertion order; makes no object for each, as `entries` does. */
  forEach(visit: (key: Bytes, value: V) => void): void {
    this.#values.forEach((value, key) => {
      visit(raw(key), value);
    });
  }

  /** Entries in insertion order. */
  *entries(): Generator<[Bytes, V]> {
    for (const [key, value] of this.#values) yield [raw(key), value];
  }

  /** Entries with `from <= key < to` in byte order. The map may change while they are read (KeyOrder.walk). */
  *range(from: Bytes, to: Bytes, reverse = false): Generator<[Bytes, V]> {
    this.#order ??= new KeyOrder(this.#values.keys());
    const next = this.#order.walk(from, to, reverse);
    for (let key = next(); key !== undefined; key = next()) {
      const value = this.#values.get(key);
      if (value !== undefined) yield [raw(key), value];
    }
  }
}
