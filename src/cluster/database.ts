/**
 * The edge to the database that members share: statements about the lease, who is a member, and notifications as hints that
 * something has changed. One connection, made when it is needed; when an answer takes too long it is given up, because a
 * later answer on it would be taken for that to a later request. Each statement is a transaction of its own.
 */
import type { LeaseAnswer, LeaseRequest } from "./lease.ts";
import { type Hearing, Line } from "./line.ts";
import type { SeenPartition, ShareFacts } from "./shares.ts";
import type { ClusterFacts, ClusterMember, ClusterPartition } from "./view.ts";

/** A member, as it shows itself to the others. */
export interface Announcement {
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  /** For who looks at the cluster. */
  readonly info: Readonly<Record<string, string | number>>;
}

/** What the lease of a partition asks. */
export interface Asked {
  readonly partition: number;
  readonly request: LeaseRequest;
  /** What the row of the partition is to name as its owner, or does; no two grants have the same name. */
  readonly owner: string;
}

/** What a member sees of the cluster. */
export interface Sight extends ClusterFacts, ShareFacts {
  /** In how many milliseconds the first lease of another member ends if that is not renewed. */
  readonly freeInMs: number;
  readonly partitions: readonly (ClusterPartition & SeenPartition)[];
}

export interface LeaseDatabase {
  /**
   * Asks what several leases ask, all by requests of one kind, in one statement; the answer of each partition.
   * Rejects when the outcome is not known.
   */
  ask(kind: LeaseRequest["kind"], asked: readonly Asked[]): Promise<ReadonlyMap<number, LeaseAnswer>>;
  /** Shows that the member is alive, and reads who else is, and who owns what. @param takes whether it takes partitions */
  look(takes: boolean): Promise<Sight>;
  /** The member is gone. */
  leave(): Promise<void>;
  /** What is under way will never be answered. */
  drop(): void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://user@host:5432/database` */
  readonly url: string;
  /** The member. */
  readonly id: string;
  readonly leaseMs: number;
  /** How long a statement may take. */
  readonly answerMs: number;
  readonly announcement: () => Announcement;
  /** Somebody has taken or released a partition, or the connection is new and such news may have been missed. */
  readonly onHint: () => void;
  /** What else is listened to. */
  readonly also?: Hearing | undefined;
}

/** Members that were not heard of for so long are not listed any more, and after an hour nothing is known of them. */
const LISTED_MS = 60_000;
const KNOWN_MS = 3_600_000;
/** A member shows itself three times in a lease; one that is late by more than a second is taken for dead. */
const LATE_MS = 1000;

const CHANNEL = "'detent_' || md5(current_schema())";

/**
 * Rows that somebody holds at the moment are left out: another one takes them, or their owner commits. So a row that is held
 * for long keeps nobody from the others, and two members that take several cannot wait for each other.
 */
const TAKE = `
with asked as (select * from unnest($1::int[], $2::text[], $3::bigint[]) as a (p, owner, epoch)),
free as materialized (
  select d.p, a.owner from detent_partition d join asked a on a.p = d.p and a.epoch = d.epoch
  where d.owner is null or split_part(d.owner, ':', 1) = $5 or d.lease_until < now()
  for update of d skip locked
), taken as (
  update detent_partition d set owner = free.owner, epoch = d.epoch + 1, lease_until = now() + $4 * interval '1 ms'
  from free where d.p = free.p returning d.p, d.epoch
), told as (select pg_notify(${CHANNEL}, 'taken') from (select from taken limit 1) one)
select d.p, coalesce(taken.epoch, d.epoch) as epoch, taken.p is not null as granted,
  case when d.owner is null or split_part(d.owner, ':', 1) = $5 then 0
  else greatest(0, extract(epoch from d.lease_until - now()) * 1000)::float8 end as free_in_ms
from detent_partition d join asked on asked.p = d.p left join taken on taken.p = d.p left join told on true`;

const RENEW = `
with asked as (select * from unnest($1::int[], $2::text[]) as a (p, owner)),
renewed as (
  update detent_partition d set lease_until = now() + $3 * interval '1 ms'
  from asked where d.p = asked.p and d.owner = asked.owner returning d.p, d.epoch
)
select d.p, coalesce(renewed.epoch, d.epoch) as epoch, renewed.p is not null as granted, 0 as free_in_ms
from detent_partition d join asked on asked.p = d.p left join renewed on renewed.p = d.p`;

const RELEASE = `
with released as (
  update detent_partition set owner = null, lease_until = '-infinity'
  where p = any($1) and split_part(owner, ':', 1) = $2 returning p
), told as (select pg_notify(${CHANNEL}, 'released') from (select from released limit 1) one)
select p, epoch, false as granted, 0 as free_in_ms from detent_partition left join told on true where p = any($1)`;

/**
 * A process that was at the same address before is gone. A member that shows itself three times in a lease and has not done so
 * for a whole one is not counted upon.
 */
const SHOW = `
with gone as (
  delete from detent_member where id <> $1 and (seen < now() - ${KNOWN_MS} * interval '1 ms' or (host, port, tls_port) = ($4, $5::int, $6::int))
), shown as (
  insert into detent_member (id, host, port, tls_port, seen, info) values ($1, $4, $5::int, $6::int, now(), $7)
  on conflict (id) do update set
    host = excluded.host, port = excluded.port, tls_port = excluded.tls_port, seen = now(), info = excluded.info
)`;

