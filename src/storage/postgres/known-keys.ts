/**
 * What is known of data in another process, within a bound of memory: points, each a key with its value, and pages, each an
 * interval of which all keys are known. That a key is absent is known by a page without it, an empty one too.
 *
 * There is one who writes, and says so here: what is known is never out of date. What has not been used for the longest time
 * goes first, about (a second chance for what was used since it was last looked at), except what is kept for work under way.
 */
import { type Bytes, chars, raw } from "../../base/bytes.ts";
import type { Entry, Write } from "../ordered-store.ts";
import { SortedMap } from "../sorted-map.ts";

/** Above every key. */
export const END = "\u0100";

const POINT_OVERHEAD_BYTES = 220;
const PAGE_OVERHEAD_BYTES = 400;
const ROW_OVERHEAD_BYTES = 120;
/** A page that has got so many rows by writes is divided. */
const PAGE_ROWS_MAX = 512;
/** A value beyond this is not remembered only because it was written. */
const WRITTEN_BYTES_MAX = 16 * 1024;
/** How many things are looked at for each that comes in, when there is no room. */
const STEPS_PER_ITEM = 8;

/** Something known: how long it stays is up to `pins`, and to whether it is used. */
interface Item {
  readonly bytes: number;
  pins: number;
  isUsed: boolean;
}

class Point implements Item {
  readonly key: string;
  /** Null: the key was deleted after it was loaded. */
  value: Buffer | null;
  pins = 0;
  isUsed = false;

  constructor(key: string, value: Buffer) {
    this.key = key;
    this.value = value;
  }

  get bytes(): number {
    return POINT_OVERHEAD_BYTES + this.key.length + (this.value?.length ?? 0);
  }
}

/** All keys with `from <= key < to`. */
export class Page implements Item {
  readonly from: string;
  readonly to: string;
  /** In order, each with its value. */
  readonly keys: string[];
  readonly values: Buffer[];
  bytes: number;
  pins = 0;
  isUsed = false;

  constructor(from: string, to: string, keys: string[], values: Buffer[]) {
    this.from = from;
    this.to = to;
    this.keys = keys;
    this.values = values;
    this.bytes = PAGE_OVERHEAD_BYTES;
    for (const [index, key] of keys.entries()) this.bytes += rowBytes(key, values[index]);
  }

  /** The index of the first key at or above this one. */
  indexOf(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(key: string): Buffer | undefined {
    const index = this.indexOf(key);
    return this.keys[index] === key ? this.values[index] : undefined;
  }

  write(key: string, value: Buffer | null): void {
    const index = this.indexOf(key);
    const isThere = this.keys[index] === key;
    if (isThere) this.bytes -= rowBytes(key, this.values[index]);
    if (value !== null) {
      this.bytes += rowBytes(key, value);
      this.keys.splice(index, isThere ? 1 : 0, key);
      this.values.splice(index, isThere ? 1 : 0, value);
    } else if (isThere) {
      this.keys.splice(index, 1);
      this.values.splice(index, 1);
    }
  }
}

function rowBytes(key: string, value: Buffer | undefined): number {
  return ROW_OVERHEAD_BYTES + key.length + (value?.length ?? 0);
}

export class KnownKeys {
  readonly #points = new Map<string, Point>();
  /** By where they begin; no two have a key in common. */
  readonly #pages = new SortedMap<Page>();
  /** What was known first, or got its second chance first, comes first. */
  readonly #queue = new Set<Point | Page>();
  #bytes = 0;
  #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Null: there is no such key. Undefined: not known. */
  get(key: Bytes): Buffer | null | undefined {
    const point = this.#points.get(chars(key));
    if (point !== undefined) {
      point.isUsed = true;
      return point.value;
    }
    const page = this.pageAt(chars(key));
    return page === undefined ? undefined : (page.get(chars(key)) ?? null);
  }

