/** What a journal does for a store, wherever it keeps its records: in files, or in the rows of a database. */
import type { Commit } from "./journal-record.ts";

export interface CommitJournal {
  /** The number of the part that takes records; it belongs to the active generation. */
  readonly number: number;
  /** The sequence of the last commit, and of the last one that is known to be safe. */
  readonly sequence: number;
  readonly syncedSequence: number;
  /** Bytes of the part that takes records, and of both. */
  readonly activeBytes: number;
  readonly bytes: number;
  /** How long the last sync took; how many there have been, and how long they took together. */
  readonly flushMs: number;
  readonly flushes: { readonly count: number; readonly totalMs: number };
  /** Takes a commit. `isEarly`: it need not be safe when this returns, and is brought there by `syncAside`. */
  append(commit: Commit, isEarly: boolean): void;
  /** Resolves when every commit so far is safe, with the sequence of the last one. */
  syncAside(): Promise<number>;
  /** Begins the next part. The one before must have been released. @param dataBytesMin bytes that the data is known to have */
  rotate(dataBytesMin: number): void;
  /** Resolves when every commit of the part before this one is safe. */
  syncSpare(): Promise<void>;
  /** The commits of the part before this one, up to a sequence, are in the data. */
  release(sequence: number): void;
  close(): Promise<void>;
}