const SEE = `
select
  (select coalesce(json_agg(json_build_object('partition', p, 'firstSlot', slot_first, 'lastSlot', slot_last, 'epoch', epoch,
    'owner', split_part(owner, ':', 1), 'leaseMs', case when isfinite(lease_until)
      then greatest(0, extract(epoch from lease_until - now()) * 1000)::float8 else 0 end) order by slot_first), '[]')
   from detent_partition) as partitions,
  (select coalesce(json_agg(json_build_object('id', id, 'host', host, 'port', port, 'tlsPort', tls_port,
    'isAlive', seen > now() - $2 * interval '1 ms',
    'takes', seen > now() - $3 * interval '1 ms' and coalesce(info->>'takes', 'true') = 'true')), '[]')
   from detent_member where id <> $1 and seen > now() - ${LISTED_MS} * interval '1 ms') as members`;

interface LeaseRow {
  readonly p: number;
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
    readonly owner: string | null;
    readonly leaseMs: number;
  }[];
  readonly members: readonly (ClusterMember & { readonly takes: boolean })[];
}

export class PostgresLeases implements LeaseDatabase {
  readonly #options: DatabaseOptions;
  readonly #line: Line;

  constructor(options: DatabaseOptions) {
    const { url, answerMs, onHint, also } = options;
    this.#options = options;
    this.#line = new Line({
      url,
      connectMs: answerMs,
      config: { application_name: "detent", statement_timeout: answerMs, lock_timeout: answerMs },
      channel: CHANNEL,
      onHint,
      also,
    });
  }

  async ask(kind: LeaseRequest["kind"], asked: readonly Asked[]): Promise<ReadonlyMap<number, LeaseAnswer>> {
    const { id, leaseMs } = this.#options;
    const partitions = asked.map(({ partition }) => partition);
    const owners = asked.map(({ owner }) => owner);
    if (kind === "renew") return await this.#leases(RENEW, partitions, [owners, leaseMs]);
    if (kind === "release") return await this.#leases(RELEASE, partitions, [id]);
    const epochs = asked.map(({ request }) => (request.kind === "take" ? request.epoch : -1));
    return await this.#leases(TAKE, partitions, [owners, epochs, leaseMs, id]);
  }

  async look(takes: boolean): Promise<Sight> {
    const { id, announcement } = this.#options;
    const { host, port, tlsPort, info } = announcement();
    const shown = [host, port, tlsPort, JSON.stringify({ ...info, takes })];
    const { members, takers, ...seen } = await this.#see(SHOW + SEE, shown);
    // Those at the same address before it go with this statement, which sees them once more.
    const others = members.filter(
      (other) => other.host !== host || other.port !== port || other.tlsPort !== tlsPort,
    );
    return {
      ...seen,
      members: [...others, { id, host, port, tlsPort, isAlive: true }],
      takers: [
        ...takers.filter((taker) => others.some((other) => other.id === taker)),
        ...(takes ? [id] : []),
      ],
    };
  }

  /** Reads who the members are and who owns what, without being one. */
  async see(): Promise<Sight> {
    return await this.#see(SEE, []);
  }

  async leave(): Promise<void> {
    await this.#line.query("delete from detent_member where id = $1", [this.#options.id]);
  }

  drop(): void {
    this.#line.drop();
  }

  async close(): Promise<void> {
    await this.#line.close();
  }

  async #see(text: string, shown: readonly unknown[]): Promise<Sight> {
    const { id, leaseMs } = this.#options;
    const [row] = await this.#line.query<LookRow>(text, [id, leaseMs + LATE_MS, leaseMs, ...shown]);
    if (row === undefined) throw new Error("the database knows no partitions");
    const partitions = row.partitions.map(({ owner, leaseMs: leftMs, ...known }) => ({
      ...known,
      ownerId: leftMs > 0 ? (owner ?? undefined) : undefined,
      lastOwnerId: leftMs > 0 ? undefined : (owner ?? undefined),
    }));
    const leases = row.partitions.filter(({ owner, leaseMs: leftMs }) => owner !== id && leftMs > 0);
    return {
      partitions,
      members: row.members.map(({ takes: _takes, ...member }) => member),
      takers: row.members.filter(({ takes }) => takes).map((member) => member.id),
      freeInMs: leases.reduce(
        (least, { leaseMs: leftMs }) => Math.min(least, leftMs),
        Number.POSITIVE_INFINITY,
      ),
    };
  }

  async #leases(
    text: string,
    partitions: readonly number[],
    values: readonly unknown[],
  ): Promise<ReadonlyMap<number, LeaseAnswer>> {
    const rows = await this.#line.query<LeaseRow>(text, [partitions, ...values]);
    const answers = new Map<number, LeaseAnswer>();
    for (const { p, epoch, granted, free_in_ms } of rows)
      answers.set(
        p,
        granted
          ? { granted, epoch: Number(epoch) }
          : { granted: false, epoch: Number(epoch), freeInMs: free_in_ms },
      );
    const missing = partitions.find((partition) => !answers.has(partition));
    if (missing !== undefined) throw new Error(`the database has no partition ${missing}`);
    return answers;
  }
}
