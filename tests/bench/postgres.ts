/**
 * The peer that most teams have: a table of machines in PostgreSQL. A transition is one guarded UPDATE with the rows of
 * history and outbox it leads to, in one statement, durable when it is answered (`synchronous_commit` on). As a good client
 * would, each connection sends as many transitions in a statement as there would be requests on the way, and no
 * two connections touch the same machine.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type Figures, quantile } from "./figures.ts";
import { usedBy } from "./servers.ts";

const run = promisify(execFile);
const CONNECTIONS = 50;

const SCHEMA = `
  CREATE TABLE machine (key text PRIMARY KEY, state text NOT NULL, rev bigint NOT NULL, updated bigint NOT NULL);
  CREATE INDEX machine_state ON machine (state, updated);
  CREATE TABLE history (key text, rev bigint, at bigint, event text, from_state text, to_state text, PRIMARY KEY (key, rev));
  CREATE TABLE outbox (id bigserial PRIMARY KEY, key text, rev bigint, event text, from_state text, to_state text, at bigint);
`;

const TRANSITION = `
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
  const programs = programsOf();
  if (programs === undefined) return undefined;
  // Its user, who is another one, may not enter the directory of the benchmark.
  const directory = mkdtempSync(join(tmpdir(), "detent-bench-pg-"));
  const user = await userOf();
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  const data = join(directory, "data");
  await run(join(programs, "initdb"), ["-D", data, "-U", "bench", "-A", "trust", "--no-sync"], { ...user });
  const settings = [
    "shared_buffers=256MB",
    "synchronous_commit=on",
    "max_connections=80",
    "listen_addresses=",
  ];
  const server = spawn(
    join(programs, "postgres"),
    ["-D", data, "-k", directory, ...settings.flatMap((setting) => ["-c", setting])],
    { stdio: "ignore", ...user },
  );
  const connect = () => connected(directory);
  const first = await connect();
  await first.query(SCHEMA);
  await first.query("INSERT INTO machine SELECT 'lamp:' || n, 'off', 1, 0 FROM generate_series(0, $1) n", [
    machines - 1,
  ]);
  await first.query("VACUUM ANALYZE");
  const clients = [first];
  while (clients.length < CONNECTIONS) clients.push(await connect());
  const usage = () => usedByAll(server.pid ?? 0);
  return {
    measure: (depth, transitions) => measured({ clients, machines, depth, transitions, usage }),
    stop: async () => {
      for (const client of clients) await client.end();
      server.kill("SIGINT");
      await once(server, "exit");
      rmSync(directory, { recursive: true, force: true });
    },
  };
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

async function connected(directory: string): Promise<pg.Client> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ host: directory, user: "bench", database: "postgres" });
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Where the newest installed version has its programs. */
function programsOf(): string | undefined {
  const base = "/usr/lib/postgresql";
  if (!existsSync(base)) return undefined;
  const [newest] = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  return newest === undefined ? undefined : join(base, newest, "bin");
}

/** PostgreSQL refuses to run as root; the package makes a user of its own. */
async function userOf(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const of = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await of("-u"), gid: await of("-g") };
}

/** Processor time of the server and of its processes, one of each connection. */
function usedByAll(pid: number): number {
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
