/**
 * What was read from LMDB recently, absence included, within a bound of memory. Two generations: what is read
 * goes into the young one, and when that is full it becomes the old one and the old one is dropped. What is
 * read again before that lives on. A lookup costs one or two hashes and no bookkeeping.
 */
const ENTRY_OVERHEAD_BYTES = 200;

export class ReadCache {
  #generationBytesMax: number;
  #valueBytesMax: number;
  #young = new Map<string, Buffer | null>();
  #old = new Map<string, Buffer | null>();
  #youngBytes = 0;
  /** First characters of keys that were ever here: of other spaces there is nothing to forget. */
  readonly #spaces = new Uint8Array(256);

  constructor(bytesMax: number) {
    this.#generationBytesMax = bytesMax / 2;
    this.#valueBytesMax = bytesMax / 64;
  }

  /** From now on it takes up to so many bytes. */
  limit(bytesMax: number): void {
    this.#generationBytesMax = bytesMax / 2;
    this.#valueBytesMax = bytesMax / 64;
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngBytes = 0;
  }

  /** Null: there is no such key. Undefined: not known. */
  get(key: string): Buffer | null | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Buffer | null): void {
    const bytes = value === null ? 0 : value.length;
    if (bytes > this.#valueBytesMax) return;
    this.#spaces[key.charCodeAt(0)] = 1;
    this.#young.set(key, value);
    this.#youngBytes += bytes + key.length + ENTRY_OVERHEAD_BYTES;
    if (this.#youngBytes <= this.#generationBytesMax) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  /** Forgets a key: it has another value now. */
  delete(key: string): void {
    if (this.#spaces[key.charCodeAt(0)] === 0) return;
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
