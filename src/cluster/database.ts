/**
 * The edge to the database that members share: statements about the lease, who is a member, and notifications as hints that
 * something has changed. One connection, made when it is needed; when an answer takes too long it is given up, because a
 * later answer on it would be taken for that to a later request. Each statement is a transaction of its own.
 */
import type { Client } from "pg";
import type { LeaseAnswer, LeaseRequest } from "./lease.ts";
import type { ClusterFacts } from "./view.ts";

/** A member, as it shows itself to the others. */
export interface Announcement {
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  /** For who looks at the cluster. */
  readonly info: Readonly<Record<string, string | number>>;
}

export interface LeaseDatabase {
  /** Rejects when the outcome is not known. */
  ask(request: LeaseRequest): Promise<LeaseAnswer>;
  /** Shows that the member is alive, and reads who else is, and who owns what. */
  look(): Promise<ClusterFacts>;
  /** The member is gone. */
  leave(): Promise<void>;
  /** What is under way will never be answered. */
  drop(): void;
  close(): Promise<void>;
  /** What the partition's row names as its owner since the last grant: no two grants have the same name. */
  readonly owner: string;
}

export interface DatabaseOptions {
  /** `postgres://user@host:5432/database` */
  readonly url: string;
  /** The member. */
  readonly id: string;
  readonly partition: number;
  readonly leaseMs: number;
  /** How long a statement may take. */
  readonly answerMs: number;
  readonly announcement: () => Announcement;
  /** Somebody has taken or released a partition, or the connection is new and such news may have been missed. */
  readonly onHint: () => void;
}

/** Members that were not heard of for so long are not listed any more, and after an hour nothing is known of them. */
const LISTED_MS = 60_000;
const KNOWN_MS = 3_600_000;
/** A member shows itself three times in a lease; one that is late by more than a second is taken for dead. */
const LATE_MS = 1000;

const CHANNEL = "'detent_' || md5(current_schema())";

const TAKE = `
with taken as (
  update detent_partition set owner = $2, epoch = epoch + 1, lease_until = now() + $3 * interval '1 ms'
  where p = $1 and epoch = $4
    and (owner is null or split_part(owner, ':', 1) = split_part($2, ':', 1) or lease_until < now())
  returning epoch
), told as (select pg_notify(${CHANNEL}, 'taken') from taken)
select epoch, true as granted, 0 as free_in_ms from taken left join told on true
union all
select epoch, false, case when owner is null or split_part(owner, ':', 1) = split_part($2, ':', 1) then 0
  else greatest(0, extract(epoch from lease_until - now()) * 1000)::float8 end
from detent_partition where p = $1 and not exists (select from taken)`;

const RENEW = `
with renewed as (
  update detent_partition set lease_until = now() + $3 * interval '1 ms' where p = $1 and owner = $2 returning epoch
)
select epoch, true as granted, 0 as free_in_ms from renewed
union all
select epoch, false, 0 from detent_partition where p = $1 and not exists (select from renewed)`;

const RELEASE = `
with released as (
  update detent_partition set owner = null, lease_until = '-infinity'
  where p = $1 and split_part(owner, ':', 1) = $2 returning epoch
), told as (select pg_notify(${CHANNEL}, 'released') from released)
select epoch, false as granted, 0 as free_in_ms from detent_partition left join told on true where p = $1`;

/** A process that was at the same address before is gone. */
const LOOK = `
with gone as (
  delete from detent_member where id <> $1 and (seen < now() - ${KNOWN_MS} * interval '1 ms' or (host, port, tls_port) = ($2, $3::int, $4::int))
), shown as (
  insert into detent_member (id, host, port, tls_port, seen, info) values ($1, $2, $3::int, $4::int, now(), $5)
  on conflict (id) do update set
    host = excluded.host, port = excluded.port, tls_port = excluded.tls_port, seen = now(), info = excluded.info
)
select
  (select coalesce(json_agg(json_build_object('partition', p, 'firstSlot', slot_first, 'lastSlot', slot_last,
    'epoch', epoch, 'ownerId', case when lease_until > now() then split_part(owner, ':', 1) end)), '[]')
   from detent_partition) as partitions,
  (select coalesce(json_agg(json_build_object('id', id, 'host', host, 'port', port, 'tlsPort', tls_port,
    'isAlive', seen > now() - $6 * interval '1 ms')), '[]')
   from detent_member where id <> $1 and (host, port, tls_port) <> ($2, $3::int, $4::int)
     and seen > now() - ${LISTED_MS} * interval '1 ms') as members`;

interface LeaseRow {
  readonly epoch: string;
  readonly granted: boolean;
  readonly free_in_ms: number;
}

interface LookRow {
  readonly partitions: readonly {
    readonly partition: number;
    readonly firstSlot: number;
    readonly lastSlot: number;
    readonly epoch: number;
    readonly ownerId: string | null;
  }[];
  readonly members: ClusterFacts["members"];
}

export class PostgresLeases implements LeaseDatabase {
  readonly #options: DatabaseOptions;
  #connection: Promise<Client> | undefined;
  owner = "";

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  async ask(request: LeaseRequest): Promise<LeaseAnswer> {
    const { id, partition, leaseMs } = this.#options;
    if (request.kind === "renew") return await this.#lease(RENEW, [partition, this.owner, leaseMs]);
    if (request.kind === "release") return await this.#lease(RELEASE, [partition, id]);
    const owner = `${id}:${request.id}`;
    const answer = await this.#lease(TAKE, [partition, owner, leaseMs, request.epoch]);
    if (answer.granted) this.owner = owner;
    return answer;
  }

  async look(): Promise<ClusterFacts> {
    const { id, leaseMs, announcement } = this.#options;
    const { host, port, tlsPort, info } = announcement();
    const values = [id, host, port, tlsPort, JSON.stringify(info), leaseMs + LATE_MS];
    const [row] = await this.#query<LookRow>(LOOK, values);
    if (row === undefined) throw new Error("the database knows no partitions");
    const partitions = row.partitions.map((known) => ({ ...known, ownerId: known.ownerId ?? undefined }));
    return { partitions, members: [...row.members, { id, host, port, tlsPort, isAlive: true }] };
  }

  async leave(): Promise<void> {
    await this.#query("delete from detent_member where id = $1", [this.#options.id]);
  }

  drop(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    // One with a statement under way is destroyed by that.
    connection?.then((client) => client.end()).catch(() => undefined);
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then((client) => client.end()).catch(() => undefined);
  }

  async #lease(text: string, values: readonly unknown[]): Promise<LeaseAnswer> {
    const [row] = await this.#query<LeaseRow>(text, values);
    if (row === undefined) throw new Error(`the database has no partition ${this.#options.partition}`);
    const epoch = Number(row.epoch);
    return row.granted ? { granted: true, epoch } : { granted: false, epoch, freeInMs: row.free_in_ms };
  }

  async #query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    this.#connection ??= this.#connect();
    const connection = this.#connection;
    try {
      const client = await connection;
      return (await client.query<Row>(text, [...values])).rows;
    } catch (error) {
      // Whatever it was: the next request begins with a new connection, which knows nothing of this one.
      if (this.#connection === connection) this.drop();
      throw error;
    }
  }

  async #connect(): Promise<Client> {
    const { url, answerMs, onHint } = this.#options;
    const { default: pg } = await import("pg");
    const client = new pg.Client({
      connectionString: url,
      application_name: "detent",
      connectionTimeoutMillis: answerMs,
      // What nobody waits for any more ends by itself.
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
