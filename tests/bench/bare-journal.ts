/**
 * A bare client of PostgreSQL that only writes rows as the journal of a partition has them, of the same size and in the same rhythm: each
 * journal has one statement under way, and what comes meanwhile goes with the next one. It reaches what a server could if its own
 * work took no time.
 */
import pg from "pg";
import { bigintArray, byteaArray } from "../../src/storage/postgres/arrays.ts";
import type { Subject } from "./closed-loop.ts";

/** What a row takes: bytes of its own, and of each transition in it. */
export interface RowSize {
  readonly rowBytes: number;
  readonly transitionBytes: number;
}

const ROWS_ONE_BY_ONE = 20;
const BATCHES = 20;
const PER_BATCH = 64;

/** Has a server write rows of one transition each, and rows of several. @param url of its database, with one partition */
export async function rowSizeOf(url: string, begin: Subject["begin"]): Promise<RowSize> {
  const client = new pg.Client(url);
  await client.connect();
  const sent = (count: number) =>
    Promise.all(Array.from({ length: count }, () => new Promise<void>((done) => begin(done))));
  const rowsOf = async (work: () => Promise<void>) => {
    const { rows: before } = await client.query<{ last: string }>(
      "select max(sequence) as last from detent_journal",
    );
    await work();
    const { rows } = await client.query<{ count: string; bytes: string }>(
      "select count(*) as count, sum(octet_length(record)) as bytes from detent_journal where sequence > $1",
      [before[0]?.last],
    );
    return { count: Number(rows[0]?.count), bytes: Number(rows[0]?.bytes) };
  };
  const single = await rowsOf(async () => {
    for (let row = 0; row < ROWS_ONE_BY_ONE; row += 1) await sent(1);
  });
  const several = await rowsOf(async () => {
    for (let batch = 0; batch < BATCHES; batch += 1) await sent(PER_BATCH);
  });
  await client.end();
  const oneBytes = single.bytes / single.count;
  const transitionBytes = (several.bytes - several.count * oneBytes) / (BATCHES * PER_BATCH - several.count);
  return { rowBytes: Math.round(oneBytes - transitionBytes), transitionBytes: Math.round(transitionBytes) };
}

/** How many transitions a partition has in a row, from one look to the next. */
export class Rhythm {
  readonly #client: pg.Client;
  #rows = 0;
  perRow = 1;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** @param url of the database of a cluster */
  static async of(url: string): Promise<Rhythm> {
    const client = new pg.Client(url);
    await client.connect();
    return new Rhythm(client);
  }

  async begin(): Promise<void> {
    this.#rows = await this.#count();
  }

  async end(transitions: number): Promise<void> {
    this.perRow = transitions / ((await this.#count()) - this.#rows);
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #count(): Promise<number> {
    const { rows } = await this.#client.query<{ count: string }>(
      "select sum(greatest(mark, (select max(sequence) from detent_journal j where j.p = d.p))) as count from detent_partition d",
    );
    return Number(rows[0]?.count);
  }
}

interface BareOptions {
  readonly count: number;
  readonly table: string;
  readonly size: RowSize;
  /** What its rows hold. */
  readonly rhythm: Rhythm;
  readonly inFlightMax: number;
}

/** Transitions go to the journals in turn. */
export async function bareJournals(
  url: string,
  { count, table, size, rhythm, inFlightMax }: BareOptions,
): Promise<Pick<Subject, "begin"> & { end(): Promise<void> }> {
  const clients: pg.Client[] = [];
  for (let made = 0; made < count; made += 1) {
    const client = new pg.Client(url);
    await client.connect();
    clients.push(client);
  }
  await clients[0]?.query(
    `create table ${table} (p int, sequence bigint, epoch bigint not null, at bigint, record bytea not null, primary key (p, sequence))`,
  );
  await clients[0]?.query(`alter table ${table} alter column record set storage external`);
  const bytes = Buffer.alloc(size.rowBytes + inFlightMax * size.transitionBytes, "record ");
  /** A row holds as many as those of the server do, and all rows go together. */
  const recordsOf = (transitions: number) => {
    const rows = Math.max(1, Math.round(transitions / rhythm.perRow));
    const length = size.rowBytes + Math.round((transitions / rows) * size.transitionBytes);
    return Array.from({ length: rows }, () => bytes.subarray(0, length));
  };
  const journals = clients.map((client, p) => new BareJournal(client, table, p, recordsOf));
  let turn = 0;
  return {
    begin: (done) => {
      turn = (turn + 1) % journals.length;
      journals[turn]?.begin(done);
    },
    end: async () => {
      for (const client of clients) await client.end();
    },
  };
}

type RecordsOf = (transitions: number) => readonly Buffer[];

class BareJournal {
  readonly #client: pg.Client;
  readonly #text: string;
  readonly #partition: number;
  readonly #recordsOf: RecordsOf;
  #sequence = 0;
  #waiting: (() => void)[] = [];
  #isWriting = false;

  constructor(client: pg.Client, table: string, partition: number, recordsOf: RecordsOf) {
    this.#client = client;
    this.#text = `insert into ${table} (p, sequence, epoch, at, record)
      select $1, t.sequence, $2, t.at, t.record from unnest($3::bigint[], $4::bigint[], $5::bytea[]) as t(sequence, at, record)`;
    this.#partition = partition;
    this.#recordsOf = recordsOf;
  }

  begin(done: () => void): void {
    this.#waiting.push(done);
    if (this.#isWriting) return;
    this.#isWriting = true;
    // What comes at the same moment is written together.
    queueMicrotask(() => this.#write());
  }

  #write(): void {
    const taken = this.#waiting;
    this.#waiting = [];
    const records = this.#recordsOf(taken.length);
    const sequences = records.map((_, at) => this.#sequence + at + 1);
    this.#sequence += records.length;
    const times = bigintArray(records.map(() => Date.now()));
    const values = [this.#partition, 1, bigintArray(sequences), times, byteaArray(records)];
    this.#client.query({ name: "insert", text: this.#text, values }, (error) => {
      if (error) throw error;
      for (const done of taken) done();
      if (this.#waiting.length > 0) this.#write();
      else this.#isWriting = false;
    });
  }
}
