/**
 * A map that grows without a pause. A Map that is full copies all its entries into one of twice the size at once, which takes
 * milliseconds from some ten thousand entries on. Here each of a few parts does that for itself, and at another time.
 */
const PARTS = 32;

export class PartedMap<K, V> {
  readonly #parts: readonly Map<K, V>[] = Array.from({ length: PARTS }, () => new Map<K, V>());
  readonly #partOf: (key: K) => number;
  #size = 0;

  /** @param partOf any whole number of a key; how it varies with keys decides how evenly the parts are filled */
  constructor(partOf: (key: K) => number) {
    this.#partOf = partOf;
  }

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#part(key)?.get(key);
  }

  has(key: K): boolean {
    return this.#part(key)?.has(key) === true;
  }

  set(key: K, value: V): void {
    const part = this.#part(key);
    if (part === undefined) return;
    const before = part.size;
    part.set(key, value);
    this.#size += part.size - before;
  }

  delete(key: K): boolean {
    const isDeleted = this.#part(key)?.delete(key) === true;
    if (isDeleted) this.#size -= 1;
    return isDeleted;
  }

  clear(): void {
    for (const part of this.#parts) part.clear();
    this.#size = 0;
  }

  /** In no order. */
  *keys(): Generator<K> {
    for (const part of this.#parts) yield* part.keys();
  }

  *values(): Generator<V> {
    for (const part of this.#parts) yield* part.values();
  }

  *entries(): Generator<[K, V]> {
    for (const part of this.#parts) yield* part.entries();
  }

  #part(key: K): Map<K, V> | undefined {
    return this.#parts[this.#partOf(key) & (PARTS - 1)];
  }
}
