/**
 * The data of a partition: the table that checkpoints carry to. What is read has to be known (known-keys.ts), and is loaded
 * where it is not (data-reads.ts). A batch that may have failed is sent again, in a new epoch so that the first one cannot
 * come later: it says what values keys have, so that twice is once.
 */

import type { Bytes } from "../../base/bytes.ts";
import { chars, raw } from "../../base/bytes.ts";
import { messageOf } from "../../postgres/message-of.ts";
import type { DataFile, JournalMark } from "../data-file.ts";
import { type Hold, NotLoaded } from "../not-loaded.ts";
import type { Entry, Write } from "../ordered-store.ts";
import { byteaArray } from "./arrays.ts";
import { Patience, type Statement, type Statements } from "./connection.ts";
import type { DataReads } from "./data-reads.ts";
import type { KnownKeys } from "./known-keys.ts";
import { HELD, IS_OWN, type Ownership, Trouble } from "./ownership.ts";

const PUT = `insert into detent_data (p, key, value)
    select $1, t.key, t.value from held, unnest($4::bytea[], $5::bytea[]) as t(key, value)
    on conflict (p, key) do update set value = excluded.value`;
const REMOVE =
  "delete from detent_data d using held, unnest($6::bytea[]) as t(key) where d.p = $1 and d.key = t.key";

const APPLY: Statement = {
  name: "apply",
  commits: true,
  text: `with ${HELD},
      put as (${PUT}), removed as (${REMOVE})
    select count(*) from held`,
};

const SET_MARK: Statement = {
  name: "mark",
  commits: true,
  text: `with held as (
        update detent_partition set generation = $7, mark = $8 where ${IS_OWN} returning 1
      ),
      put as (${PUT}), removed as (${REMOVE})
    select count(*) from held`,
};

export class PostgresData implements DataFile {
  readonly #line: Statements;
  readonly #ownership: Ownership;
  readonly #known: KnownKeys;
  readonly #reads: DataReads;
  #mark: JournalMark;
  readonly #trouble = new Trouble();
  #hits = 0;
  #misses = 0;

  constructor(parts: {
    readonly line: Statements;
    readonly ownership: Ownership;
    readonly known: KnownKeys;
    readonly reads: DataReads;
    readonly mark: JournalMark;
  }) {
    this.#line = parts.line;
    this.#ownership = parts.ownership;
    this.#known = parts.known;
    this.#reads = parts.reads;
    this.#mark = parts.mark;
  }

  /** Why a batch has not been taken yet, while it is tried again. */
  get trouble(): string | undefined {
    return this.#trouble.text;
  }

  /** Reads of single keys that were known, and those that were not. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  /** @throws NotLoaded */
  get(key: Bytes): Buffer | undefined {
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#misses += 1;
      throw new NotLoaded((hold) => this.#reads.loadPoint(key, hold));
    }
    this.#hits += 1;
    return known ?? undefined;
  }

  /** True unless it is known that there is none: who asks wants to know whether a removal may be left out. */
  has(key: Bytes): boolean {
    return this.#known.get(key) !== null;
  }

  /** @throws NotLoaded when it comes to what is not known */
  *range(from: Bytes, to: Bytes, reverse: boolean): Generator<Entry> {
    const [low, high] = [chars(from), chars(to)];
    if (reverse) yield* this.#rangeDown(low, high);
    else yield* this.#rangeUp(low, high);
  }

  renewReads(): void {}

  async apply(writes: Iterable<Write>): Promise<void> {
    await this.#write(APPLY, lastOfEach(writes), []);
  }

  mark(): JournalMark | undefined {
    return this.#mark.number === 0 ? undefined : this.#mark;
  }

  async setMark(mark: JournalMark, last: readonly Write[] = []): Promise<void> {
    await this.#write(SET_MARK, lastOfEach(last), [mark.number, mark.sequence]);
    this.#mark = mark;
  }

  get isLost(): boolean {
    return this.#ownership.lost !== undefined;
  }

  canRetry(): boolean {
    return !this.isLost;
  }

  reasonOf(error: unknown): string {
    return messageOf(error);
  }

  /** Loads what is not known of some keys; undefined when all are. */
  prefetch(keys: readonly Bytes[], hold: Hold): Promise<void> | undefined {
    const missing = keys.filter((key) => this.#known.get(key) === undefined);
    if (missing.length === 0) return undefined;
    return Promise.all(missing.map((key) => this.#reads.loadPoint(key, hold))).then(() => undefined);
  }

  *#rangeUp(low: string, high: string): Generator<Entry> {
    for (let at = low; at < high; ) {
      const page = this.#known.pageAt(at);
      if (page === undefined) throw this.#missing(at, high, false);
      for (let index = page.indexOf(at); index < page.keys.length; index += 1) {
        const [key, value] = [page.keys[index], page.values[index]];
        if (key === undefined || value === undefined || key >= high) break;
        yield [raw(key), value];
      }
      at = page.to;
    }
  }

  *#rangeDown(low: string, high: string): Generator<Entry> {
    for (let at = high; at > low; ) {
      const page = this.#known.pageBelow(at);
      if (page === undefined) throw this.#missing(low, at, true);
      for (let index = page.indexOf(at) - 1; index >= 0; index -= 1) {
        const [key, value] = [page.keys[index], page.values[index]];
        if (key === undefined || value === undefined || key < low) break;
        yield [raw(key), value];
      }
      at = page.from;
    }
  }

  #missing(from: string, to: string, reverse: boolean): NotLoaded {
    this.#misses += 1;
    return new NotLoaded((hold) => this.#reads.loadPage(raw(from), raw(to), reverse, hold));
  }

  async #write(statement: Statement, writes: readonly Write[], rest: readonly unknown[]): Promise<void> {
    const put = writes.filter((write): write is readonly [Bytes, Buffer] => write[1] !== null);
    const removed = writes.filter(([, value]) => value === null);
    const arrays = [
      byteaArray(put.map(([key]) => key)),
      byteaArray(put.map(([, value]) => value)),
      byteaArray(removed.map(([key]) => key)),
    ];
    const patience = new Patience();
    while (!(await this.#attempt(statement, [...arrays, ...rest]))) await patience.pause();
    this.#reads.written(writes);
  }

  /** False when it is to be tried again. @throws LostError */
  async #attempt(statement: Statement, parameters: readonly unknown[]): Promise<boolean> {
    const { lost } = this.#ownership;
    if (lost !== undefined) throw lost;
    try {
      const { rows } = await this.#line.run(statement, this.#ownership.fenced(...parameters));
      const [row] = rows;
      if (row?.[0] === "1") {
        this.#trouble.succeeded();
        return true;
      }
    } catch (error) {
      this.#trouble.failed(error);
    }
    try {
      await this.#ownership.raise(this.#line);
    } catch (error) {
      if (this.#ownership.lost !== undefined) throw this.#ownership.lost;
      this.#trouble.failed(error);
    }
    return false;
  }
}

/** The last write of each key, as a statement may have a key once. */
function lastOfEach(writes: Iterable<Write>): Write[] {
  const last = new Map<Bytes, Write>();
  for (const write of writes) last.set(write[0], write);
  return [...last.values()];
}
