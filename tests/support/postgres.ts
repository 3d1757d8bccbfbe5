/** PostgreSQL for tests and benchmarks: a server of its own, without a port, in a directory that goes with it. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);
const USER = "tester";
const DATABASE = "postgres";

export interface PostgresServer {
  readonly pid: number;
  /** For programs. */
  readonly url: string;
  connect(): Promise<pg.Client>;
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
  /** Starts it again after that. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why there is none here; undefined where there is one. */
export const noPostgres = programsOf() === undefined ? "PostgreSQL is not installed" : undefined;

/** Undefined where PostgreSQL is not installed. @param settings such as `fsync=off` */
export async function startPostgresServer(settings: readonly string[]): Promise<PostgresServer | undefined> {
  const programs = programsOf();
  if (programs === undefined) return undefined;
  // Its user, who is another one, may not enter the directory of the tests.
  const directory = mkdtempSync(join(tmpdir(), "detent-pg-"));
  const user = await userOf();
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  chmodSync(directory, 0o755);
  const data = join(directory, "data");
  await run(join(programs, "initdb"), ["-D", data, "-U", USER, "-A", "trust", "--no-sync"], { ...user });
  const all = ["listen_addresses=", ...settings];
  const launch = () =>
    spawn(
      join(programs, "postgres"),
      ["-D", data, "-k", directory, ...all.flatMap((setting) => ["-c", setting])],
      { stdio: "ignore", ...user },
    );
  let server = launch();
  await (await connected(directory)).end();
  return {
    get pid() {
      return server.pid ?? 0;
    },
    url: `postgres://${USER}@/${DATABASE}?host=${encodeURIComponent(directory)}`,
    connect: () => connected(directory),
    kill: async () => {
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
    restart: async () => {
      // What the killed one has left ends by itself, and until then none can start.
      for (;;) {
        server = launch();
        const ended = once(server, "exit");
        const connecting = connected(directory);
        const isUp = await Promise.race([connecting, ended.then(() => undefined)]);
        if (isUp === undefined) {
          // It goes on trying, and meets the server of the next attempt.
          connecting.then((client) => client.end()).catch(() => undefined);
          continue;
        }
        await isUp.end();
        return;
      }
    },
    stop: async () => {
      server.kill("SIGINT");
      if (server.exitCode === null) await once(server, "exit");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function connected(directory: string): Promise<pg.Client> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ host: directory, user: USER, database: DATABASE });
    // One that breaks fails what it is asked for next.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (attempt === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Where the newest installed version has its programs. */
function programsOf(): string | undefined {
  const base = "/usr/lib/postgresql";
  if (!existsSync(base)) return undefined;
  const [newest] = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  const programs = newest === undefined ? undefined : join(base, newest, "bin");
  return programs !== undefined && existsSync(join(programs, "postgres")) ? programs : undefined;
}

/** PostgreSQL refuses to run as root; the package makes a user of its own. */
async function userOf(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const of = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await of("-u"), gid: await of("-g") };
}
