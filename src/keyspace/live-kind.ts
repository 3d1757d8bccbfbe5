/** What objects can be live (live-objects.ts): what a type of object has to do for it, and what a change of one is. */
import type { Bytes } from "../base/bytes.ts";
import type { OrderedReader, Write } from "../storage/ordered-store.ts";
import type { KeyRecord } from "./records.ts";
import type { Slab } from "./slab.ts";

/** What a type of object does to be live. A tail is what changes have added to an object's parts, oldest first. */
export interface LiveKind {
  /** One letter that begins the keys of the parts that follow from the tail. */
  readonly space: string;
  /** The letters of the parts that changes give as they are (`Giving`). */
  readonly givenSpaces: string;
  /** True when the record follows from the tail: `derive` makes it, and `record` of a change is but a summary. */
  readonly derivesRecord: boolean;
  /** After so many items of a tail it is derived what follows from them, so that no more is left to do at once; 0: never. */
  readonly deriveEvery: number;
  /** What a generation keeps of the record it begins with, until the checkpoint: as little as the functions below get by with. */
  baseOf(record: KeyRecord): KeyRecord;
  /** The keys of the index entries of an object in a state of its record; their values are empty. */
  indexKeys(phys: number, record: KeyRecord): readonly Bytes[];
  /**
   * What follows from the tail of a generation. `below` reads the parts the generation began with. Given what followed
   * from the beginning of the same tail, it may go on from there. What is stored already is passed over.
   */
  derive(below: OrderedReader, generation: LiveGeneration, known: Derivation | undefined): Derivation;
  /** True for the key of a part that `derive` may write; objects may have parts of other kinds. */
  isDerived(key: Bytes): boolean;
  /** True for a part that must reach the data file together with the mark of the checkpoint, as must a derived record. */
  isLate(key: Bytes): boolean;
}

/** An object as a generation has it. */
export interface LiveGeneration {
  /** The record the generation began with. */
  readonly base: KeyRecord;
  readonly record: KeyRecord;
  readonly tail: Tail;
}

/** What the changes of a generation have added to an object: byte strings, oldest first. */
export interface Tail {
  readonly length: number;
  /** A view of an item. */
  at(index: number): Buffer;
}

export interface Derivation {
  /** How many items of the tail it covers. */
  readonly count: number;
  readonly record: KeyRecord;
  /** The writes to the parts, by key. */
  readonly writes: ReadonlyMap<Bytes, Buffer | null>;
}

/** Where a live object stands. */
export interface LivePlace {
  /** The key of its record. */
  readonly at: Bytes;
  readonly phys: number;
}

/** The parts of an object that changes of a generation have given, as the last of them left these. */
export interface GivenParts {
  /** About how much memory they take. */
  readonly bytes: number;
  /** What is under a key; null when it was removed, undefined when no change has said. */
  get(key: Bytes): Buffer | null | undefined;
  writes(): Iterable<Write>;
}

/** What a change does to the parts of an object beside what follows from the tail. */
export interface Giving {
  /** Adds it to what earlier changes of the generation gave, if any; bytes may go to the slab of the generation. */
  addTo(known: GivenParts | undefined, slab: Slab): { readonly parts: GivenParts; readonly undo: () => void };
}

/** A change of a live object, or the first change of one that becomes live by it. */
export interface LiveChange {
  readonly kind: LiveKind;
  readonly place: LivePlace;
  readonly before: KeyRecord;
  readonly after: KeyRecord;
  /** What the change adds to the tail. */
  readonly tail: readonly Buffer[];
  readonly given: Giving | undefined;
}

const NOTHING = Buffer.alloc(0);

/** What is to be written to the indexes when a record follows another. */
export function indexDifference(kind: LiveKind, phys: number, before: KeyRecord, after: KeyRecord): Write[] {
  const [old, fresh] = [kind.indexKeys(phys, before), kind.indexKeys(phys, after)];
  const writes: Write[] = [];
  for (const key of old) if (!fresh.includes(key)) writes.push([key, null]);
  for (const key of fresh) if (!old.includes(key)) writes.push([key, NOTHING]);
  return writes;
}
