/**
 * Live objects: objects of the key space that have changed since the last checkpoint and whose records, index entries
 * and parts have not been written for it. A change of a live object is one redo record in the journal and a new value
 * here; what follows from it (the record under its key, entries of indexes, chunks of history or of a stream, counters)
 * is derived once for all its changes: when the checkpoint folds it into the data file, or when a command is about to
 * write it in another way, which settles it. Until then whoever reads the key space sees the derived entries as
 * if they had been written: `get` and `range` make them up.
 *
 *     change  -> redo record in the journal, value in the active generation
 *     freeze  -> the active generation becomes the frozen one (the journal is rotated)
 *     fold    -> the frozen generation goes into the data file
 *     thawed  -> it is in the data file and is dropped
 *     settle  -> an object leaves the generations: all that follows from it becomes writes of the transaction
 *
 * What must hold: an object that a transaction has written in the ordinary way changes in the ordinary way until the
 * transaction ends, so that within a commit the redo records of an object come before its writes. Settling
 * writes everything there is of an object, so that a restart may drop what it has redone as soon as it meets a write of
 * the object's record.
 *
 * Counters are live too: they are added to, and their sums go into the data file together with the mark of the
 * checkpoint, because adding twice is not adding once. Everything else that a restart redoes is derived from what is there.
 */
import { assert } from "../base/assert.ts";
import { type Bytes, chars, raw, readU64 } from "../base/bytes.ts";
import { roundsOfEventLoop } from "../base/event-loop.ts";
import { inOrder } from "../base/in-order.ts";
import type { Derived, PreparedRedo } from "../storage/derived.ts";
import { foldedWithLoads } from "../storage/folded.ts";
import { LoadAhead } from "../storage/load-ahead.ts";
import { layered } from "../storage/merge.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import type { OrderedReader, Write } from "../storage/ordered-store.ts";
import { SortedMap } from "../storage/sorted-map.ts";
import {
  byKey,
  bytesOf,
  Generation,
  ITEM_BYTES,
  type LiveEntry,
  type LiveObject,
  LiveTail,
  OBJECT_BYTES,
  partsToFold,
  SETTLED,
} from "./live-generation.ts";
import { type Derivation, indexDifference, type LiveChange } from "./live-kind.ts";
import { readerOver } from "./reader-over.ts";
import { decodeNumber, encodeNumber, encodeRecord, type KeyRecord } from "./records.ts";
import { REDO_COUNT, redoneCount } from "./redo.ts";

const RECORD_SPACE = "k";
const COUNTER_SPACE = "n";
const INDEX_SPACE = "i";

/** Objects whose index entries are made in one go: about a millisecond. */
const CAUGHT_UP_AT_ONCE = 200;
/** Reads what a record of the journal says of an object, by the first byte of the record. */
export type Redo = (record: Buffer) => Redone;

/** A change of an object as a record of the journal says it. */
export interface Redone {
  /** The keys that `redo` reads. */
  reads(): readonly Bytes[];
  /** Reads all that it needs before it changes anything. */
  redo(live: LiveObjects, reader: OrderedReader): void;
}

const NOTHING_STORED: OrderedReader = { get: () => undefined, range: () => [] };

export class LiveObjects implements Derived {
  readonly #redo: ReadonlyMap<number, Redo>;
  /** Reads what has been written, without what is live. */
  #reader = NOTHING_STORED;
  #active = new Generation();
  #frozen: Generation | undefined;
  readonly #ahead = new LoadAhead();

  constructor(redo: ReadonlyMap<number, Redo>) {
    this.#redo = redo;
  }

  /** The store is open: reads go there from now on. */
  attach(reader: OrderedReader): void {
    this.#reader = reader;
  }

  /** How many objects the active generation has. */
  get size(): number {
    return this.#active.byKey.size;
  }

  /** About how many bytes of memory it takes. */
  get bytes(): number {
    return this.#active.bytes;
  }

