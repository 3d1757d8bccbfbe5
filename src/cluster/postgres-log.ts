/** The log of the cluster in PostgreSQL. Each statement is a transaction of its own, on a connection made when it is needed. */
import {
  type ClusterLog,
  type CopyNote,
  type CopyProgress,
  decodeLogRecord,
  encodeLogRecord,
  type LogEntry,
  type LogRecord,
} from "./cluster-log.ts";
import { Line } from "./line.ts";

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
  readonly #line: Line;

  constructor({ url, answerMs, onHint }: PostgresLogOptions) {
    this.#line = new Line({
      url,
      connectMs: answerMs,
      config: {
        application_name: "detent log",
        query_timeout: answerMs,
        statement_timeout: answerMs,
        lock_timeout: answerMs,
      },
      channel: CHANNEL,
      onHint,
    });
  }

  async append(id: string, record: LogRecord, after: number): Promise<boolean> {
    if ((await this.#line.query(APPEND, [after, id, encodeLogRecord(record)])).length > 0) return true;
    // A statement whose answer was lost may have added it.
    return (await this.#line.query("select from detent_log where id = $1", [id])).length > 0;
  }

  async read(after: number): Promise<readonly LogEntry[]> {
    const rows = await this.#line.query<{ sequence: string; id: string; request: Buffer }>(READ, [after]);
    return rows.map(({ sequence, id, request }) => ({
      sequence: Number(sequence),
      id,
      record: decodeLogRecord(request),
    }));
  }

  async progress(): Promise<readonly CopyProgress[]> {
    const rows = await this.#line.query<{ p: number; owned: boolean; log: string; log_answer: string }>(
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
    await this.#line.query(NOTE, [
      notes.map(({ partition }) => partition),
      notes.map(({ owner }) => owner),
      notes.map(({ state }) => state.sequence),
      notes.map(({ state }) => state.answer),
    ]);
  }

  async trim(): Promise<void> {
    await this.#line.query(TRIM, []);
  }

  async close(): Promise<void> {
    await this.#line.close();
  }
}
