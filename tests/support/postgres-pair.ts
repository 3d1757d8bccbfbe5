/**
 * A primary and its synchronous standby, as who runs a database has them: the primary is killed or frozen and the standby promoted,
 * a standby that is frozen is dropped, and what comes back is made a standby anew.
 */
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import {
  installationOf,
  type PostgresInstallation,
  PostgresInstance,
  postgresDirectory,
} from "./postgres.ts";

const PORTS = [5432, 5433] as const;
/** A standby asks again at once when its primary was away. */
const SETTINGS = [
  "fsync=off",
  "shared_buffers=16MB",
  "max_connections=100",
  "wal_retrieve_retry_interval=100ms",
];

export interface PairOptions {
  /** A program and arguments that run servers within a network of their own; they listen on all of its addresses. */
  readonly within?: readonly string[];
}

export class PostgresPair {
  /** Of the sockets, `.s.PGSQL.5432` and `.s.PGSQL.5433`. */
  readonly directory: string;
  #primary: PostgresInstance;
  #standby: PostgresInstance;

  private constructor(installation: PostgresInstallation, { within = [] }: PairOptions) {
    this.directory = postgresDirectory(installation);
    const settings = [`listen_addresses=${within.length > 0 ? "*" : ""}`, ...SETTINGS];
    const [primary, standby] = PORTS.map((port) => {
      const instance = new PostgresInstance(installation, this.directory, settings, port);
      instance.within = within;
      return instance;
    });
    if (primary === undefined || standby === undefined) throw new Error("there are two ports");
    this.#primary = primary;
    this.#standby = standby;
  }

  static async start(options: PairOptions = {}): Promise<PostgresPair> {
    const installation = await installationOf();
    if (installation === undefined) throw new Error("PostgreSQL is not installed");
    const pair = new PostgresPair(installation, options);
    await pair.#primary.initialise();
    appendFileSync(join(pair.#primary.data, "pg_hba.conf"), "host all all 10.0.0.0/8 trust\n");
    await pair.#primary.start();
    await pair.makeStandby();
    return pair;
  }

  /** The address of both over their sockets. */
  get url(): string {
    const hosts = PORTS.map((port) => `${encodeURIComponent(this.directory)}:${port}`);
    return `postgres://tester@${hosts.join(",")}/postgres?target_session_attrs=read-write`;
  }

  get primary(): PostgresInstance {
    return this.#primary;
  }

  get standby(): PostgresInstance {
    return this.#standby;
  }

  connect(): Promise<pg.Client> {
    return this.#primary.connect();
  }

  /** The other one becomes a synchronous standby, whatever it was: commits wait for it from now on. */
  async makeStandby(): Promise<void> {
    const standby = this.#standby;
    rmSync(standby.data, { recursive: true, force: true });
    const from = ["-h", this.directory, "-p", String(this.#primary.port), "-U", "tester"];
    await standby.run("pg_basebackup", [
      ...from,
      "-D",
      standby.data,
      "-R",
      "-X",
      "stream",
      "-c",
      "fast",
      "--no-sync",
    ]);
    // It has waited for no standby of its own.
    appendFileSync(join(standby.data, "postgresql.auto.conf"), "synchronous_standby_names = ''\n");
    await standby.start();
    await this.awaitStandby();
  }

  /** Commits wait for the standby from now on, which follows the primary. */
  async awaitStandby(): Promise<void> {
    await this.#onPrimary(async (client) => {
      await until(client, "select from pg_stat_replication where state = 'streaming'");
      await client.query("alter system set synchronous_standby_names = '*'");
      await client.query("select pg_reload_conf()");
      await until(client, "select from pg_stat_replication where sync_state = 'sync'");
    });
  }

  /** Commits wait for no standby any more, and those that wait are done. */
  async dropStandby(): Promise<void> {
    await this.#onPrimary(async (client) => {
      await client.query("alter system set synchronous_standby_names = ''");
      await client.query("select pg_reload_conf()");
    });
  }

  /** The standby is the primary from now on, on one copy. What was the primary must not serve any more, or do so for nobody. */
  async promote(): Promise<void> {
    const client = await this.#standby.connect();
    await client.query("select pg_promote(true)");
    await client.end();
    [this.#primary, this.#standby] = [this.#standby, this.#primary];
  }

  async stop(): Promise<void> {
    for (const instance of [this.#standby, this.#primary]) {
      instance.signalAll("SIGCONT");
      await instance.end();
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #onPrimary(work: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = await this.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }
}

async function until(client: pg.Client, text: string): Promise<void> {
  while ((await client.query(text)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}
