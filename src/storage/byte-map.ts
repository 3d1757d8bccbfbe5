/**
 * A map from byte strings to small values that holds bytes rather than objects: a table by hash of places, where each key stands
 * before its value (packed-entries.ts). To find a key that was last used long ago waits for memory three times, where
 * a Map of strings to buffers waits seven times, and the collector has nothing to look through or to move.
 */
import { randomInt } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { chars, raw } from "../base/bytes.ts";
import { KeyOrder } from "./key-order.ts";
import { PackedEntries, type Packs } from "./packed-entries.ts";

/** What a map had for a key: null where it was removed, undefined where nothing is known; a number is the place of its bytes. */
export type Former = Buffer | null | undefined | number;

const CAPACITY_MIN = 64;
/** What a key takes in the table, which is between a quarter and half full. */
const SLOT_BYTES = 24;

/** Clients choose keys: who does not know the factor cannot choose them so that they meet. It is odd, so that no bit is lost. */
const FACTOR = (randomInt(1 << 28, 1 << 30) << 2) | 5;
const START = randomInt(1 << 30);

let latestKey = "";
let latestHash = 0;

/** The hash of a key. The same key is often looked for in several maps. */
function hashOf(key: string): number {
  if (key === latestKey) return latestHash;
  let hash = START;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), FACTOR);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  latestKey = key;
  latestHash = hash ^ (hash >>> 13);
  return latestHash;
}

export class ByteMap {
  readonly #entries: PackedEntries;
  /** By slot the hash of a key and the place of its entry; place 0: the slot is free. */
  #slots: Int32Array;
  /** Number of slots, a power of two, less one. */
  #mask: number;
  #size = 0;
  #order: KeyOrder | undefined;

  /** @param expected how many keys there will be, about */
  constructor(packs: Packs, expected = 0) {
    this.#entries = new PackedEntries(packs);
    let capacity = CAPACITY_MIN;
    while (capacity < 2 * expected) capacity *= 2;
    this.#slots = new Int32Array(2 * capacity);
    this.#mask = capacity - 1;
  }

  /** Number of keys, removed ones included. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory, about: what was replaced takes some too. */
  get bytes(): number {
    return this.#entries.bytes + this.#size * SLOT_BYTES;
  }

  get isOrdered(): boolean {
    return this.#order !== undefined;
  }

  get(key: Bytes): Buffer | null | undefined {
    const text = chars(key);
    const slot = this.#find(text, hashOf(text));
    return slot < 0 ? undefined : this.#entries.valueAt(this.#placeOf(slot));
  }

  /** Sets what a key has; returns what it had, for `restore`. */
  put(key: Bytes, value: Buffer | null): Former {
    const text = chars(key);
    const hash = hashOf(text);
    const slot = this.#find(text, hash);
    if (slot < 0) {
      this.#add(text, hash, this.#entries.add(text, value, 0));
      return undefined;
    }
    const former = this.#released(slot);
    this.#slots[2 * slot + 1] = this.#entries.add(text, value, this.#placeOf(slot));
    return former;
  }

  /** Forgets a key; returns what it had. */
  take(key: Bytes): Former {
    const text = chars(key);
    const slot = this.#find(text, hashOf(text));
    if (slot < 0) return undefined;
    const former = this.#released(slot);
    this.#free(slot);
    this.#order?.delete(text);
    return former;
  }

  /** Gives a key back what `put` or `take` has returned for it. */
  restore(key: Bytes, former: Former): void {
    if (former === undefined) this.take(key);
    else if (typeof former !== "number") this.put(key, former);
    else {
      const text = chars(key);
      const hash = hashOf(text);
      const slot = this.#find(text, hash);
      if (slot < 0) this.#add(text, hash, former);
      else {
        this.#entries.release(this.#placeOf(slot));
        this.#slots[2 * slot + 1] = former;
      }
    }
  }

  /** Builds the order now; cheap while the map is small. */
  order(): void {
    this.#order ??= new KeyOrder(this.#texts());
  }

  /** Keys in no order. The map must not change meanwhile. */
  *keys(): Generator<Bytes> {
    for (const text of this.#texts()) yield raw(text);
  }

  /** Entries with `from <= key < to` in byte order. The map may change while they are read (KeyOrder.walk). */
  *range(from: Bytes, to: Bytes, reverse: boolean): Generator<[Bytes, Buffer | null]> {
    this.#order ??= new KeyOrder(this.#texts());
    const next = this.#order.walk(from, to, reverse);
    for (let text = next(); text !== undefined; text = next()) {
      const value = this.get(raw(text));
      if (value !== undefined) yield [raw(text), value];
    }
  }

  *#texts(): Generator<string> {
    for (let slot = 0; slot <= this.#mask; slot += 1) {
      const place = this.#placeOf(slot);
      if (place !== 0) yield this.#entries.keyAt(place);
    }
  }

  /** The slot of a key; below 0 the complement of a free one. At least half of all slots are free. */
  #find(text: string, hash: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = slots[2 * slot + 1] ?? 0;
      if (place === 0) return ~slot;
      if (slots[2 * slot] === hash && this.#entries.isAt(place, text)) return slot;
    }
  }

  #placeOf(slot: number): number {
    return this.#slots[2 * slot + 1] ?? 0;
  }

  /** What a slot had, whose entry is to be another one. */
  #released(slot: number): Former {
    const place = this.#placeOf(slot);
    const value = this.#entries.bufferAt(place);
    this.#entries.release(place);
    return value === undefined ? place : value;
  }

  #add(text: string, hash: number, place: number): void {
    if (2 * (this.#size + 1) > this.#mask + 1) this.#grow();
    fill(this.#slots, this.#mask, hash, place);
    this.#size += 1;
    this.#order?.insert(text);
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Int32Array(2 * old.length);
    const mask = slots.length / 2 - 1;
    for (let from = 0; from < old.length; from += 2) {
      const place = old[from + 1] ?? 0;
      if (place !== 0) fill(slots, mask, old[from] ?? 0, place);
    }
    this.#slots = slots;
    this.#mask = mask;
  }

  /** Frees a slot. Those behind it, up to the next free one, move up where they would not be found any more. */
  #free(slot: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = slot;
    for (let next = (hole + 1) & mask; slots[2 * next + 1] !== 0; next = (next + 1) & mask) {
      const wanted = (slots[2 * next] ?? 0) & mask;
      // Its way from where it would be best begins behind the hole: it stays.
      if (((next - wanted) & mask) < ((next - hole) & mask)) continue;
      slots[2 * hole] = slots[2 * next] ?? 0;
      slots[2 * hole + 1] = slots[2 * next + 1] ?? 0;
      hole = next;
    }
    slots[2 * hole + 1] = 0;
    this.#size -= 1;
  }
}

/** Fills a free slot for a hash. */
function fill(slots: Int32Array, mask: number, hash: number, place: number): void {
  let slot = hash & mask;
  while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
  slots[2 * slot] = hash;
  slots[2 * slot + 1] = place;
}
