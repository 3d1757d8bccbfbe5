/** What `cluster.ts` measures: servers of Detent, a bare client that only writes journal rows, and a hand-written client. */
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import type { PostgresServer } from "../support/postgres.ts";
import type { Subject } from "./closed-loop.ts";
import { usedByAll } from "./postgres.ts";
import { type BenchServer, startDetent } from "./servers.ts";
import { type Prepared, prepared, SlotClient } from "./slot-client.ts";

const LAMP = JSON.stringify({
  initial: "off",
  states: { off: { on: { GO: "on" } }, on: { on: { GO: "off" } } },
});
const SETUP_IN_FLIGHT = 256;
/** Until when servers that have just begun have even shares. */
const EVEN_WITHIN_MS = 60_000;

/** A subject that goes with what it needs. */
export interface Running extends Subject {
  stop(): Promise<void>;
}

export interface RunningCluster extends Running {
  /** Of its database. */
  readonly url: string;
}

export interface DetentOptions {
  readonly name: string;
  readonly directory: string;
  readonly machines: number;
  /** Connections to each server. */
  readonly connections: number;
}

/** One server over a directory. */
export async function embedded(options: DetentOptions): Promise<Running> {
  const server = await startDetent(options.directory);
  const slots = [[0, 16_383, server.port]] as const;
  return await detent(options, [server], slots, () => 0);
}

/** Servers over a schema of their own, each with its share of the partitions. */
export async function clusterOf(
  options: DetentOptions,
  database: PostgresServer,
  { servers, partitions }: { readonly servers: number; readonly partitions: number },
): Promise<RunningCluster> {
  const schema = `detent_${servers}_of_${partitions}`;
  const url = `${database.url}&options=${encodeURIComponent(`-c search_path=${schema}`)}`;
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`create schema ${schema}`);
  await createSchema(client, partitions);
  const running: BenchServer[] = [];
  for (let count = 0; count < servers; count += 1)
    running.push(await startDetent(`${options.directory}-${count}`, ["--bind", "127.0.0.1", "--store", url]));
  const slots = await evenShares(client, servers);
  await client.end();
  const subject = await detent(options, running, slots, () => usedByAll(database.pid));
  return { ...subject, url };
}

type Slots = readonly (readonly [first: number, last: number, port: number])[];

/** Waits until each server has its share. */
async function evenShares(client: pg.Client, servers: number): Promise<Slots> {
  const untilMs = performance.now() + EVEN_WITHIN_MS;
  while (performance.now() < untilMs) {
    const { rows } = await client.query<{ first: number; last: number; port: number | null }>(
      `select slot_first as first, slot_last as last, port from detent_partition
       left join detent_member on id = split_part(owner, ':', 1) and lease_until > now()`,
    );
    const counts = new Map<number | null, number>();
    for (const { port } of rows) counts.set(port, (counts.get(port) ?? 0) + 1);
    if (!counts.has(null) && counts.size === servers && new Set(counts.values()).size === 1)
      return rows.map(({ first, last, port }) => [first, last, port ?? 0] as const);
    await setTimeout(50);
  }
  throw new Error(
    `${servers} servers have no even shares: the number of partitions is to be a multiple of theirs`,
  );
}

async function detent(
  { name, machines, connections }: DetentOptions,
  servers: readonly BenchServer[],
  slots: Slots,
  databaseUs: () => number,
): Promise<Running> {
  const client = await SlotClient.connect(slots, connections);
  const keys = Array.from({ length: machines }, (_, at) => `lamp:${at}`);
  await client.sendAll([prepared("SM.DEF", "CREATE", "lamp", LAMP)], 1);
  await client.sendAll(
    keys.map((key) => prepared("SM.CREATE", key, "lamp")),
    SETUP_IN_FLIGHT,
  );
  const requests = keys.map((key) => prepared("SM.SEND", key, "GO"));
  const next = inTurn(requests);
  return {
    name,
    begin: (done) => client.send(next(), done),
    serversUs: () => servers.reduce((sum, server) => sum + server.used().cpuUs, 0),
    databaseUs,
    stop: async () => {
      client.close();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** No machine has two requests in flight, unless there are more of these than machines. */
function inTurn(requests: readonly Prepared[]): () => Prepared {
  let at = 0;
  return () => {
    at = (at + 1) % requests.length;
    const request = requests[at];
    if (request === undefined) throw new Error("there is a machine");
    return request;
  };
}
