/**
 * Commits that are visible and whose sync is under way: what takes each of them back, should it fail. They are in the
 * active table, which must not be frozen while there are any.
 */
import type { Bytes } from "../base/bytes.ts";
import type { JournalPlace } from "./journal.ts";
import type { Write } from "./ordered-store.ts";
import type { WriteTable } from "./write-table.ts";

interface EarlyCommit {
  readonly place: JournalPlace;
  readonly before: readonly (readonly [key: Bytes, value: Buffer | null | undefined])[];
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

  /** To be called before the table takes the writes. */
  add(place: JournalPlace, table: WriteTable, writes: readonly Write[], undo: () => void): void {
    const before = writes.map(([key]) => [key, table.get(key)] as const);
    this.#commits.push({ place, before, undo });
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
    for (const { before, undo } of commits.toReversed()) {
      // A commit has each key once.
      for (const [key, value] of before) table.restore(key, value);
      undo();
    }
    return commits.map(({ place }) => place);
  }
}
