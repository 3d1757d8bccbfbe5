/**
 * Loads what a read has missed, and remembers it. Keys that are asked for while others are on the way share the next
 * statement. The answer to one says more than whether its key is there: where it is not, which one comes next.
 */

import { type Bytes, bytesOf, chars, raw } from "../../base/bytes.ts";
import { messageOf } from "../../postgres/message-of.ts";
import type { Hold } from "../not-loaded.ts";
import type { Entry, Write } from "../ordered-store.ts";
import { bigintArray, byteaArray } from "./arrays.ts";
import { type Answer, DoubtError, Patience, type Statement, type Statements } from "./connection.ts";
import { END, type KnownKeys } from "./known-keys.ts";
import type { Ownership } from "./ownership.ts";

const KEYS_PER_STATEMENT_MAX = 2000;
/** A load of a page takes so many rows and bytes at first, and twice as much each time the same work comes back. */
const PAGE_ROWS_MIN = 128;
const PAGE_BYTES_MIN = 256 * 1024;
const DOUBLINGS_MAX = 6;
/** An error that the database has answered with is met so often before a read is given up. */
const REFUSALS_MAX = 5;

const POINTS: Statement = {
  name: "points",
  text: `select k.n, case when d.key = k.key then null else d.key end, case when d.key = k.key then d.value end
    from unnest($2::bytea[], $3::bigint[]) as k(key, n) left join lateral
      (select key, value from detent_data where p = $1 and key >= k.key order by key limit 1) d on true`,
};

/** With a row without a value: the key that comes next beyond the bound. */
function pageStatement(name: string, order: "asc" | "desc"): Statement {
  const beyond = order === "asc" ? "key >= $3" : "key < $2";
  return {
    name,
    text: `with page as (
        select key, value, count(*) over () as total,
          sum(octet_length(value)) over (order by key ${order}) - octet_length(value) as before
        from (select key, value from detent_data where p = $1 and key >= $2 and key < $3 order by key ${order} limit $4) rows
      )
      select key, value, total from page where before < $5
      union all
      (select key, null, null from detent_data where p = $1 and ${beyond} order by key ${order} limit 1)`,
  };
}

const PAGE_UP = pageStatement("page up", "asc");
const PAGE_DOWN = pageStatement("page down", "desc");

interface Wanted {
  readonly key: Bytes;
  readonly hold: Hold;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What has been written since a load was sent: newer than what it brings. */
type Written = Map<string, Buffer | null>;

export class DataReads {
  readonly #line: Statements;
  readonly #ownership: Ownership;
  readonly #known: KnownKeys;
  #wanted: Wanted[] = [];
  #isLoading = false;
  readonly #underWay = new Set<Written>();
  #loadCount = 0;

  constructor(line: Statements, ownership: Ownership, known: KnownKeys) {
    this.#line = line;
    this.#ownership = ownership;
    this.#known = known;
  }

  /** How many statements there have been. */
  get loadCount(): number {
    return this.#loadCount;
  }

