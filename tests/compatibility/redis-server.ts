/** Debian's redis-server as the judge: started without persistence on a socket in a directory of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Undefined when redis-server can be run, or the reason why not, as the name of a skipped test tells it. */
export const redisServerMissing: string | undefined =
  spawnSync("redis-server", ["--version"]).error === undefined
    ? undefined
    : "skipped: redis-server is not installed";

export interface RedisServer {
  /** The path of its socket. */
  readonly socketPath: string;
  close(): Promise<void>;
}

/** Resolves once it takes connections. @throws Error with what it printed when it ends instead */
export async function startRedisServer(...options: readonly string[]): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), "detent-redis-"));
  const socketPath = join(directory, "socket");
  const defaults = ["--port", "0", "--unixsocket", socketPath, "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", [...defaults, "--dir", directory, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await ready(child);
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  return { socketPath, close };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString("utf8");
      if (/ready to accept connections/i.test(printed)) resolve();
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`redis-server did not start:\n${printed}`)));
  });
}