  get #isEmpty(): boolean {
    return this.#active.byKey.size === 0 && this.#frozen === undefined;
  }

  /** The record of a live object by its key; undefined for one that is not live. */
  record(at: Bytes): KeyRecord | undefined {
    const object = this.#find(chars(at));
    return object === undefined ? undefined : this.#recordOf(object);
  }

  /** As `record`, but only the summary where the record is derived: for who adds to the tail. */
  summary(at: Bytes): KeyRecord | undefined {
    return this.#find(chars(at))?.record;
  }

  /** The key of the record of the live object that has this key, for its record or a part that is derived. */
  liveAt(key: Bytes): Bytes | undefined {
    if (this.#isEmpty) return undefined;
    const text = chars(key);
    const space = text.charAt(0);
    if (space === RECORD_SPACE) return this.#find(text) === undefined ? undefined : key;
    if (!this.#hasParts(space) || text.length < 9) return undefined;
    const [object] = this.#generationsOf(space, readU64(key, 1));
    if (object === undefined) return undefined;
    return object.kind.space !== space || object.kind.isDerived(key) ? raw(object.at) : undefined;
  }

  /** A value that follows from what is live; null for one that is removed by it, undefined where nothing is known. */
  get(key: Bytes): Buffer | null | undefined {
    const text = chars(key);
    const space = text.charAt(0);
    if (space === RECORD_SPACE) {
      const object = this.#find(text);
      return object === undefined ? undefined : encodeRecord(this.#recordOf(object));
    }
    if (space === COUNTER_SPACE) {
      const count = this.#active.counters.get(text) ?? this.#frozen?.counters.get(text);
      return count === undefined ? undefined : count === 0 ? null : encodeNumber(count);
    }
    if (space === INDEX_SPACE) {
      this.#sync();
      const entry = this.#active.index.get(key);
      return entry === undefined ? this.#frozen?.index.get(key) : entry;
    }
    if (text.length < 9 || !this.#hasParts(space)) return undefined;
    const id = readU64(key, 1);
    const active = this.#active.byId.get(id);
    if (active === SETTLED) return undefined;
    const value = active === undefined ? undefined : this.#partOf(active, space, key);
    if (value !== undefined || active?.isFresh === true) return value;
    const frozen = this.#frozen?.byId.get(id);
    return frozen === undefined || frozen === SETTLED ? undefined : this.#partOf(frozen, space, key);
  }

  #partOf(object: LiveObject, space: string, key: Bytes): Buffer | null | undefined {
    const { kind, given } = object;
    if (space === kind.space) return this.#derivationOf(object).writes.get(key);
    return kind.givenSpaces.includes(space) ? given?.get(key) : undefined;
  }

  /** What `get` knows of the keys with `from <= key < to`, in order; undefined when there is surely nothing. */
  range(from: Bytes, to: Bytes, reverse: boolean): Iterator<LiveEntry> | undefined {
    if (this.#isEmpty && this.#active.counters.size === 0) return undefined;
    const [first, last] = [chars(from).charAt(0), chars(to).charAt(0)];
    if (first === last) return this.#rangeOfSpace(first, from, to, reverse);
    // Only the self-check looks at several spaces at once.
    const found = new SortedMap<Buffer | null>();
    for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code += 1) {
      const within = this.#rangeOfSpace(String.fromCharCode(code), from, to, false);
      if (within !== undefined)
        for (const [key, value] of { [Symbol.iterator]: () => within }) found.set(key, value);
    }
    return found.size === 0 ? undefined : found.range(from, to, reverse);
  }

  #rangeOfSpace(space: string, from: Bytes, to: Bytes, reverse: boolean): Iterator<LiveEntry> | undefined {
    if (space === INDEX_SPACE) return this.#indexRange(from, to, reverse);
    if (space === RECORD_SPACE) return this.#recordRange(from, to, reverse);
    const found = new SortedMap<Buffer | null>();
    if (space === COUNTER_SPACE) {
      for (const counters of [this.#frozen?.counters, this.#active.counters])
        for (const [key, count] of counters ?? [])
          if (key >= chars(from) && key < chars(to))
            found.set(raw(key), count === 0 ? null : encodeNumber(count));
    } else if (this.#hasParts(space)) this.#collectParts(found, space, from, to);
    return found.size === 0 ? undefined : found.range(from, to, reverse);
  }

  /** Applies a change; returns what takes it back. */
  change(change: LiveChange): () => void {
    const { kind, place, before } = change;
    const generation = this.#active;
    const at = chars(place.at);
    const known = generation.byKey.get(raw(at));
    if (known !== undefined && known !== SETTLED) return this.#go(generation, known, change);
    const frozen = known === SETTLED ? undefined : this.#frozenObject(at);
    // A summary is of no use once the frozen generation is gone.
    const base = kind.baseOf(frozen !== undefined && kind.derivesRecord ? this.#recordOf(frozen) : before);
    const object: LiveObject = {
      kind,
      at,
      phys: place.phys,
      base,
      record: before,
      tail: new LiveTail(generation.slab),
      given: undefined,
      isBased: true,
      isFresh: known === SETTLED,
      indexed: base,
      derivation: undefined,
    };
    generation.byKey.set(raw(at), object);
    generation.byId.set(before.id, object);
    generation.spaces.add(kind.space);
    generation.bytes += OBJECT_BYTES;
    const undo = this.#go(generation, object, change);
    return () => {
      undo();
      generation.leave(object);
      if (known === undefined) return;
      generation.byKey.set(raw(at), known);
      generation.byId.set(before.id, known);
    };
  }

  /** Brings the indexes up to date a piece at a time, so that the first reader does not wait for all that has changed. */
  async prepareIndexes(): Promise<void> {
    while (this.#frozen?.catchUp(CAUGHT_UP_AT_ONCE) === true || this.#active.catchUp(CAUGHT_UP_AT_ONCE))
      await roundsOfEventLoop(1);
  }

  redo(record: Buffer, reader: OrderedReader): void {
    this.prepare(record).redo(reader);
  }

  prepare(record: Buffer): PreparedRedo {
    const [type] = record;
    const read = type === REDO_COUNT ? redoneCount : this.#redo.get(type ?? 0);
    assert(read !== undefined, "a redo record of a known type");
    const redone = read(record);
    const redo = (reader: OrderedReader) => {
      this.#reader = reader;
      redone.redo(this, reader);
    };
    return { reads: () => redone.reads(), redo };
  }

  /**
   * Applies a change that a restart has read in the journal. The data file may hold some of what follows from it and
   * some not, so that the entries of the index are known from the first change that says what they were: `hasBase`.
   */
  changeAnew(change: LiveChange, hasBase: boolean): void {
    const { at } = change.place;
    const known = this.#active.byKey.get(at);
    if (known === undefined || known === SETTLED) {
      this.change(change);
      const object = this.#active.byKey.get(at);
      if (object !== undefined && object !== SETTLED) object.isBased = hasBase;
      return;
    }
    this.#go(this.#active, known, change);
    if (known.isBased || !hasBase) return;
    known.base = change.before;
    known.indexed = change.before;
    known.isBased = true;
  }

  /** Whether `changeAnew` does without what an object was before the change. */
  isBased(at: Bytes): boolean {
    const object = this.#active.byKey.get(at);
    return object !== undefined && object !== SETTLED && object.isBased;
  }

  /**
   * Takes an object out of the generations; undefined when it is not live. `writes` are then the transaction's to
   * make, after which `undo` puts it back.
   */
  settle(at: Bytes): { readonly writes: readonly Write[]; readonly undo: () => void } | undefined {
    const text = chars(at);
    const object = this.#find(text);
    if (object === undefined) return undefined;
    const generation = this.#active;
    const [active, frozen] = [generation.byKey.get(raw(text)), this.#frozenObject(text)];
    const isActive = active !== undefined && active !== SETTLED;
    const isFrozen = frozen !== undefined && !(isActive && active.isFresh);
    const base = isFrozen ? frozen.base : object.base;
    const parts = new Map(isFrozen ? this.#partWrites(frozen) : []);
    if (object !== frozen) for (const [key, value] of this.#partWrites(object)) parts.set(key, value);
    // A checkpoint may be writing what the frozen generation comes to, or will: its index entries go as those before it.
    const between = isFrozen ? indexDifference(object.kind, object.phys, frozen.record, object.record) : [];
    const writes: Write[] = [
      [at, encodeRecord(this.#recordOf(object))],
      ...between,
      ...indexDifference(object.kind, object.phys, base, object.record),
      ...parts,
    ];
    if (isActive) generation.leave(active);
    const hasFrozen = frozen !== undefined;
    if (hasFrozen) {
      generation.settle(text, object.record.id);
      this.#frozen?.unindex(frozen);
    }
    const undo = () => {
      if (hasFrozen) {
        generation.byKey.delete(raw(text));
        generation.byId.delete(object.record.id);
        this.#frozen?.unindexed.set(frozen, true);
      }
      if (!isActive) return;
      generation.byKey.set(raw(text), active);
      generation.byId.set(active.record.id, active);
      generation.unindexed.set(active, true);
      generation.bytes += bytesOf(active);
    };
    return { writes, undo };
  }

  /** The value of a counter. */
  counter(key: Bytes): number {
    const text = chars(key);
    const live = this.#active.counters.get(text) ?? this.#frozen?.counters.get(text);
    if (live !== undefined) return live;
    const stored = this.#reader.get(key);
    return stored === undefined ? 0 : decodeNumber(stored);
  }

  /** Adds to a counter; returns what takes it back. */
  count(key: Bytes, change: number): () => void {
    const { counters } = this.#active;
    const text = chars(key);
    const before = counters.get(text);
    counters.set(text, (before ?? this.counter(key)) + change);
    return () => {
      if (before === undefined) counters.delete(text);
      else counters.set(text, before);
    };
  }

  /** A restart has met a write of the record at a key: what was redone of the object before is in that write. */
  overwritten(key: Bytes): void {
    const text = chars(key);
    if (text.charAt(0) !== RECORD_SPACE) return;
    const object = this.#find(text);
    if (object === undefined) return;
    const active = this.#active.byKey.get(raw(text));
    if (active !== undefined && active !== SETTLED) this.#active.leave(active);
    const frozen = this.#frozenObject(text);
    if (frozen === undefined) return;
    this.#active.settle(text, object.record.id);
    this.#frozen?.unindex(frozen);
    this.#frozen?.settle(text, frozen.record.id);
  }

  /** All that is live so far belongs to the frozen generation, of which there must be none. */
  freeze(): void {
    assert(this.#frozen === undefined, "one frozen generation at a time");
    this.#frozen = this.#active;
    this.#active = this.#frozen.successor();
  }

  /**
   * The writes that bring the frozen generation into the data file, in the order of keys within each space: neighbours share
   * pages. Lazy; undefined where the caller may pause, a promise where it has to wait: what misses is loaded for many objects
   * at once. Objects that have been settled are among them, as that may be taken back; else the next checkpoint replaces these.
   */
  *fold(): Generator<Write | undefined | Promise<void>> {
    for (const object of inOrder(this.#frozenObjects(), (a, b) => (a.at < b.at ? -1 : 1))) {
      if (object === undefined) yield undefined;
      else if (!object.kind.derivesRecord) yield [raw(object.at), encodeRecord(object.record)];
    }
    yield* foldedWithLoads(
      inOrder(this.#frozenObjects(), (a, b) => a.base.id - b.base.id),
      {
        miss: (object) => this.#missOf(object),
        writes: partsToFold,
      },
    );
    const index: Write[] = [];
    for (const { kind, phys, base, record } of this.#frozenObjects()) {
      for (const write of indexDifference(kind, phys, base, record)) index.push(write);
      yield undefined;
    }
    yield* inOrder(index, byKey);
  }

  /** Derives what follows from an object's tail; what that has missed, if it cannot be done yet. */
  #missOf(object: LiveObject): NotLoaded | undefined {
    try {
      this.#derivationOf(object);
      return undefined;
    } catch (error) {
      if (error instanceof NotLoaded) return error;
      throw error;
    }
  }

  /** What must reach the data file together with the mark: counters, and what is derived from a record that is. */
  lastWrites(): Write[] {
    const writes: Write[] = [];
    for (const [key, count] of this.#frozen?.counters ?? [])
      writes.push([raw(key), count === 0 ? null : encodeNumber(count)]);
    for (const object of this.#frozenObjects()) {
      if (!object.kind.derivesRecord) continue;
      const { record, writes: parts } = this.#derivationOf(object);
      writes.push([raw(object.at), encodeRecord(record)]);
      for (const write of parts) if (object.kind.isLate(write[0])) writes.push(write);
    }
    return writes;
  }

  #frozenObjects(): LiveObject[] {
    const objects: LiveObject[] = [];
    for (const object of this.#frozen?.byKey.values() ?? []) if (object !== SETTLED) objects.push(object);
    return objects;
  }

  /** The frozen generation is in the data file. */
  thawed(): void {
    this.#frozen = undefined;
    this.#active.forgetSettled();
  }

  #find(at: string): LiveObject | undefined {
    const active = this.#active.byKey.get(raw(at));
    if (active !== undefined) return active === SETTLED ? undefined : active;
    return this.#frozenObject(at);
  }

  #frozenObject(at: string): LiveObject | undefined {
    const frozen = this.#frozen?.byKey.get(raw(at));
    return frozen === SETTLED ? undefined : frozen;
  }

  #go(generation: Generation, object: LiveObject, { after, tail, given }: LiveChange): () => void {
    const [before, length] = [object.record, object.tail.length];
    let bytes = 0;
    let takeBack: (() => void) | undefined;
    if (given !== undefined) {
      bytes -= object.given?.bytes ?? 0;
      const { parts, undo } = given.addTo(object.given, generation.slab);
      if (object.given === undefined)
        for (const space of object.kind.givenSpaces) generation.spaces.add(space);
      object.given = parts;
      takeBack = undo;
      bytes += parts.bytes;
    }
    for (const item of tail) {
      object.tail.push(item);
      bytes += ITEM_BYTES + item.length;
    }
    object.record = after;
    generation.bytes += bytes;
    generation.changed(object);
    const { deriveEvery } = object.kind;
    // Nobody waits for this: what it misses is loaded for one of the next changes; until then it would miss the same.
    const isTried = deriveEvery > 0 && !this.#ahead.isLoading;
    if (isTried && object.tail.length - (object.derivation?.count ?? 0) >= deriveEvery)
      this.#ahead.load(this.#missOf(object));
    return () => {
      object.record = before;
      takeBack?.();
      object.tail.truncate(length);
      if (object.derivation !== undefined && object.derivation.count > length) object.derivation = undefined;
      generation.bytes -= bytes;
      generation.unindexed.set(object, true);
    };
  }

  /** Brings the indexes of both generations up to date. */
  #sync(): void {
    this.#frozen?.sync();
    this.#active.sync();
  }

  #indexRange(from: Bytes, to: Bytes, reverse: boolean): Iterator<LiveEntry> | undefined {
    const above = this.#active.indexRange(from, to, reverse);
    const below = this.#frozen?.indexRange(from, to, reverse);
    if (below !== undefined && this.#frozen?.index.size !== 0) return layered(above, below, reverse);
    return this.#active.index.size === 0 ? undefined : above;
  }

  #recordRange(from: Bytes, to: Bytes, reverse: boolean): Iterator<LiveEntry> {
    const above = this.#active.objectRange(from, to, reverse);
    const below = this.#frozen?.objectRange(from, to, reverse);
    return this.#recordsOf(below === undefined ? above : layered(above, below, reverse));
  }

  /** Records are encoded as they are taken: a reader may want the first of many. */
  *#recordsOf(objects: Iterator<[Bytes, LiveObject | typeof SETTLED]>): Generator<LiveEntry> {
    for (const [key, object] of { [Symbol.iterator]: () => objects })
      if (object !== SETTLED) yield [key, encodeRecord(this.#recordOf(object))];
  }

  #hasParts(space: string): boolean {
    return this.#active.spaces.has(space) || this.#frozen?.spaces.has(space) === true;
  }

  /** An object as the generations have it that say something of its parts, the newest first. */
  #generationsOf(space: string, id: number): readonly LiveObject[] {
    const active = this.#active.byId.get(id);
    if (active === SETTLED) return [];
    const frozen = active?.isFresh === true ? undefined : this.#frozen?.byId.get(id);
    return [active, frozen].filter(
      (object): object is LiveObject =>
        object !== undefined &&
        object !== SETTLED &&
        (object.kind.space === space || object.kind.givenSpaces.includes(space)),
    );
  }

  /** The writes to all parts of an object in one generation. */
  *#partWrites(object: LiveObject): Generator<Write> {
    yield* this.#derivationOf(object).writes;
    if (object.given !== undefined) yield* object.given.writes();
  }

  #recordOf(object: LiveObject): KeyRecord {
    return object.kind.derivesRecord ? this.#derivationOf(object).record : object.record;
  }

  #derivationOf(object: LiveObject): Derivation {
    const known = object.derivation;
    if (known?.count === object.tail.length && (known.record === object.record || object.kind.derivesRecord))
      return known;
    const frozen = object.isFresh ? undefined : this.#frozenObject(object.at);
    const below =
      frozen === undefined || frozen === object
        ? this.#reader
        : readerOver(this.#derivationOf(frozen).writes, this.#reader);
    object.derivation = object.kind.derive(below, object, known);
    return object.derivation;
  }

  #collectParts(found: SortedMap<Buffer | null>, space: string, from: Bytes, to: Bytes): void {
    const [low, high] = [chars(from), chars(to)];
    const collect = (object: LiveObject) => {
      const writes = space === object.kind.space ? this.#derivationOf(object).writes : object.given?.writes();
      // Of an object with many parts a few are asked for: the others need no place in the order.
      for (const [key, value] of writes ?? [])
        if (chars(key) >= low && chars(key) < high && chars(key).startsWith(space)) found.set(key, value);
    };
    // Nearly always the parts of one object are asked for.
    if (low.length >= 9 && high.length >= 9) {
      const [first, last] = [readU64(from, 1), readU64(to, 1)];
      if (last - first <= 1) {
        for (let id = first; id <= last; id += 1)
          this.#generationsOf(space, id).toReversed().forEach(collect);
        return;
      }
    }
    const ids = new Set([...this.#active.byId.keys(), ...(this.#frozen?.byId.keys() ?? [])]);
    for (const id of ids) this.#generationsOf(space, id).toReversed().forEach(collect);
  }
}