  /** Resolves when `known` has the key. */
  loadPoint(key: Bytes, hold: Hold): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ key, hold, resolve, reject });
      if (!this.#isLoading) void this.#loadPoints();
    });
  }

  /** Resolves when `known` has the keys from `from` on, or in reverse those below `to`: some of them, or all. */
  async loadPage(from: Bytes, to: Bytes, reverse: boolean, hold: Hold): Promise<void> {
    const doublings = Math.min(DOUBLINGS_MAX, hold.loads);
    const [rowsMax, bytesMax] = [PAGE_ROWS_MIN << doublings, PAGE_BYTES_MIN * 2 ** doublings];
    await this.#loading(async (written) => {
      const bounds = byteBounds(from, to);
      const statement = reverse ? PAGE_DOWN : PAGE_UP;
      const { rows } = await this.#read(statement, [...bounds, rowsMax, bytesMax]);
      const found: Entry[] = [];
      let beyond: string | undefined;
      let total = 0;
      for (const [key, value, count] of rows) {
        if (!Buffer.isBuffer(key)) continue;
        if (!Buffer.isBuffer(value)) beyond = chars(bytesOf(key));
        else {
          found.push([bytesOf(key), value]);
          total = Number(count);
        }
      }
      found.sort(([a], [b]) => (a < b ? -1 : 1));
      const isWhole = found.length === total && total < rowsMax;
      const interval = reverse
        ? [isWhole ? (beyond === undefined ? "" : `${beyond}\0`) : chars(found[0]?.[0] ?? to), chars(to)]
        : [chars(from), isWhole ? (beyond ?? END) : `${chars(found.at(-1)?.[0] ?? from)}\0`];
      const [first = "", last = ""] = interval;
      this.#keep(this.#known.addPage(first, last, overlaid(found, written, first, last)), hold);
    });
  }

  /** The data has new values. */
  written(writes: readonly Write[]): void {
    for (const written of this.#underWay) for (const [key, value] of writes) written.set(chars(key), value);
    this.#known.write(writes);
  }

  /** Reads that still wait fail. */
  close(error: Error): void {
    for (const { reject } of this.#wanted.splice(0)) reject(error);
  }

  async #loadPoints(): Promise<void> {
    this.#isLoading = true;
    // What is asked for in the same turn shares the statement.
    await null;
    while (this.#wanted.length > 0) {
      const batch = this.#wanted.splice(0, KEYS_PER_STATEMENT_MAX);
      try {
        await this.#loading((written) => this.#loadBatch(batch, written));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isLoading = false;
  }

  async #loadBatch(batch: readonly Wanted[], written: Written): Promise<void> {
    const keys = new Map<string, Wanted[]>();
    for (const wanted of batch) {
      const same = keys.get(chars(wanted.key));
      if (same === undefined) keys.set(chars(wanted.key), [wanted]);
      else same.push(wanted);
    }
    const wanted = [...keys];
    const parameters = [
      byteaArray(wanted.map(([key]) => raw(key))),
      bigintArray(wanted.map((_, index) => index)),
    ];
    const { rows } = await this.#read(POINTS, parameters);
    for (const [index, next, value] of rows) {
      const [key, askers] = wanted[Number(index)] ?? [];
      if (key === undefined || askers === undefined) continue;
      const items = this.#learned(key, Buffer.isBuffer(next) ? chars(bytesOf(next)) : END, value, written);
      for (const { hold } of askers) this.#keep(items, hold);
    }
  }

  /** What there is at a key, and that there is nothing else before the next one. */
  #learned(key: string, next: string, value: unknown, written: Written) {
    if (!Buffer.isBuffer(value)) return this.#known.addPage(key, next, overlaid([], written, key, next));
    const newer = written.get(key);
    const current = newer === undefined ? value : newer;
    return current === null ? this.#known.addPage(key, `${key}\0`, []) : this.#known.addPoint(key, current);
  }

  #keep(items: ReturnType<KnownKeys["addPage"]>, hold: Hold): void {
    this.#known.pin(items);
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    hold.keep(bytes, () => this.#known.unpin(items));
  }

  async #loading(load: (written: Written) => Promise<void>): Promise<void> {
    const written: Written = new Map();
    this.#underWay.add(written);
    try {
      await load(written);
    } finally {
      this.#underWay.delete(written);
    }
  }

  /** A read changes nothing: it is sent again until it is answered. */
  async #read(statement: Statement, parameters: readonly unknown[]): Promise<Answer> {
    const patience = new Patience();
    for (let refusals = 0; ; ) {
      if (this.#ownership.lost !== undefined) throw this.#ownership.lost;
      try {
        this.#loadCount += 1;
        return await this.#line.run(statement, this.#ownership.reading(...parameters));
      } catch (error) {
        if (!(error instanceof DoubtError)) refusals += 1;
        if (refusals === REFUSALS_MAX) throw new Error(`the database refuses a read: ${messageOf(error)}`);
        await patience.pause();
      }
    }
  }
}

function byteBounds(from: Bytes, to: Bytes): Buffer[] {
  return [from, to].map((bound) => Buffer.from(chars(bound), "latin1"));
}

/** Entries of an interval with what was written since they were read. */
function overlaid(found: readonly Entry[], written: Written, from: string, to: string): Entry[] {
  if (written.size === 0) return [...found];
  const entries = new Map(found.map(([key, value]) => [chars(key), value]));
  for (const [key, value] of written) {
    if (key < from || key >= to) continue;
    if (value === null) entries.delete(key);
    else entries.set(key, value);
  }
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [raw(key), value]);
}
