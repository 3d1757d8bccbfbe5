/**
 * From the tables of a partition to a store that can go on: the rows of the journal behind the mark are replayed as the
 * records of a file would be. To be called by the owner, in its epoch: nobody else writes any more.
 */
import { performance } from "node:perf_hooks";
import type { JournalMark } from "../data-file.ts";
import type { Derived } from "../derived.ts";
import { type Commit, decodeCommit, decodeHead } from "../journal-record.ts";
import { Hold } from "../not-loaded.ts";
import { OpenError } from "../ordered-store.ts";
import { type RecoveryOptions, ReplayedTables } from "../recovery.ts";
import { untilLoaded } from "../until-loaded.ts";
import type { WriteTable } from "../write-table.ts";
import { type Answer, DoubtError, type Line, messageOf, Patience, type Statement } from "./connection.ts";
import type { PostgresData } from "./data.ts";
import type { JournalEnd } from "./journal.ts";
import { LostError, type Ownership } from "./ownership.ts";

const ROWS_PER_READ = 1000;
const BYTES_PER_READ = 8 * 1024 * 1024;
const ATTEMPTS_MAX = 20;
/** How long the thread is kept at a time. */
const SLICE_MS = 5;

const STATE: Statement = {
  name: "state",
  text: "select generation, mark from detent_partition where p = $1 and owner = $2 and epoch = $3",
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
  text: `with held as materialized (select 1 from detent_partition where p = $1 and epoch = $2 for key share)
    delete from detent_journal j using held where j.p = $1 and (j.sequence <= $3 or j.sequence > $4)`,
};

/** How far the journal has been carried, by the partition's row. @throws OpenError when the partition is not the owner's */
export async function readMark(line: Line, { partition, owner, epoch }: Ownership): Promise<JournalMark> {
  const { rows } = await persistently(() => line.run(STATE, [partition, owner, epoch]));
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
  readonly line: Line;
  readonly ownership: Ownership;
  readonly data: PostgresData;
  readonly mark: JournalMark;
}

/** @throws OpenError when a record is damaged, or `verify` refuses */
export async function recover(source: Source, options: RecoveryOptions): Promise<Recovered> {
  const { line, ownership, data, mark } = source;
  const { partition } = ownership;
  const tables = new ReplayedTables(data, options);
  tables.begin();
  let { sequence } = mark;
  let bytes = 0;
  for (let isLast = false; !isLast; ) {
    const { rows } = await persistently(() => line.run(ROWS, [partition, sequence]));
    const commits: Commit[] = [];
    for (const [at, record] of rows) {
      if (Number(at) !== sequence + 1 || !Buffer.isBuffer(record)) break;
      commits.push(commitOf(record, sequence + 1, partition));
      sequence += 1;
      bytes += record.length;
    }
    isLast = rows.length === 0 || commits.length < rows.length;
    await replay(commits, tables, data, options.derived);
  }
  await untilLoaded(() => options.verify(tables.reader()));
  await persistently(() => line.run(TIDY, [partition, ownership.epoch, mark.sequence, sequence]));
  return { active: tables.active, hasRedo: tables.hasRedo, end: { mark, sequence, bytes } };
}

async function replay(
  commits: readonly Commit[],
  tables: ReplayedTables,
  data: PostgresData,
  derived: Derived | undefined,
): Promise<void> {
  const hold = new Hold();
  try {
    // One statement for all instead of one for each.
    const keys = new Set(
      commits.flatMap(({ redo }) => redo.flatMap((record) => derived?.reads?.(record) ?? [])),
    );
    await data.prefetch([...keys], hold);
    let restMs = performance.now() + SLICE_MS;
    for (const { redo, writes } of commits) {
      // Others are served meanwhile, and what is loaded ahead arrives.
      if (performance.now() > restMs) {
        await new Promise((resolve) => setImmediate(resolve));
        restMs = performance.now() + SLICE_MS;
      }
      for (const record of redo) await untilLoaded(() => tables.redo(record));
      tables.write(writes);
    }
  } finally {
    hold.release();
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
