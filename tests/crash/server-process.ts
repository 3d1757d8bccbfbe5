/** The server as a process of its own, on a socket in its directory, to be killed or to meet faults. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { TestClient } from "../support/client.ts";
import { PROGRAM } from "../support/program-command.ts";

export interface ServerProcess {
  /** What the server has logged so far. */
  readonly log: readonly string[];
  connect(): Promise<TestClient>;
  /** Ends the process at once, without a chance for it to do anything. */
  kill(): void;
  /** Asks it to shut down. */
  terminate(): void;
  /** The exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

export interface ServerSettings {
  readonly directory: string;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** A program with arguments that runs the server, such as strace. */
  readonly under?: readonly string[];
  /** Part of a line of its log at which it is killed. */
  readonly diesAt?: string;
}

/** Starts a server; resolves when it accepts connections. @throws Error with its log when it ends before that */
export async function startServer({
  directory,
  args = [],
  under = [],
  diesAt,
}: ServerSettings): Promise<ServerProcess> {
  const socket = `${directory}/server.sock`;
  const server = [...PROGRAM, "--port", "0", "--unixsocket", socket];
  const [program = "", ...rest] = [...under, ...server, "--dir", directory, ...args];
  // A group of its own, so that a signal also reaches the server behind a program that runs it.
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const log: string[] = [];
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  child.stderr.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      log.push(line);
      if (diesAt !== undefined && line.includes(diesAt)) signalGroup(child, "SIGKILL");
      if (line.includes("Ready to accept connections")) resolve();
    });
  });
  const failed = ended.then((code) => {
    throw new Error(`the server ended with ${code}:\n${log.join("\n")}`);
  });
  // Counts only until it is ready: afterwards the end is what a test asks for.
  failed.catch(() => undefined);
  await Promise.race([ready, failed]);
  return {
    log,
    ended,
    connect: () => TestClient.connect(socket),
    kill: () => signalGroup(child, "SIGKILL"),
    terminate: () => signalGroup(child, "SIGTERM"),
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
    process.kill(-child.pid, signal);
}
