/**
 * From the tables of a partition to a store that can go on: the rows of the journal behind the mark are replayed as the
 * records of a file would be. To be called by the owner, in its epoch: nobody else writes any more.
 */

import type { Bytes } from "../../base/bytes.ts";
import { roundsOfEventLoop } from "../../base/event-loop.ts";
import { messageOf } from "../../postgres/message-of.ts";
import type { JournalMark } from "../data-file.ts";
import type { PreparedRedo } from "../derived.ts";
import { type Commit, decodeCommit, decodeHead } from "../journal-record.ts";
import { Hold, NotLoaded } from "../not-loaded.ts";
import { OpenError } from "../ordered-store.ts";
import { type RecoveryOptions, ReplayedTables } from "../recovery.ts";
import { untilLoaded } from "../until-loaded.ts";
import type { WriteTable } from "../write-table.ts";
import { type Answer, DoubtError, Patience, type Statement, type Statements } from "./connection.ts";
import type { PostgresData } from "./data.ts";
import type { JournalEnd } from "./journal.ts";
import { HELD, IS_OWN, LostError, type Ownership } from "./ownership.ts";

const ROWS_PER_READ = 1000;
/** Small enough that the next page is read while this one is replayed, and large enough for few statements. */
const BYTES_PER_READ = 512 * 1024;
const ATTEMPTS_MAX = 20;
/** How long the thread is kept at a time. */
const SLICE_MS = 5;
const CHANGES_PER_LOOK = 16;

const STATE: Statement = {
  name: "state",
  text: `select generation, mark from detent_partition where ${IS_OWN}`,
};

const ROWS: Statement = {
  name: "rows",
  text: `select sequence, record from (
      select sequence, record, sum(octet_length(record)) over (order by sequence) - octet_length(record) as before
      from (select sequence, record from detent_journal where p = $1 and sequence > $2 order by sequence limit ${ROWS_PER_READ}) rows
    ) rows where before < ${BYTES_PER_READ} order by sequence`,
};

/** What is behind a gap was never acknowledged, and what is up to the mark is in the data. */
const TIDY: Statement = {
  name: "tidy",
  text: `with ${HELD}
    delete from detent_journal j using held where j.p = $1 and (j.sequence <= $4 or j.sequence > $5)`,
};

/** How far the journal has been carried, by the partition's row. @throws OpenError when the partition is not the owner's */
export async function readMark(line: Statements, ownership: Ownership): Promise<JournalMark> {
  const { partition, owner, epoch } = ownership;
  const { rows } = await persistently(() => line.run(STATE, ownership.fenced()));
  const [row] = rows;
  if (row === undefined)
    throw new OpenError(`partition ${partition} is not that of '${owner}' in epoch ${epoch} any more`);
  return { number: Number(row[0]), sequence: Number(row[1]) };
}

export interface Recovered {
  readonly active: WriteTable;
  readonly hasRedo: boolean;
  readonly end: JournalEnd;
}

interface Source {
  readonly line: Statements;
  readonly ownership: Ownership;
  readonly data: PostgresData;
  readonly mark: JournalMark;
  /** Is awaited between slices. */
  readonly rest: (() => Promise<void>) | undefined;
}

/** @throws OpenError when a record is damaged, or `verify` refuses */
export async function recover(source: Source, options: RecoveryOptions): Promise<Recovered> {
  const { line, ownership, data, mark } = source;
  const tables = new ReplayedTables(data, options);
  tables.begin();
  let { sequence } = mark;
  let bytes = 0;
  let next: Promise<Page> | undefined = nextPage(source, sequence, tables);
  while (next !== undefined) {
    const page: Page = await next;
    sequence += page.commits.length;
    bytes += page.bytes;
    next = page.isLast ? undefined : nextPage(source, sequence, tables);
    // It is awaited next, unless the replay fails before.
    next?.catch(() => undefined);
    try {
      await replay(page, tables, source.rest);
    } finally {
      page.hold.release();
    }
  }
  await untilLoaded(() => options.verify(tables.reader()));
  await persistently(() => line.run(TIDY, ownership.fenced(mark.sequence, sequence)));
  return { active: tables.active, hasRedo: tables.hasRedo, end: { mark, sequence, bytes } };
}

/** Commits that follow one another, with what they need in memory as long as it is held. */
interface Page {
  readonly commits: readonly PreparedCommit[];
  readonly bytes: number;
  readonly isLast: boolean;
  readonly hold: Hold;
}

interface PreparedCommit {
  readonly redo: readonly PreparedRedo[];
  readonly writes: Commit["writes"];
}

/** Reads the rows after a sequence, and loads what they need, while the page before is replayed. */
async function nextPage(
  { line, ownership, data, rest }: Source,
  sequence: number,
  tables: ReplayedTables,
): Promise<Page> {
  const { partition } = ownership;
  const { rows } = await persistently(() => line.run(ROWS, ownership.reading(sequence)));
  const commits: PreparedCommit[] = [];
  const keys = new Set<Bytes>();
  let bytes = 0;
  const slice = new Slice(rest);
  for (const [at, record] of rows) {
    const expected = sequence + commits.length + 1;
    if (Number(at) !== expected || !Buffer.isBuffer(record)) break;
    const { redo, writes } = commitOf(record, expected, partition);
    const prepared: PreparedRedo[] = [];
    for (const redoRecord of redo) {
      if (slice.isOver) await slice.pause();
      const change = tables.prepare(redoRecord);
      for (const key of change.reads()) keys.add(key);
      prepared.push(change);
    }
    commits.push({ redo: prepared, writes });
    bytes += record.length;
  }
  const hold = new Hold();
  try {
    // One statement for all instead of one for each.
    await data.prefetch([...keys], hold);
  } catch (error) {
    hold.release();
    throw error;
  }
  return { commits, bytes, isLast: rows.length === 0 || commits.length < rows.length, hold };
}

async function replay({ commits }: Page, tables: ReplayedTables, rest: Source["rest"]): Promise<void> {
  const slice = new Slice(rest);
  await rest?.();
  for (const { redo, writes } of commits) {
    for (const change of redo) {
      if (slice.isOver) await slice.pause();
      try {
        tables.redo(change);
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error;
        await untilLoaded(() => tables.redo(change));
      }
    }
    tables.write(writes);
  }
}

/** A while for which the thread is kept. Others are served after it, and what is loaded ahead arrives. */
class Slice {
  readonly #rest: Source["rest"];
  #endMs = performance.now() + SLICE_MS;
  #count = 0;

  constructor(rest: Source["rest"]) {
    this.#rest = rest;
  }

  /** The clock is looked at now and then. */
  get isOver(): boolean {
    this.#count += 1;
    return this.#count % CHANGES_PER_LOOK === 0 && performance.now() > this.#endMs;
  }

  async pause(): Promise<void> {
    await roundsOfEventLoop(1);
    await this.#rest?.();
    this.#endMs = performance.now() + SLICE_MS;
  }
}

function commitOf(record: Buffer, sequence: number, partition: number): Commit {
  if (decodeHead(record, 0)?.sequence !== sequence)
    throw new OpenError(
      `the journal of partition ${partition} is damaged at ${sequence}: restore the database from a backup`,
    );
  return decodeCommit(record);
}

/** A statement that may be repeated, until it is answered or the database is not to be reached. */
async function persistently(attempt: () => Promise<Answer>): Promise<Answer> {
  const patience = new Patience();
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof LostError) throw error;
      if (!(error instanceof DoubtError) || attempts === ATTEMPTS_MAX)
        throw new OpenError(`the database cannot be read: ${messageOf(error)}`);
      await patience.pause();
    }
  }
}
