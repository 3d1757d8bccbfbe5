/**
 * Sorted sets. An entry is the score, as eight bytes that sort like scores, followed by the member. So the byte order
 * of entries is the order of the sorted set. A small sorted set is stored in its record. A large one is a counted tree,
 * which finds ranks and counts by one node per level; besides, the score of each member is stored under the member.
 *
 * An instance is a working copy for one command: `save` writes the changes and reports them.
 */
import { assert } from "../base/assert.ts";
import { ByteRanges } from "../base/byte-ranges.ts";
import type { KeyEvent } from "../keyspace/changes.ts";
import { CountedTree, type Run, treeRootOf } from "./counted-tree.ts";
import { Elements } from "./elements.ts";
import { countOf, type Encoding, headerOf, isSmall } from "./header.ts";
import type { Held } from "./held.ts";
import { Packed } from "./packed.ts";
import { SCORE_BYTES, scoreOfBytes, sortableScore } from "./score.ts";
import { lowerBound } from "./tree-node.ts";

export interface Scored {
  readonly name: Buffer;
  readonly score: number;
}

export interface ScoredPage {
  /** The cursor of the next call; 0 at the end of the scan. */
  readonly cursor: number;
  readonly members: readonly Scored[];
}

export class SortedSet {
  readonly held: Held;
  /** The entries of a small sorted set, in order. */
  #entries: Packed | undefined;
  /** The tree of a large sorted set. */
  #tree: CountedTree | undefined;
  #parts: Elements | undefined;
  #count: number;
  /** The encoding that Redis would use. The commands set it, since they know the limits. */
  encoding: Encoding;

  constructor(held: Held) {
    this.held = held;
    const header = held.record === undefined ? undefined : headerOf(held.record);
    this.encoding = header?.encoding ?? "compact";
    if (header?.isLarge) {
      this.#count = countOf(header.numbers);
      this.#tree = new CountedTree(held.id, held.transaction, treeRootOf(header.numbers));
    } else {
      this.#entries = header?.entries ?? Packed.EMPTY;
      this.#count = this.#entries.count;
    }
  }

  get count(): number {
    return this.#count;
  }

