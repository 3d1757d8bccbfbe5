/**
 * What a piece of work will miss beside what it has missed, found by trying parts of it and taking them back: so all is loaded at
 * once that can be known now, instead of one thing with each run. It need not be right: what is loaded for nothing is forgotten.
 */
import type { Databases } from "../keyspace/databases.ts";
import type { Savepoint } from "../keyspace/transaction.ts";
import { NotLoaded } from "../storage/not-loaded.ts";

/** Loads that one run leads to. */
const MISSES_MAX = 256;

export class FurtherMisses {
  readonly #databases: Databases;
  readonly #beginning: Savepoint;
  readonly #found: NotLoaded[] = [];

  constructor(databases: Databases) {
    this.#databases = databases;
    this.#beginning = databases.transaction.savepoint();
  }

  get isFull(): boolean {
    return this.#found.length >= MISSES_MAX;
  }

  /** Tries a part, which may build upon those before it. */
  look(work: () => unknown): void {
    if (this.isFull) return;
    const savepoint = this.#databases.transaction.savepoint();
    try {
      work();
    } catch (error) {
      // Whatever else it meets, it meets when it runs.
      this.#databases.rollback(savepoint);
      if (error instanceof NotLoaded) this.#found.push(error);
    }
  }

  /** Takes all back; what has been found. */
  end(): readonly NotLoaded[] {
    this.#databases.rollback(this.#beginning);
    return this.#found;
  }
}
