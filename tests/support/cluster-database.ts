/** A PostgreSQL server for the tests of a file, in which each cluster has a schema of its own. */
import { threadId } from "node:worker_threads";
import pg from "pg";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { type PostgresServer, startPostgresServer } from "./postgres.ts";

/** Where no crash is tested. */
const FAST = ["fsync=off", "shared_buffers=16MB", "max_connections=60"];

export interface ClusterDatabase {
  readonly server: PostgresServer;
  /** The address of an empty schema of its own. */
  schema(): Promise<string>;
  /** The address of a schema with the tables of a cluster of one partition, owned by `owner` at epoch 1 for an hour. */
  cluster(owner?: string): Promise<string>;
}

/** To be called at the top of a test file that PostgreSQL is installed for. */
export function useClusterDatabase(settings: readonly string[] = FAST): ClusterDatabase {
  let running: PostgresServer | undefined;
  beforeAll(async () => {
    running = await startPostgresServer(settings);
  }, 120_000);
  afterAll(() => running?.stop());
  const started = () => {
    if (running === undefined) throw new Error("PostgreSQL is not installed");
    return running;
  };
  const schema = () => schemaAt(started().url);
  const cluster = (owner = "owner") => clusterAt(started().url, owner);
  return {
    get server() {
      return started();
    },
    schema,
    cluster,
  };
}

let schemaCount = 0;

/** The address of a new schema on a server. */
async function schemaAt(server: string): Promise<string> {
  schemaCount += 1;
  const name = `test_${process.pid}_${threadId}_${schemaCount}`;
  await withClient(server, (client) => client.query(`create schema ${name}`));
  return `${server}&options=${encodeURIComponent(`-c search_path=${name}`)}`;
}

/** And of one with the tables of a cluster, whose partition has an owner in epoch 1. */
export async function clusterAt(server: string, owner: string): Promise<string> {
  const url = await schemaAt(server);
  await withClient(url, async (client) => {
    await createSchema(client);
    await takePartition(client, owner);
  });
  return url;
}

/** The owner of partition 0 is another one; its epoch is returned. */
export async function takePartition(client: pg.Client, owner: string): Promise<number> {
  const { rows } = await client.query<{ epoch: string }>(
    `update detent_partition set owner = $1, epoch = epoch + 1, lease_until = now() + interval '1 hour'
     where p = 0 returning epoch`,
    [owner],
  );
  return Number(rows[0]?.epoch);
}

/** A client that is closed when the test ends. */
export async function connectedTo(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