  /** The score of a member; undefined when there is no such member. */
  score(member: Buffer): number | undefined {
    if (this.#entries !== undefined) {
      const index = this.#indexOf(this.#entries, member);
      return index < 0 ? undefined : scoreOfBytes(this.#entries.at(index));
    }
    return this.#elements().get(member)?.readDoubleBE(0);
  }

  has(member: Buffer): boolean {
    return this.score(member) !== undefined;
  }

  /** The rank of a member, counted from the lowest score, and its score; undefined when there is no such member. */
  ranked(member: Buffer): { readonly rank: number; readonly score: number } | undefined {
    const score = this.score(member);
    return score === undefined ? undefined : { rank: this.below(entryOf(score, member)), score };
  }

  /** The number of entries below these bytes, which may be a prefix of an entry. */
  below(bytes: Buffer): number {
    return this.#entries === undefined ? this.#large().below(bytes) : lowerBound(this.#entries, bytes);
  }

  /** The member at a rank, which is below the count. */
  at(place: number): Scored {
    return scored(this.#entries?.at(place) ?? this.#large().at(place));
  }

  /** Members between two ranks, both included, in either direction; lazy, to be read before the next write. */
  *range(from: number, to: number): Generator<Scored> {
    const reverse = to < from;
    let place = from;
    while (reverse ? place >= to : place <= to) {
      const { entries, start } = this.#runAt(place);
      const last = reverse ? Math.max(to, start) : Math.min(to, start + entries.count - 1);
      for (; reverse ? place >= last : place <= last; place += reverse ? -1 : 1)
        yield scored(entries.at(place - start));
    }
  }

  /** Like `range`, but only the members, without an object for each. */
  names(from: number, to: number): ByteRanges {
    const found = new ByteRanges();
    const reverse = to < from;
    let place = from;
    while (reverse ? place >= to : place <= to) {
      const { entries, start } = this.#runAt(place);
      if (reverse) {
        const last = Math.max(to, start);
        for (; place >= last; place -= 1) entries.addOneTo(found, place - start, SCORE_BYTES);
      } else {
        const end = Math.min(to + 1, start + entries.count);
        entries.addTo(found, place - start, end - start, SCORE_BYTES);
        place = end;
      }
    }
    return found;
  }

  /** All members in order. The iterator is lazy: read it before the next write. */
  elements(): Iterable<Scored> {
    return this.#count === 0 ? [] : this.range(0, this.#count - 1);
  }

  /** A member chosen by a number from 0 to below 1; undefined when there is none. */
  drawn(random: () => number): Scored | undefined {
    return this.#count === 0 ? undefined : this.at(Math.floor(random() * this.#count));
  }

  /** A step of a scan that returns each member that stays once; for a small sorted set, all members. */
  scan(cursor: number, count: number): ScoredPage {
    if (this.#entries !== undefined) return { cursor: 0, members: [...this.elements()] };
    const page = this.#elements().scan(cursor, count);
    const members = page.elements.map(({ name, value }) => ({ name, score: value.readDoubleBE(0) }));
    return { cursor: page.cursor, members };
  }

  /** Sets the score of a member; `before` is its current score. */
  set(member: Buffer, score: number, before: number | undefined): void {
    if (before !== undefined) this.#removeEntry(entryOf(before, member));
    this.#count += before === undefined ? 1 : 0;
    const entry = entryOf(score, member);
    if (this.#entries !== undefined) {
      this.#entries = this.#entries.spliced(lowerBound(this.#entries, entry), 0, [entry]);
      if (!isSmall(this.#entries)) this.#spread(this.#entries);
      return;
    }
    this.#large().insertInOrder(entry);
    this.#elements().put(member, scoreValue(score));
  }

  /** Removes a member; false when there is no such member. */
  delete(member: Buffer): boolean {
    const score = this.score(member);
    if (score === undefined) return false;
    this.#removeEntry(entryOf(score, member));
    if (this.#entries === undefined) this.#elements().remove(member);
    this.#count -= 1;
    return true;
  }

  /** Removes members, starting at a rank. */
  removeRange(place: number, count: number): void {
    if (count <= 0) return;
    if (this.#entries !== undefined) this.#entries = this.#entries.spliced(place, count, []);
    else {
      const elements = this.#elements();
      if (count < this.#count)
        for (const { name } of this.range(place, place + count - 1)) elements.remove(name);
      this.#large().remove(place, count);
    }
    this.#count -= count;
  }

  /** Writes the changes and reports them; removes an empty sorted set. */
  save(event: KeyEvent | undefined): void {
    const { held, encoding } = this;
    if (this.#count === 0) {
      held.removeEmptied(event);
      return;
    }
    if (this.#entries !== undefined) {
      held.save({ isLarge: false, encoding, entries: this.#entries }, event);
      return;
    }
    const tree = this.#large();
    tree.write(held.transaction);
    held.save({ isLarge: true, encoding, numbers: [this.#count, ...tree.numbers] }, event);
  }

  #runAt(place: number): Run {
    return this.#entries === undefined ? this.#large().runAt(place) : { entries: this.#entries, start: 0 };
  }

  #removeEntry(entry: Buffer): void {
    if (this.#entries === undefined) this.#large().removeInOrder(entry);
    else this.#entries = this.#entries.spliced(lowerBound(this.#entries, entry), 1, []);
  }

  #indexOf(entries: Packed, member: Buffer): number {
    const length = member.length + SCORE_BYTES;
    for (let index = 0; index < entries.count; index += 1) {
      const entry = entries.at(index);
      if (entry.length === length && entry.compare(member, 0, member.length, SCORE_BYTES) === 0) return index;
    }
    return -1;
  }

  /** Moves the entries of a sorted set that has become large to a tree. */
  #spread(entries: Packed): void {
    this.#tree = CountedTree.of(this.held.id, this.held.transaction, entries, true);
    this.#entries = undefined;
    const elements = this.#elements();
    for (const entry of entries.entries()) {
      const { name, score } = scored(entry);
      elements.put(name, scoreValue(score));
    }
  }

  #elements(): Elements {
    const { id } = this.held;
    if (this.#parts?.id !== id) this.#parts = new Elements(id, this.held.transaction);
    return this.#parts;
  }

  #large(): CountedTree {
    assert(this.#tree !== undefined, "a large sorted set has a tree");
    return this.#tree;
  }
}

/** The entry of a member; without a member, the lower bound of all entries of this score. */
export function entryOf(score: number, member?: Buffer): Buffer {
  const bytes = sortableScore(score);
  return member === undefined ? bytes : Buffer.concat([bytes, member]);
}

function scored(entry: Buffer): Scored {
  return { name: entry.subarray(SCORE_BYTES), score: scoreOfBytes(entry) };
}

function scoreValue(score: number): Buffer {
  const bytes = Buffer.allocUnsafe(SCORE_BYTES);
  bytes.writeDoubleBE(score + 0);
  return bytes;
}
