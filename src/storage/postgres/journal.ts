/**
 * The journal of a partition: a row for each commit, in order. One statement inserts at a time, and takes all commits that came
 * while the one before it was under way, so that there are no gaps. It does nothing when the owner or the epoch is another one.
 *
 * What has become of a statement may be unknown: the connection broke, no answer came, the commit was cut short. Then the
 * epoch is raised, behind which that statement can do nothing more; a look at the rows, in the new epoch, tells what it has
 * done; and what is not there is inserted. Nothing is settled before. So a commit is never taken back: it is settled in the
 * end, or the partition is lost, and its next owner tells whether it was made.
 */
import type { CommitJournal } from "../commit-journal.ts";
import type { JournalMark } from "../data-file.ts";
import { type Commit, RecordEncoder } from "../journal-record.ts";
import { bigintArray, byteaArray } from "./arrays.ts";
import { Patience, type Statement, type Statements } from "./connection.ts";
import { HELD, type Ownership, Trouble } from "./ownership.ts";

const ROWS_PER_STATEMENT_MAX = 512;
const BYTES_PER_STATEMENT_MAX = 8 * 1024 * 1024;
/** With so much on its way to the database, whoever can wait should. */
const PENDING_BYTES_MAX = 32 * 1024 * 1024;
/** Rows that are removed by one statement. */
const TRIM_ROWS = 5000;

const INSERT: Statement = {
  name: "insert",
  commits: true,
  text: `with ${HELD}
    insert into detent_journal (p, sequence, epoch, at, record)
    select $1, t.sequence, $2, t.at, t.record from held, unnest($4::bigint[], $5::bigint[], $6::bytea[]) as t(sequence, at, record)`,
};

/** Which rows are there is told to the owner only, and holds until the epoch changes. */
const LOOK: Statement = {
  name: "look",
  text: `with ${HELD}
    select (select count(*) from held), count(*), max(sequence) from detent_journal where p = $1 and sequence > $4`,
};

const TRIM: Statement = {
  name: "trim",
  commits: true,
  text: `with ${HELD}, trimmed as (
      delete from detent_journal j using held where j.p = $1 and j.sequence > $4 and j.sequence <= $5
    )
    select count(*) from held`,
};

/** A commit that is not settled. */
interface Pending {
  readonly sequence: number;
  readonly atMs: number | undefined;
  readonly record: Buffer;
}

