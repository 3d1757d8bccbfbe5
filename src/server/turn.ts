/**
 * A turn of the event loop in all partitions that it touches: one transaction for each, begun when first asked for, and one
 * list of what has changed. A request works in one partition; some speak of all that the server holds.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Change } from "../keyspace/changes.ts";
import { Databases } from "../keyspace/databases.ts";
import type { Partition, Partitions } from "../keyspace/partitions.ts";
import type { Savepoint } from "../keyspace/transaction.ts";

/** What a turn does in a partition. */
export interface Part {
  readonly turn: Turn;
  readonly partition: Partition;
  readonly databases: Databases;
}

/** Where the other parts of a turn were when a request began. */
export type Marks = ReadonlyMap<Part, Savepoint>;

export class Turn {
  readonly nowMs: number;
  readonly changes: Change[] = [];
  readonly #partitions: Partitions;
  readonly #databaseCount: number;
  readonly #isSingle: boolean;
  readonly #parts: Part[] = [];
  /** The one that was begun first. */
  #first: Part | undefined;
  /** How often a request has looked beyond its own part: what it is answered may depend on all of them. */
  wideCount = 0;

  constructor(partitions: Partitions, databaseCount: number, nowMs: number) {
    this.#partitions = partitions;
    this.#databaseCount = databaseCount;
    this.nowMs = nowMs;
    // Nearly every turn needs the only one there is.
    this.#isSingle = partitions.all.length === 1;
    if (this.#isSingle) this.part(partitions.home);
  }

  /** Those that were asked for. */
  get parts(): readonly Part[] {
    return this.#parts;
  }

  /** The part in a partition, begun when it is asked for first. Costs a comparison where there is one partition. */
  part(partition: Partition): Part {
    if (this.#first?.partition === partition) return this.#first;
    return this.#parts.find((part) => part.partition === partition) ?? this.#begin(partition);
  }

  #begin(partition: Partition): Part {
    const { store, place } = partition;
    const transaction = store.begin(this.changes);
    const databases = new Databases(transaction, this.#databaseCount, this.nowMs, place);
    const part = { turn: this, partition, databases };
    this.#first ??= part;
    this.#parts.push(part);
    return part;
  }

  /** The databases of all partitions that the server holds, in the order of slots. */
  everywhere(): readonly Databases[] {
    this.wideCount += 1;
    return this.#partitions.all.map((partition) => this.part(partition).databases);
  }

  /** The databases of the partition that holds a key; undefined where the server does not hold it. */
  placeOf(key: Bytes): Databases | undefined {
    this.wideCount += 1;
    const partition = this.#partitions.all.find(({ place }) => place.holds(key));
    return partition && this.part(partition).databases;
  }

  /** Where all other parts are; undefined where there is none and will be none. */
  marks(own: Part): Marks | undefined {
    if (this.#isSingle) return undefined;
    const others = this.#parts.filter((part) => part !== own);
    return new Map(others.map((part) => [part, part.databases.transaction.savepoint()]));
  }

  /**
   * Commits the parts that have something to commit, each to its store.
   * @param begin called before each: whether it may return before it is on disk
   * @returns why stores have refused, where some have
   */
  commit(begin: (part: Part) => boolean): ReadonlyMap<Partition, Error> | undefined {
    let failures: Map<Partition, Error> | undefined;
    for (const part of this.#parts) {
      const { partition, databases } = part;
      if (databases.transaction.isEmpty) continue;
      const isEarly = begin(part);
      try {
        partition.store.commit(databases.transaction, this.nowMs, isEarly);
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error));
        failures = new Map(failures).set(partition, failure);
      }
    }
    return failures;
  }

  /** Takes back what a request has done since its savepoint, in its own part and in all others. */
  rollback(own: Part, savepoint: Savepoint, marks: Marks | undefined): void {
    // What was begun since then goes back to its beginning.
    const beginning = { writeCount: 0, changeCount: savepoint.changeCount };
    if (marks !== undefined)
      for (const part of this.#parts) if (part !== own) part.databases.rollback(marks.get(part) ?? beginning);
    own.databases.rollback(savepoint);
  }
}
