/**
 * Connections to the server of a database that takes writes, the primary. Where an address names several servers, all are tried
 * at once: one that is frozen or unreachable delays nothing.
 *
 * After a failover the former primary may come back and answer as if nothing had happened, with what was true before. Each
 * promotion begins a new timeline, with a higher number. So no connection is made to a server of an older timeline than the process
 * has seen for the same address, and those that there are end as soon as it sees a newer one.
 */
import type { Client, ClientConfig } from "pg";
import { addressesOf } from "./addresses.ts";
import { messageOf } from "./message-of.ts";

/** How long servers that have not answered are waited for when another one has: it may be a former primary. */
const GRACE_MS = 100;
/** A machine that is lost is noticed by the database so soon: its sessions end, and with them what they hold. */
const KEEPALIVE = { tcp_keepalives_idle: 5, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 };
const UNANSWERED_MS = 10_000;

/** What the session is like is part of the same round trip: what is acknowledged is on disk, whatever the database does for others. */
const KNOW = `select pg_is_in_recovery() or current_setting('transaction_read_only')::bool as standby,
  case when pg_is_in_recovery() then '0' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline,
  set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), false),
  ${Object.entries({ ...KEEPALIVE, tcp_user_timeout: UNANSWERED_MS })
    .map(([name, value]) => `set_config('${name}', '${value}', false)`)
    .join(", ")}`;

/** Of warnings; notices that are none have other classes. */
const WARNING_CLASS = "01";
/** Classes of errors: no such function or setting, or not allowed; not supported. */
const UNKNOWN_THERE = /^(42|0A)/;

interface Known {
  readonly client: Client;
  /** 0: the database has no such thing. */
  readonly timeline: number;
}

/** The newest timeline of each address, and what ends the connections to it. */
interface Seen {
  timeline: number;
  readonly open: Map<Client, () => void>;
}

const seen = new Map<string, Seen>();

const timelines = new WeakMap<Client, number>();

/** The timeline of the database that a connection of `connectedToPrimary` leads to; 0: it has no such thing. */
export function timelineAt(client: Client): number {
  return timelines.get(client) ?? 0;
}

export interface PrimaryOptions {
  /** `postgres://user:password@host:5432/database`; several hosts are separated by commas. */
  readonly url: string;
  readonly config: Omit<ClientConfig, "connectionString" | "connectionTimeoutMillis">;
  /** How long a server may take until the connection stands. */
  readonly connectMs: number;
  /** Before it connects: for listeners. */
  readonly prepare?: (client: Client) => void;
  /** The database warns of a statement: what it has committed may be on one copy alone. */
  readonly onWarning?: ((text: string) => void) | undefined;
  /** The connection leads to a server that is not the primary any more. */
  readonly onFormer: (client: Client) => void;
}

/** A client that is connected to the primary. @throws Error that says of each server why it is not one */
export async function connectedToPrimary(options: PrimaryOptions): Promise<Client> {
  const { url } = options;
  const addresses = addressesOf(url);
  const found = await bestOf(
    addresses.map((address) => connected(options, address)),
    (errors) => whyNone(addresses, errors),
  );
  const known = seen.get(url) ?? { timeline: 0, open: new Map() };
  seen.set(url, known);
  if (found.timeline < known.timeline) {
    end(found.client);
    throw new Error("the database that answers is a former primary");
  }
  if (found.timeline > known.timeline) {
    known.timeline = found.timeline;
    for (const leave of [...known.open.values()]) leave();
  }
  const { client } = found;
  timelines.set(client, found.timeline);
  known.open.set(client, () => options.onFormer(client));
  client.once("end", () => known.open.delete(client));
  return client;
}

/** The one of the newest timeline among those that answer by and by; the others end. @throws Error of `failure` where none does */
async function bestOf(
  tried: readonly Promise<Known>[],
  failure: (errors: readonly unknown[]) => unknown,
): Promise<Known> {
  const found: Known[] = [];
  let isChosen = false;
  const noted = tried.map(async (one) => {
    const known = await one;
    if (isChosen) end(known.client);
    else found.push(known);
  });
  try {
    await Promise.any(noted);
  } catch (error) {
    throw error instanceof AggregateError ? failure(error.errors) : error;
  }
  if (tried.length > 1) await within(GRACE_MS, Promise.allSettled(noted));
  isChosen = true;
  const best = found.reduce((a, b) => (b.timeline > a.timeline ? b : a));
  for (const { client } of found) if (client !== best.client) end(client);
  return best;
}

/** Of each server why it is not the primary; the error itself where there is one server. */
function whyNone(addresses: readonly string[], errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0];
  const reasons = errors.map((error, index) => {
    return `${decodeURIComponent(new URL(addresses[index] ?? "").host)}: ${messageOf(error)}`;
  });
  return new Error(`no server takes writes: ${reasons.join("; ")}`);
}

/** @throws Error unless it is a primary */
async function connected(options: PrimaryOptions, address: string): Promise<Known> {
  const { config, connectMs, prepare, onWarning } = options;
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    ...config,
    connectionString: address,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
  });
  client.on("error", () => undefined);
  client.on("notice", ({ code, message }) => {
    if (code?.startsWith(WARNING_CLASS) === true) onWarning?.(message ?? code);
  });
  prepare?.(client);
  // It may be frozen, or cut off, between its welcome and its first answer.
  const late = setTimeout(() => end(client), 2 * connectMs);
  try {
    await client.connect();
    return { client, timeline: await timelineOf(client) };
  } catch (error) {
    end(client);
    throw error;
  } finally {
    clearTimeout(late);
  }
}

async function timelineOf(client: Client): Promise<number> {
  try {
    const { rows } = await client.query<{ standby: boolean; timeline: string }>(KNOW);
    if (rows[0]?.standby !== false) throw new Error(`the database at ${client.host} is a standby`);
    return Number.parseInt(rows[0].timeline, 16);
  } catch (error) {
    // One that speaks the protocol and is not PostgreSQL has no timelines.
    if (error instanceof Error && "code" in error && UNKNOWN_THERE.test(String(error.code))) return 0;
    throw error;
  }
}

function end(client: Client): void {
  client.end().catch(() => undefined);
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