interface Waiter {
  readonly sequence: number;
  readonly resolve: (sequence: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Where it goes on. */
export interface JournalEnd {
  readonly mark: JournalMark;
  /** The sequence of the last row. */
  readonly sequence: number;
  /** Bytes of the rows behind the mark. */
  readonly bytes: number;
}

export class PostgresJournal implements CommitJournal {
  readonly #line: Statements;
  /** Another one, as rows are removed in no hurry. */
  readonly #trimLine: Statements;
  readonly #ownership: Ownership;
  readonly #encoder = new RecordEncoder();
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #waiters: Waiter[] = [];
  #isInserting = false;
  #sequence: number;
  #syncedSequence: number;
  #number: number;
  #activeBytes: number;
  #frozenBytes = 0;
  /** The sequence of the last commit of the frozen generation. */
  #frozenSequence: number;
  #trimmedSequence: number;
  #trim: Promise<void> = Promise.resolve();
  #flushMs = 0;
  #flushCount = 0;
  #flushMsTotal = 0;
  readonly #trouble = new Trouble();
  readonly #onSettled: () => void;

  constructor(parts: {
    readonly line: Statements;
    readonly trimLine: Statements;
    readonly ownership: Ownership;
    readonly end: JournalEnd;
    readonly onSettled: () => void;
  }) {
    this.#line = parts.line;
    this.#trimLine = parts.trimLine;
    this.#ownership = parts.ownership;
    this.#onSettled = parts.onSettled;
    const { mark, sequence, bytes } = parts.end;
    this.#number = mark.number + 1;
    this.#sequence = sequence;
    this.#syncedSequence = sequence;
    this.#frozenSequence = mark.sequence;
    this.#trimmedSequence = mark.sequence;
    this.#activeBytes = bytes;
  }

  get number(): number {
    return this.#number;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get syncedSequence(): number {
    return this.#syncedSequence;
  }

  get activeBytes(): number {
    return this.#activeBytes;
  }

  get bytes(): number {
    return this.#activeBytes + this.#frozenBytes;
  }

  get flushMs(): number {
    return this.#flushMs;
  }

  get flushes(): { readonly count: number; readonly totalMs: number } {
    return { count: this.#flushCount, totalMs: this.#flushMsTotal };
  }

  /** Why what waits is not settled yet, while it is tried again. */
  get trouble(): string | undefined {
    return this.#trouble.text;
  }

  get isFull(): boolean {
    return this.#pendingBytes > PENDING_BYTES_MAX;
  }

  append(commit: Commit): void {
    if (this.#ownership.lost !== undefined) throw this.#ownership.lost;
    const sequence = this.#sequence + 1;
    const head = { sequence, syncedSequence: this.#syncedSequence };
    const record = Buffer.from(this.#encoder.encode(commit, head, 0));
    this.#sequence = sequence;
    this.#activeBytes += record.length;
    this.#pendingBytes += record.length;
    this.#pending.push({ sequence, atMs: commit.atMs, record });
    if (!this.#isInserting) void this.#insertAll();
  }

  /** Resolves when all so far is settled; returns the sequence of the last one. @throws LostError */
  syncAside(): Promise<number> {
    return this.#settledUpTo(this.#sequence);
  }

  rotate(): void {
    this.#frozenSequence = this.#sequence;
    this.#frozenBytes = this.#activeBytes;
    this.#activeBytes = 0;
    this.#number += 1;
  }

  async syncSpare(): Promise<void> {
    await this.#settledUpTo(this.#frozenSequence);
  }

  /** The data has all up to a sequence, and says so in its mark: nobody looks at those rows any more. */
  release(sequence: number): void {
    this.#frozenBytes = 0;
    // One that fails leaves its rows to the next one.
    this.#trim = this.#trim.then(() => this.#trimUpTo(sequence)).catch(() => undefined);
  }

  /** What waits will not be settled. */
  fail(error: Error): void {
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  async close(): Promise<void> {
    await this.#trim;
  }

  #settledUpTo(sequence: number): Promise<number> {
    if (this.#syncedSequence >= sequence) return Promise.resolve(sequence);
    if (this.#ownership.lost !== undefined) return Promise.reject(this.#ownership.lost);
    return new Promise((resolve, reject) => this.#waiters.push({ sequence, resolve, reject }));
  }

  async #insertAll(): Promise<void> {
    this.#isInserting = true;
    while (this.#pending.length > 0 && this.#ownership.lost === undefined) {
      const startMs = performance.now();
      const sequence = await this.#insert();
      if (sequence !== undefined) this.#settle(sequence, startMs);
      else await this.#resolveDoubt(startMs);
    }
    this.#isInserting = false;
  }

  #nextBatch(): readonly Pending[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#pending) {
      bytes += record.length;
      if (count === ROWS_PER_STATEMENT_MAX || (count > 0 && bytes > BYTES_PER_STATEMENT_MAX)) break;
      count += 1;
    }
    return this.#pending.slice(0, count);
  }

  /** The sequence up to which all is there; undefined when that is not certain. */
  async #insert(): Promise<number | undefined> {
    let batch: readonly Pending[] = [];
    try {
      const { count } = await this.#line.run(INSERT, (timeline) => {
        batch = this.#nextBatch();
        return [
          ...this.#ownership.fenceOn(timeline),
          bigintArray(batch.map(({ sequence }) => sequence)),
          bigintArray(batch.map(({ atMs }) => atMs)),
          byteaArray(batch.map(({ record }) => record)),
        ];
      });
      return count === batch.length ? batch.at(-1)?.sequence : undefined;
    } catch (error) {
      this.#trouble.failed(error);
      return undefined;
    }
  }

  /** Returns when it is known which commits are there, or when the partition is lost. */
  async #resolveDoubt(startMs: number): Promise<void> {
    for (const patience = new Patience(); this.#ownership.lost === undefined; await patience.pause()) {
      try {
        await this.#ownership.raise(this.#line);
        const { partition } = this.#ownership;
        const { rows } = await this.#line.run(LOOK, this.#ownership.fenced(this.#syncedSequence));
        const [held, count, last] = rows[0] ?? [];
        // The epoch has changed between the two.
        if (held !== "1") continue;
        if (last === null || last === undefined) return;
        const sequence = Number(last);
        if (sequence > this.#sequence || sequence - this.#syncedSequence !== Number(count)) {
          this.#ownership.lose(
            `partition ${partition} has rows in its journal that its owner has not written`,
          );
          return;
        }
        this.#settle(sequence, startMs);
        return;
      } catch (error) {
        this.#trouble.failed(error);
      }
    }
  }

  #settle(sequence: number, startMs: number): void {
    this.#flushMs = performance.now() - startMs;
    this.#flushCount += 1;
    this.#flushMsTotal += this.#flushMs;
    this.#trouble.succeeded();
    this.#syncedSequence = sequence;
    const left = this.#pending.findIndex((pending) => pending.sequence > sequence);
    for (const { record } of this.#pending.splice(0, left === -1 ? this.#pending.length : left))
      this.#pendingBytes -= record.length;
    const ready = this.#waiters.filter((waiter) => waiter.sequence <= sequence);
    this.#waiters = this.#waiters.filter((waiter) => waiter.sequence > sequence);
    for (const { resolve } of ready) resolve(sequence);
    this.#onSettled();
  }

  async #trimUpTo(sequence: number): Promise<void> {
    while (this.#trimmedSequence < sequence && this.#ownership.lost === undefined) {
      const to = Math.min(sequence, this.#trimmedSequence + TRIM_ROWS);
      const { rows } = await this.#trimLine.run(TRIM, this.#ownership.fenced(this.#trimmedSequence, to));
      if (rows[0]?.[0] !== "1") return;
      this.#trimmedSequence = to;
    }
  }
}
