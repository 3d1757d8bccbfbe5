/** How a partition in PostgreSQL is opened: connections, what is known of it, its journal replayed. */
import type { Derived } from "../derived.ts";
import type { GenerationLimits } from "../generations.ts";
import type { OrderedReader } from "../ordered-store.ts";
import { WriteTable } from "../write-table.ts";
import { Line, type Statements, withClient } from "./connection.ts";
import { PostgresData } from "./data.ts";
import { DataReads } from "./data-reads.ts";
import { KnownKeys } from "./known-keys.ts";
import { Ownership } from "./ownership.ts";
import { type Recovered, readMark, recover } from "./recovery.ts";
import { assertSchema } from "./schema.ts";
import type { LineKind, SharedLines } from "./shared-lines.ts";

export interface PostgresLimits extends GenerationLimits {
  readonly cacheBytesMax: number;
}

const MIB = 1024 * 1024;

/**
 * Smaller generations than on a disk: whoever takes a partition over replays up to four of them first, 10,000 changes or so
 * each, and has less than a second for it (docs/cluster.md).
 */
const POSTGRES_LIMITS: PostgresLimits = {
  journalBytesMax: MIB,
  tableBytesMax: 32 * MIB,
  derivedBytesMax: 32 * MIB,
  cacheBytesMax: 128 * MIB,
};

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string;
  readonly partition: number;
  /** The owner and the epoch that the partition's row has been given. The owner is one of this process at this time. */
  readonly owner: string;
  readonly epoch: number;
  /** May look at all of the store and throw, before redo records are handed out. */
  readonly verify?: ((reader: OrderedReader) => void) | undefined;
  readonly limits?: Partial<PostgresLimits> | undefined;
  readonly derived?: Derived | undefined;
  /** First bytes of keys that often come and go within seconds: of such a key nothing remains to be carried. */
  readonly transientSpaces?: string | undefined;
  /** The end brings all to the data, and the next owner has nothing to replay. */
  readonly carriesAtEnd?: boolean | undefined;
  /** Is awaited between slices of the replay, for what is more urgent; what it rejects with ends the replay. */
  readonly rest?: (() => Promise<void>) | undefined;
  /** Connections that other partitions use as well; without them it has three of its own. */
  readonly lines?: SharedLines | undefined;
  /** A statement that takes longer is given up with its connection, and looked into. */
  readonly statementMs?: number | undefined;
  /** Nothing is settled that the database has committed without waiting for a standby; of `lines`, what they say holds. */
  readonly requiresStandby?: boolean | undefined;
}

/** The parts of a store that is being opened. */
export interface Parts {
  readonly ownership: Ownership;
  readonly lines: Record<LineKind, Statements>;
  readonly known: KnownKeys;
  readonly reads: DataReads;
  readonly data: PostgresData;
  readonly recovered: Recovered;
  readonly limits: PostgresLimits;
}

/**
 * Connects, and replays the journal.
 * @throws OpenError with a message for the operator
 */
export async function openParts(options: PostgresOptions): Promise<Parts> {
  const limits = { ...POSTGRES_LIMITS, ...options.limits };
  const ownership = new Ownership(options);
  const lineOf = (what: LineKind): Statements =>
    options.lines?.statements(what) ??
    new Line({
      url: options.url,
      name: `detent partition ${options.partition} ${what}`,
      statementMs: options.statementMs,
      requiresStandby: options.requiresStandby,
    });
  const lines = { journal: lineOf("journal"), carry: lineOf("carry"), read: lineOf("read") };
  try {
    await withClient(options.url, assertSchema);
    // The first commit finds its connection made. One that cannot be made now is made later.
    const connected = Promise.allSettled([lines.journal.connect(), lines.carry.connect()]);
    const mark = await readMark(lines.read, ownership);
    const known = new KnownKeys(limits.cacheBytesMax);
    const reads = new DataReads(lines.read, ownership, known);
    const data = new PostgresData({ line: lines.carry, ownership, known, reads, mark });
    const recovered = await recover(
      { line: lines.read, ownership, data, mark, rest: options.rest },
      {
        verify: options.verify ?? (() => undefined),
        derived: options.derived,
        newTable: () => new WriteTable(options.transientSpaces),
      },
    );
    await connected;
    return { ownership, lines, known, reads, data, recovered, limits };
  } catch (error) {
    for (const line of Object.values(lines)) line.abandon();
    throw error;
  }
}
