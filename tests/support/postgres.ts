/** PostgreSQL for tests and benchmarks: a server of its own, without a port, in a directory that goes with it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
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
  const installation = await installationOf();
  if (installation === undefined) return undefined;
  const directory = postgresDirectory(installation);
  const instance = new PostgresInstance(installation, directory, ["listen_addresses=", ...settings]);
  await instance.initialise();
  await instance.start();
  return {
    get pid() {
      return instance.pid;
    },
    url: `postgres://${USER}@/${DATABASE}?host=${encodeURIComponent(directory)}`,
    connect: () => instance.connect(),
    kill: () => instance.kill(),
    restart: () => instance.start(),
    stop: async () => {
      await instance.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Where the programs are, and as whom they run. */
export interface PostgresInstallation {
  readonly programs: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** A directory for data and sockets, to be removed with all that is in it. */
export function postgresDirectory({ user }: PostgresInstallation): string {
  // Its user, who is another one, may not enter the directory of the tests.
  const directory = mkdtempSync(join(tmpdir(), "detent-pg-"));
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  chmodSync(directory, 0o755);
  return directory;
}

/** A server process over data of its own, which may come and go. Its user is `tester`, who is trusted. */
export class PostgresInstance {
  readonly #installation: PostgresInstallation;
  readonly #directory: string;
  readonly #settings: readonly string[];
  readonly data: string;
  readonly port: number;
  /** A program and arguments that run it, such as within a network of its own. */
  within: readonly string[] = [];
  #process: ChildProcess | undefined;

  /** @param directory of its sockets, and of its data */
  constructor(
    installation: PostgresInstallation,
    directory: string,
    settings: readonly string[],
    port = 5432,
  ) {
    this.#installation = installation;
    this.#directory = directory;
    this.#settings = settings;
    this.port = port;
    this.data = join(directory, `data-${port}`);
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async initialise(): Promise<void> {
    await this.run("initdb", ["-D", this.data, "-U", USER, "-A", "trust", "--no-sync"]);
  }

  /** Runs one of the programs of PostgreSQL to its end. */
  async run(program: string, args: readonly string[]): Promise<void> {
    const { programs, user } = this.#installation;
    await run(join(programs, program), [...args], { ...user });
  }

  /** Returns when it takes connections. */
  async start(): Promise<void> {
    // What a killed one has left ends by itself, and until then none can start.
    for (;;) {
      this.#launch();
      const ended = this.#ended();
      const connecting = this.connect();
      const isUp = await Promise.race([connecting, ended.then(() => undefined)]);
      if (isUp !== undefined) {
        await isUp.end();
        return;
      }
      // It goes on trying, and meets the server of the next attempt.
      connecting.then((client) => client.end()).catch(() => undefined);
    }
  }

  connect(): Promise<pg.Client> {
    return connected(this.#directory, this.port);
  }

  async kill(): Promise<void> {
    const ended = this.#ended();
    this.#process?.kill("SIGKILL");
    await ended;
  }

  /** For it and all of its processes, if it runs. */
  signalAll(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (this.#process?.exitCode !== null || this.#process.signalCode !== null) return;
    // While it is stopped it starts none, and those that end stay known.
    process.kill(pid, "SIGSTOP");
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    for (const child of children) if (child !== "") process.kill(Number(child), signal);
    process.kill(pid, signal);
  }

  async end(): Promise<void> {
    this.#process?.kill("SIGINT");
    await this.#ended();
  }

  async #ended(): Promise<void> {
    const server = this.#process;
    if (server?.exitCode === null && server.signalCode === null) await once(server, "exit");
  }

  #launch(): void {
    const { programs, user } = this.#installation;
    const settings = this.#settings.flatMap((setting) => ["-c", setting]);
    const own = ["-D", this.data, "-k", this.#directory, "-p", String(this.port), ...settings];
    const [program = "", ...args] = [...this.within, join(programs, "postgres"), ...own];
    // What runs it within something needs the rights for that, and drops them.
    const as = this.within.length === 0 ? user : undefined;
    this.#process = spawn(program, args, { stdio: "ignore", ...as });
  }
}

async function connected(directory: string, port: number): Promise<pg.Client> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ host: directory, port, user: USER, database: DATABASE });
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

export async function installationOf(): Promise<PostgresInstallation | undefined> {
  const programs = programsOf();
  return programs === undefined ? undefined : { programs, user: await userOf() };
}

/** PostgreSQL refuses to run as root; the package makes a user of its own. */
async function userOf(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const of = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await of("-u"), gid: await of("-g") };
}
