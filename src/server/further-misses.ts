/**
 * What a piece of work will miss beside what it has missed, found by trying parts of it and taking them back: so all is loaded at
 * once that can be known now, instead of one thing with each run. It need not be right: what is loaded for nothing is forgotten.
 */
import type { Databases } from "../keyspace/databases.ts";
import type { Savepoint } from "../keyspace/transaction.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import type { Marks, Part } from "./turn.ts";

/** Loads that one run leads to. */
const MISSES_MAX = 256;

export class FurtherMisses {
  readonly #databases: Databases;
  /** For work that may reach into other partitions. */
  readonly #part: Part | undefined;
  readonly #beginning: Savepoint;
  readonly #marks: Marks | undefined;
  readonly #found: NotLoaded[] = [];

  constructor(databases: Databases, part?: Part) {
    this.#databases = databases;
    this.#part = part;
    this.#beginning = databases.transaction.savepoint();
    this.#marks = part?.turn.marks(part);
  }

  get isFull(): boolean {
    return this.#found.length >= MISSES_MAX;
  }

  /** Tries a part, which may build upon those before it. */
  look(work: () => unknown): void {
    if (this.isFull) return;
    const savepoint = this.#databases.transaction.savepoint();
    const marks = this.#part?.turn.marks(this.#part);
    try {
      work();
    } catch (error) {
      // Whatever else it meets, it meets when it runs.
      this.#takeBack(savepoint, marks);
      if (error instanceof NotLoaded) this.#found.push(error);
    }
  }

  /** Takes all back; what has been found. */
  end(): readonly NotLoaded[] {
    this.#takeBack(this.#beginning, this.#marks);
    return this.#found;
  }

  #takeBack(savepoint: Savepoint, marks: Marks | undefined): void {
    if (this.#part === undefined) this.#databases.rollback(savepoint);
    else this.#part.turn.rollback(this.#part, savepoint, marks);
  }
}
