/**
 * The peer that most teams have: a table of machines in PostgreSQL. A transition is one guarded UPDATE with the rows of
 * history and outbox it leads to, in one statement, durable when it is answered (`synchronous_commit` on). As a good client
 * would, each connection sends as many transitions in a statement as there would be requests on the way, and no
 * two connections touch the same machine.
 */
import { readdirSync, readFileSync } from "node:fs";
import type pg from "pg";
import { startPostgresServer } from "../support/postgres.ts";
import { type Figures, quantile } from "./figures.ts";
import { usedBy } from "./servers.ts";

const CONNECTIONS = 50;

const SCHEMA = `
  CREATE TABLE machine (key text PRIMARY KEY, state text NOT NULL, rev bigint NOT NULL, updated bigint NOT NULL);
  CREATE INDEX machine_state ON machine (state, updated);
  CREATE TABLE history (key text, rev bigint, at bigint, event text, from_state text, to_state text, PRIMARY KEY (key, rev));
  CREATE TABLE outbox (id bigserial PRIMARY KEY, key text, rev bigint, event text, from_state text, to_state text, at bigint);
`;

/** Transitions of the machines whose keys are `$1`, none twice, at `$2`. */
export const TRANSITION = `
  WITH moved AS (
    UPDATE machine SET state = CASE state WHEN 'off' THEN 'on' ELSE 'off' END, rev = rev + 1, updated = $2
    WHERE key = ANY ($1::text[]) AND state IN ('off', 'on')
    RETURNING key, rev, state, CASE state WHEN 'on' THEN 'off' ELSE 'on' END AS before
  ), told AS (
    INSERT INTO history SELECT key, rev, $2, 'GO', before, state FROM moved
  )
  INSERT INTO outbox (key, rev, event, from_state, to_state, at)
  SELECT key, rev, 'GO', before, state, $2 FROM moved
`;

export interface PostgresPeer {
  /** So many transitions at a depth. */
  measure(depth: number, transitions: number): Promise<Figures>;
  stop(): Promise<void>;
}

/** Undefined where PostgreSQL is not installed. */
export async function startPostgres(machines: number): Promise<PostgresPeer | undefined> {
  const server = await startPostgresServer([
    "shared_buffers=256MB",
    "synchronous_commit=on",
    "max_connections=80",
  ]);
  if (server === undefined) return undefined;
  const connect = () => server.connect();
  const first = await connect();
  await createMachines(first, machines);
  const clients = [first];
  while (clients.length < CONNECTIONS) clients.push(await connect());
  const usage = () => usedByAll(server.pid);
  return {
    measure: (depth, transitions) => measured({ clients, machines, depth, transitions, usage }),
    stop: async () => {
      for (const client of clients) await client.end();
      await server.stop();
    },
  };
}

/** The tables, and machines in them, `lamp:0` and so on. */
export async function createMachines(client: pg.Client, count: number): Promise<void> {
  await client.query(SCHEMA);
  await client.query("INSERT INTO machine SELECT 'lamp:' || n, 'off', 1, 0 FROM generate_series(0, $1) n", [
    count - 1,
  ]);
  await client.query("VACUUM ANALYZE");
}

interface Measured {
  readonly clients: readonly pg.Client[];
  readonly machines: number;
  readonly depth: number;
  readonly transitions: number;
  usage(): number;
}

async function measured({ clients, machines, depth, transitions, usage }: Measured): Promise<Figures> {
  const times: number[] = [];
  const each = Math.ceil(transitions / depth / clients.length);
  const [cpuUs, startedMs] = [usage(), performance.now()];
  await Promise.all(
    clients.map(async (client, own) => {
      const share = Math.floor(machines / clients.length);
      for (let batch = 0; batch < each; batch += 1) {
        const keys = Array.from(
          { length: depth },
          (_, index) => `lamp:${own + clients.length * ((batch * depth + index) % share)}`,
        );
        const sentMs = performance.now();
        await client.query({ name: "transition", text: TRANSITION, values: [keys, Date.now()] });
        times.push(performance.now() - sentMs);
      }
    }),
  );
  const done = each * depth * clients.length;
  return {
    perSecond: (done / (performance.now() - startedMs)) * 1000,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    p999Ms: quantile(times, 0.999),
    cpuUs: (usage() - cpuUs) / done,
    diskBytes: Number.NaN,
  };
}

/** Processor time of the server and of its processes, one of each connection. */
export function usedByAll(pid: number): number {
  const children = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid,
  );
  return [pid, ...children.map(Number)].reduce((sum, one) => sum + usedBy(one).cpuUs, 0);
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}