  /** The page that has a key, or would have it. */
  pageAt(key: string): Page | undefined {
    // The first one at or below it.
    for (const [, page] of this.#pages.range(raw(""), raw(`${key}\0`), true))
      return this.#used(page, key < page.to);
    return undefined;
  }

  /** The page that has the keys right below a bound. */
  pageBelow(bound: string): Page | undefined {
    for (const [, page] of this.#pages.range(raw(""), raw(bound), true))
      return this.#used(page, bound <= page.to);
    return undefined;
  }

  /** A key has a value. Returns what is to be kept for who has loaded it. */
  addPoint(key: string, value: Buffer): Item[] {
    const page = this.pageAt(key);
    if (page !== undefined) return [page];
    let point = this.#points.get(key);
    if (point === undefined) {
      point = new Point(key, value);
      this.#points.set(key, point);
      this.#add(point);
    }
    return [point];
  }

  /** The keys with `from <= key < to` are these, in order. Returns what is to be kept for who has loaded them. */
  addPage(from: string, to: string, rows: readonly Entry[]): Item[] {
    const kept: Item[] = [];
    // What is known stays, and the rest is added between.
    for (let start = from; start < to; ) {
      const known = this.pageAt(start) ?? this.#addPart(start, this.#nextFrom(start, to), rows);
      kept.push(known);
      start = known.to;
    }
    return kept;
  }

  /** Keeps things until `unpin`. */
  pin(items: readonly Item[]): void {
    for (const item of items) item.pins += 1;
    // Not before: what has just come in is not to go first.
    this.#makeRoom(items.length);
  }

  unpin(items: readonly Item[]): void {
    for (const item of items) item.pins -= 1;
    this.#makeRoom(items.length);
  }

  /** The data has these values now. */
  write(writes: readonly Write[]): void {
    for (const [at, value] of writes) {
      const key = chars(at);
      const page = this.pageAt(key);
      if (page !== undefined) this.#writeToPage(page, key, value);
      const point = this.#points.get(key);
      if (point !== undefined) {
        // Work under way that has loaded it knows that it is gone.
        if (value === null && point.pins === 0) this.#remove(point);
        else this.#replace(point, value);
      } else if (page === undefined && value !== null && value.length <= WRITTEN_BYTES_MAX) {
        this.addPoint(key, value);
      }
    }
    this.#makeRoom(writes.length);
  }

  /** From now on it takes so many bytes. */
  limit(bytesMax: number): void {
    this.#bytesMax = bytesMax;
    this.#makeRoom(this.#queue.size);
  }

  #used(page: Page, isIt: boolean): Page | undefined {
    if (!isIt) return undefined;
    page.isUsed = true;
    return page;
  }

  /** Where the next page behind a place begins that no page has, or `to`. */
  #nextFrom(start: string, to: string): string {
    for (const [from] of this.#pages.range(raw(start), raw(to))) return chars(from);
    return to;
  }

  #addPart(from: string, to: string, rows: readonly Entry[]): Page {
    const within = rows.filter(([key]) => chars(key) >= from && chars(key) < to);
    const page = new Page(
      from,
      to,
      within.map(([key]) => chars(key)),
      within.map(([, value]) => value),
    );
    this.#pages.set(raw(from), page);
    this.#add(page);
    return page;
  }

  #writeToPage(page: Page, key: string, value: Buffer | null): void {
    const before = page.bytes;
    page.write(key, value);
    this.#bytes += page.bytes - before;
    // Who has loaded a page that is kept knows that page, and no other half.
    if (page.keys.length > PAGE_ROWS_MAX && page.pins === 0) this.#divide(page);
  }

  #divide(page: Page): void {
    this.#remove(page);
    const middle = page.keys.length >> 1;
    const bound = page.keys[middle] ?? page.to;
    const { keys, values } = page;
    for (const half of [
      new Page(page.from, bound, keys.slice(0, middle), values.slice(0, middle)),
      new Page(bound, page.to, keys.slice(middle), values.slice(middle)),
    ]) {
      this.#pages.set(raw(half.from), half);
      this.#add(half);
    }
  }

  #replace(point: Point, value: Buffer | null): void {
    this.#bytes -= point.bytes;
    point.value = value;
    this.#bytes += point.bytes;
  }

  #add(item: Point | Page): void {
    this.#queue.add(item);
    this.#bytes += item.bytes;
  }

  #remove(item: Point | Page): void {
    if (!this.#queue.delete(item)) return;
    this.#bytes -= item.bytes;
    if (item instanceof Point) this.#points.delete(item.key);
    else this.#pages.delete(raw(item.from));
  }

  #makeRoom(count: number): void {
    let steps = count * STEPS_PER_ITEM;
    for (const item of this.#queue) {
      if (this.#bytes <= this.#bytesMax || steps === 0) return;
      steps -= 1;
      if (item.pins === 0 && !item.isUsed) this.#remove(item);
      else {
        item.isUsed = false;
        // To the end.
        this.#queue.delete(item);
        this.#queue.add(item);
      }
    }
  }
}
