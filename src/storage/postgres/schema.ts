/**
 * The tables of a cluster in PostgreSQL, in the first schema of the connection's search path. Whoever sets up a cluster creates
 * or upgrades them; a server only checks them.
 *
 * Who writes for a partition locks its row with FOR KEY SHARE and compares owner and epoch in the same statement. The epoch is part
 * of a unique index, so that a statement that raises it waits for those that are under way, and those behind it see the new
 * one; a statement that renews the lease or moves the mark waits for none of them, and they do not wait for it.
 */
import { OpenError } from "../ordered-store.ts";

/** A client of `pg` that is connected, or a pool. */
export interface SchemaClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>;
}

/** The format of the tables. A change of them raises it and adds its statements to UPGRADES. */
export const SCHEMA_FORMAT = 2;

/** All slots of a cluster. */
export const SLOT_COUNT = 16384;

/** The statements that lead from each format to the next one, the first from none. */
const UPGRADES: readonly (readonly string[])[] = [
  [
    "create table detent_meta (format int not null)",
    `create table detent_partition (
      p int primary key,
      slot_first int not null,
      slot_last int not null,
      owner text,
      epoch bigint not null default 0,
      lease_until timestamptz not null default '-infinity',
      generation bigint not null default 0,
      mark bigint not null default 0
    ) with (fillfactor = 20)`,
    // What makes the epoch a part of a key; see above.
    "create unique index detent_partition_epoch on detent_partition (p, epoch)",
    `create table detent_member (
      id text primary key,
      host text not null,
      port int not null,
      tls_port int not null default 0,
      seen timestamptz not null default now(),
      info jsonb not null default '{}'
    ) with (fillfactor = 50)`,
    `create table detent_journal (
      p int not null,
      sequence bigint not null,
      epoch bigint not null,
      at bigint,
      record bytea not null,
      primary key (p, sequence)
    ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)`,
    // A record is read once at most: to compress it costs more than its space.
    "alter table detent_journal alter column record set storage external",
    "create table detent_data (p int not null, key bytea not null, value bytea not null, primary key (p, key))",
    `create table detent_message (
      id bigserial primary key,
      p int not null default 0,
      sender text not null,
      at timestamptz not null default now(),
      payload bytea not null
    )`,
    "create index detent_message_at on detent_message (at)",
  ],
  [
    // Changes of what belongs to the whole cluster, such as definitions, and up to which of them a partition has applied them.
    `create table detent_log (
      sequence bigint primary key,
      id uuid not null unique,
      at timestamptz not null default now(),
      request bytea not null
    )`,
    "alter table detent_partition add column log bigint not null default 0",
    // What the partition says of that entry: how many of its machines need the definition that is to be removed.
    "alter table detent_partition add column log_answer bigint not null default 0",
    // Events from machines of one partition to machines of another one, until the target has applied them.
    `create table detent_mail (
      target int not null,
      source int not null,
      sequence bigint not null,
      record bytea not null,
      primary key (target, source, sequence)
    ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)`,
  ],
];

/** Two that create or upgrade at the same time do it one after the other. */
const LOCK = 5263172;

export type SchemaState = "missing" | "older" | "current" | "newer";

/** What the database has of the tables. */
export async function schemaState(client: SchemaClient): Promise<SchemaState> {
  const format = await formatOf(client);
  if (format === undefined) return "missing";
  return format < SCHEMA_FORMAT ? "older" : format === SCHEMA_FORMAT ? "current" : "newer";
}

/**
 * Creates the tables, or carries those of an earlier version over; what is there already stays.
 * @param partitionCount partitions of a cluster that is new: the slots are divided among them
 * @param format up to which the tables are carried: an earlier one is for tests of the upgrade
 * @returns what was there before
 * @throws OpenError when they are of a newer version, or there is no schema to create them in
 */
export async function createSchema(
  client: SchemaClient,
  partitionCount = 1,
  format = SCHEMA_FORMAT,
): Promise<SchemaState> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
    const before = await schemaState(client);
    if (before === "newer") throw newerError();
    const { rows } = await client.query("select current_schema() as name");
    if (rows[0]?.["name"] === null)
      throw new OpenError("the database has no schema of the search path: create one, or name another one");
    const from = (await formatOf(client)) ?? 0;
    for (const statements of UPGRADES.slice(from, format))
      for (const statement of statements) await client.query(statement);
    await client.query("delete from detent_meta");
    await client.query("insert into detent_meta (format) values ($1)", [Math.max(from, format)]);
    if (before === "missing") await createPartitions(client, partitionCount);
    await client.query("commit");
    return before;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** @throws OpenError with a message for the operator, unless the tables are those of this version */
export async function assertSchema(client: SchemaClient): Promise<void> {
  const state = await schemaState(client);
  if (state === "current") return;
  if (state === "newer") throw newerError();
  throw new OpenError(
    state === "missing"
      ? "the database holds no cluster: run 'detent cluster init URL' first"
      : "the tables of the cluster are those of an earlier version: run 'detent cluster init URL' to upgrade them",
  );
}

async function formatOf(client: SchemaClient): Promise<number | undefined> {
  // Read as rows: what a session remembers of names may be older than the lock that it has waited for.
  const { rows } = await client.query(
    `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relname = 'detent_meta' and n.nspname = current_schema()`,
  );
  if (rows.length === 0) return undefined;
  const meta = await client.query("select format from detent_meta");
  const format = meta.rows[0]?.["format"];
  return typeof format === "number" ? format : undefined;
}

async function createPartitions(client: SchemaClient, count: number): Promise<void> {
  const bound = (p: number) => Math.floor((p * SLOT_COUNT) / count);
  for (let p = 0; p < count; p += 1) {
    await client.query("insert into detent_partition (p, slot_first, slot_last) values ($1, $2, $3)", [
      p,
      bound(p),
      bound(p + 1) - 1,
    ]);
  }
}

function newerError(): OpenError {
  return new OpenError("the tables of the cluster are those of a newer version: use a newer Detent");
}
