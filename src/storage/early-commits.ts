/**
 * Commits that are visible and whose sync is under way: what takes each of them back, should it fail. They are in the
 * active table, which must not be frozen while there are any.
 */
import type { JournalPlace } from "./journal.ts";
import type { Write } from "./ordered-store.ts";
import type { Before, WriteTable } from "./write-table.ts";

export interface EarlyCommit {
  readonly place: JournalPlace;
  readonly writes: readonly Write[];
  /** What the table had for the key of each write (`WriteTable.apply`). */
  readonly before: readonly Before[];
  readonly undo: () => void;
}

export class EarlyCommits {
  /** The oldest first. */
  #commits: EarlyCommit[] = [];

  get isEmpty(): boolean {
    return this.#commits.length === 0;
  }

  /** Where the journal stood before the oldest. */
  get place(): JournalPlace | undefined {
    return this.#commits[0]?.place;
  }

  add(commit: EarlyCommit): void {
    this.#commits.push(commit);
  }

  /** The commits up to a sequence are on disk. */
  settle(sequence: number): void {
    const left = this.#commits.findIndex(({ place }) => place.sequence >= sequence);
    this.#commits = left === -1 ? [] : this.#commits.slice(left);
  }

  /** Takes all of them back, the newest first; returns where the journal stood before each, the oldest first. */
  takeBack(table: WriteTable): JournalPlace[] {
    const commits = this.#commits;
    this.#commits = [];
    for (const { writes, before, undo } of commits.toReversed()) {
      // A commit has each key once.
      for (const [index, [key]] of writes.entries()) table.restore(key, before[index]);
      undo();
    }
    return commits.map(({ place }) => place);
  }
}
