/**
 * `daemonize yes`: the program goes on as a process of its own session, without terminal, standard input and output,
 * and the one that was started ends. Node cannot fork, so it is the same program started again.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { finished } from "node:stream/promises";

const EXIT_OK = 0;
/** Tells the second process that it is the daemon. */
const MARK = "DETENT_IS_DAEMON";

export function isDaemon(env: NodeJS.ProcessEnv): boolean {
  return env[MARK] === "yes";
}

/**
 * Starts the daemon and returns the exit code of this process. The configuration has been read without a fault; what
 * fails later is in the log, as with redis-server.
 * @param stdin what this process has read of its standard input, for the daemon to read it too
 */
export async function startDaemon(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  stdin: Buffer | undefined,
): Promise<number> {
  const script = process.argv[1] ?? "";
  const child = spawn(process.execPath, [...process.execArgv, script, ...argv], {
    detached: true,
    stdio: [stdin === undefined ? "ignore" : "pipe", "ignore", "ignore"],
    env: { ...env, [MARK]: "yes" },
  });
  await once(child, "spawn");
  if (stdin !== undefined && child.stdin !== null) {
    child.stdin.end(stdin);
    await finished(child.stdin);
  }
  child.unref();
  return EXIT_OK;
}
