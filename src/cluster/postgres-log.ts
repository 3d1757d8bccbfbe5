/** The log of the cluster in PostgreSQL. Each statement is a transaction of its own, on a connection made when it is needed. */
import type { Client } from "pg";
import {
  type ClusterLog,
  type CopyNote,
  type CopyProgress,
  decodeLogRecord,
  encodeLogRecord,
  type LogEntry,
  type LogRecord,
} from "./cluster-log.ts";

export interface PostgresLogOptions {
  /** `postgres://user@host:5432/database` */
  readonly url: string;
  /** How long a statement may take. */
  readonly answerMs: number;
  /** The log has grown, or a copy is further. */
  readonly onHint: () => void;
}

/** An entry may have megabytes. */
const READ_MAX = 16;

const CHANNEL = "'detent_log_' || md5(current_schema())";
const TOLD = `select pg_notify(${CHANNEL}, '')`;

/** Two that add at the same time meet at the primary key. */
const APPEND = `
with added as (
  insert into detent_log (sequence, id, request)
  select $1::bigint + 1, $2, $3 where coalesce((select max(sequence) from detent_log), 0) = $1
  on conflict do nothing returning 1
), told as (${TOLD} from added)
select from added left join told on true`;

const NOTE = `
with noted as (
  update detent_partition set log = given.sequence, log_answer = given.answer
  from unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[]) as given (p, owner, sequence, answer)
  where detent_partition.p = given.p and detent_partition.owner = given.owner and log <= given.sequence
  returning 1
), told as (${TOLD} from noted limit 1)
select from noted left join told on true`;

const PROGRESS = `
select p, owner is not null and lease_until > now() as owned, log, log_answer from detent_partition`;

const READ = `
select sequence, id, request from detent_log where sequence > $1 order by sequence limit ${READ_MAX}`;

const TRIM = `
delete from detent_log where sequence < least((select min(log) from detent_partition), (select max(sequence) from detent_log))`;

export class PostgresLog implements ClusterLog {
  readonly #options: PostgresLogOptions;
  #connection: Promise<Client> | undefined;
  /** The end of the last statement, which never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: PostgresLogOptions) {
    this.#options = options;
  }

  async append(id: string, record: LogRecord, after: number): Promise<boolean> {
    if ((await this.#query(APPEND, [after, id, encodeLogRecord(record)])).length > 0) return true;
    // A statement whose answer was lost may have added it.
    return (await this.#query("select from detent_log where id = $1", [id])).length > 0;
  }

  async read(after: number): Promise<readonly LogEntry[]> {
    const rows = await this.#query<{ sequence: string; id: string; request: Buffer }>(READ, [after]);
    return rows.map(({ sequence, id, request }) => ({
      sequence: Number(sequence),
      id,
      record: decodeLogRecord(request),
    }));
  }

  async progress(): Promise<readonly CopyProgress[]> {
    const rows = await this.#query<{ p: number; owned: boolean; log: string; log_answer: string }>(
      PROGRESS,
      [],
    );
    return rows.map(({ p, owned, log, log_answer }) => ({
      partition: p,
      isOwned: owned,
      sequence: Number(log),
      answer: Number(log_answer),
    }));
  }

  async note(notes: readonly CopyNote[]): Promise<void> {
    await this.#query(NOTE, [
      notes.map(({ partition }) => partition),
      notes.map(({ owner }) => owner),
      notes.map(({ state }) => state.sequence),
      notes.map(({ state }) => state.answer),
    ]);
  }

  async trim(): Promise<void> {
    await this.#query(TRIM, []);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#drop();
  }

  async #drop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then((client) => client.end()).catch(() => undefined);
  }

  /** One statement after the other. */
  #query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const answer = this.#last.then(() => this.#queryNow<Row>(text, values));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #queryNow<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    if (this.#isClosed) throw new Error("the connection to the log of the cluster is closed");
    this.#connection ??= this.#connect();
    const connection = this.#connection;
    try {
      const client = await connection;
      return (await client.query<Row>(text, [...values])).rows;
    } catch (error) {
      // A new connection knows nothing of what this one has under way.
      if (this.#connection === connection) void this.#drop();
      throw error;
    }
  }

  async #connect(): Promise<Client> {
    const { url, answerMs, onHint } = this.#options;
    const { default: pg } = await import("pg");
    const client = new pg.Client({
      connectionString: url,
      application_name: "detent log",
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      statement_timeout: answerMs,
      lock_timeout: answerMs,
      keepAlive: true,
    });
    client.on("error", () => undefined);
    client.on("notification", onHint);
    try {
      await client.connect();
      const { rows } = await client.query<{ name: string }>(`select ${CHANNEL} as name`);
      await client.query(`listen ${client.escapeIdentifier(rows[0]?.name ?? "")}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    return client;
  }
}
