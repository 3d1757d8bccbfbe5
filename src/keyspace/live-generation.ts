/**
 * A generation of live objects (live-objects.ts): those that have changed between two checkpoints, the counters they are
 * counted by, and what differs in the indexes.
 */
import { type Bytes, raw } from "../base/bytes.ts";
import { inOrder } from "../base/in-order.ts";
import { PartedMap } from "../base/parted-map.ts";
import type { Write } from "../storage/ordered-store.ts";
import { SortedMap } from "../storage/sorted-map.ts";
import { type Derivation, type GivenParts, indexDifference, type LiveKind, type Tail } from "./live-kind.ts";
import type { KeyRecord } from "./records.ts";
import { Slab } from "./slab.ts";

/** An object in one generation. */
export interface LiveObject {
  readonly kind: LiveKind;
  readonly at: string;
  readonly phys: number;
  /** The record the generation began with, and the one it has now. */
  base: KeyRecord;
  record: KeyRecord;
  readonly tail: LiveTail;
  /** Undefined while no change has given any. */
  given: GivenParts | undefined;
  /** False at a restart while no change has said which entries of the index there are. */
  isBased: boolean;
  /** True when what older generations know of it has been settled. */
  readonly isFresh: boolean;
  /** The record that the generation's index tells of. */
  indexed: KeyRecord;
  /** What was derived last. */
  derivation: Derivation | undefined;
}

/** A tail whose items are in the slab of their generation. */
export class LiveTail implements Tail {
  readonly #slab: Slab;
  readonly #items: number[] = [];

  constructor(slab: Slab) {
    this.#slab = slab;
  }

  get length(): number {
    return this.#items.length;
  }

  at(index: number): Buffer {
    return this.#slab.at(this.#items[index] ?? -1);
  }

  push(item: Buffer): void {
    this.#items.push(this.#slab.add(item));
  }

  truncate(length: number): void {
    this.#items.length = length;
  }
}

/** Stands in the active generation for an object that was settled while the frozen one still has it. */
export const SETTLED = "settled";

/** A write to the key space: a value, or null for a removal. */
export type LiveEntry = [key: Bytes, value: Buffer | null];

/** Where the index is read, it is at most so many objects behind, so that no reader waits for all that have changed. */
const UNINDEXED_MAX = 32;

/** What an item of a tail costs beside its bytes. */
export const ITEM_BYTES = 16;
/** What an object costs beside its tail. */
export const OBJECT_BYTES = 1500;

export class Generation {
  readonly byKey = new SortedMap<LiveObject | typeof SETTLED>();
  readonly byId = new PartedMap<number, LiveObject | typeof SETTLED>((id) => id);
  readonly counters = new Map<string, number>();
  /** Entries of the indexes that differ from what lies below; null: removed. Filled by `sync`. */
  readonly index = new SortedMap<Buffer | null>();
  /** Objects whose records the index does not tell of yet. */
  readonly unindexed = new PartedMap<LiveObject, true>(({ record }) => record.id);
  /** The spaces in which objects have parts. */
  readonly spaces = new Set<string>();
  readonly slab = new Slab();
  bytes = 0;
  /** What `settle` was called with: to look through all objects for it would take as long as there are objects. */
  readonly #settled = { keys: new Set<string>(), ids: new Set<number>() };
  #isIndexRead = false;
  #areKeysRead = false;
  /** The index is brought up to date piece by piece. */
  #isCatchingUp = false;

  /**
   * An empty generation that follows this one. What was read of this one in order is kept in order there from the
   * start: a reader that comes again does not wait while thousands of keys are sorted.
   */
  successor(): Generation {
    const next = new Generation();
    if (this.#areKeysRead) next.byKey.order();
    if (this.#isIndexRead) next.index.order();
    return next;
  }

  /** A change has given an object another record. */
  changed(object: LiveObject): void {
    this.unindexed.set(object, true);
    if (this.index.isOrdered && !this.#isCatchingUp && this.unindexed.size >= UNINDEXED_MAX) this.sync();
  }

  /** Entries of the indexes with `from <= key < to`. */
  indexRange(from: Bytes, to: Bytes, reverse: boolean): Iterator<LiveEntry> {
    this.#isIndexRead = true;
    this.sync();
    return this.index.range(from, to, reverse);
  }

  /** Objects with `from <= key < to`, those among them that were settled. */
  objectRange(
    from: Bytes,
    to: Bytes,
    reverse: boolean,
  ): Iterator<[key: Bytes, object: LiveObject | typeof SETTLED]> {
    this.#areKeysRead = true;
    return this.byKey.range(from, to, reverse);
  }

  /** Takes an object out, and with it what the index says of it. */
  leave(object: LiveObject): void {
    this.byKey.delete(raw(object.at));
    this.byId.delete(object.record.id);
    this.bytes -= bytesOf(object);
    this.unindex(object);
  }

  /** Marks an object as settled while the generation before this one has it. */
  settle(at: string, id: number): void {
    this.byKey.set(raw(at), SETTLED);
    this.byId.set(id, SETTLED);
    this.#settled.keys.add(at);
    this.#settled.ids.add(id);
  }

  /** There is no generation before this one any more. */
  forgetSettled(): void {
    const { keys, ids } = this.#settled;
    for (const at of keys) if (this.byKey.get(raw(at)) === SETTLED) this.byKey.delete(raw(at));
    for (const id of ids) if (this.byId.get(id) === SETTLED) this.byId.delete(id);
    keys.clear();
    ids.clear();
  }

  unindex(object: LiveObject): void {
    this.unindexed.delete(object);
    if (object.indexed === object.base) return;
    for (const [key] of indexDifference(object.kind, object.phys, object.base, object.indexed))
      this.index.delete(key);
    object.indexed = object.base;
  }

  /** Brings the index up to date by so many objects, in order from now on. False when nothing is left. */
  catchUp(count: number): boolean {
    if (!this.index.isOrdered) {
      this.#isIndexRead = true;
      this.#isCatchingUp = true;
      this.index.order();
    }
    return this.#isCatchingUp && this.#index(count);
  }

  /** Brings the index up to date. Costs what has changed since the last time. */
  sync(): void {
    this.#index(Number.POSITIVE_INFINITY);
  }

  /** True when some are left. */
  #index(count: number): boolean {
    let left = count;
    for (const object of this.unindexed.keys()) {
      if (left === 0) return true;
      left -= 1;
      this.unindexed.delete(object);
      const { record } = object;
      if (object.indexed === record) continue;
      this.unindex(object);
      for (const [key, value] of indexDifference(object.kind, object.phys, object.base, record))
        this.index.set(key, value);
      object.indexed = record;
    }
    this.unindexed.clear();
    this.#isCatchingUp = false;
    return false;
  }
}

export function bytesOf({ tail, given }: LiveObject): number {
  let bytes = OBJECT_BYTES + (given?.bytes ?? 0);
  for (let index = 0; index < tail.length; index += 1) bytes += ITEM_BYTES + tail.at(index).length;
  return bytes;
}

/** The order of keys. */
export function byKey([a]: Write, [b]: Write): number {
  return a < b ? -1 : 1;
}

/** What follows from the tail of an object, which has been derived, but for what goes with the mark. */
export function* partsToFold({ kind, derivation, given }: LiveObject): Generator<Write | undefined> {
  for (const write of derivation?.writes ?? []) if (!kind.isLate(write[0])) yield write;
  if (given !== undefined) yield* inOrder(given.writes(), byKey);
}
