/** One life of the server as a process: log, pid file, store, listeners, signals, order of shutdown. */
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { accessText, bannerText } from "./banner.ts";
import { fileFault } from "./base/file-fault.ts";
import type { Log } from "./base/log.ts";
import { UsersError } from "./clients/users/starting.ts";
import { DETENT_VERSION } from "./commands/versions.ts";
import type { Config } from "./config/config.ts";
import { fatalConfigText } from "./config/load.ts";
import { descriptorLimit, fitToDescriptors } from "./descriptor-limit.ts";
import { HttpListenError } from "./http/listen-error.ts";
import type { Store } from "./keyspace/store.ts";
import { ListenError } from "./net/listener.ts";
import { type Opened, open } from "./opening.ts";
import { LogFileError, openLog, type ProgramLog } from "./program-log.ts";
import { CommitError, OpenError } from "./storage/ordered-store.ts";

const EXIT_OK = 0;
const EXIT_FAILED = 1;
/** Only the server's user has a business in its directory. */
const DIRECTORY_MODE = 0o700;

/** Runs the server until it is told to stop; resolves to the exit code of the process. */
export async function run(config: Config, warnings: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  keepFilesToOurselves();
  const opened = prepare(config);
  if (typeof opened === "string") {
    const isOfFile = config.file !== undefined;
    process.stderr.write(isOfFile ? fatalConfigText(DETENT_VERSION, opened) : `detent: ${opened}\n`);
    return EXIT_FAILED;
  }
  const { log } = opened;
  const ending = watchForTheEnd(log);
  log(`Detent ${DETENT_VERSION} is starting on Node ${process.versions.node}, pid=${process.pid}`);
  if (config.file === undefined) log("No config file specified, using the defaults and the command line");
  else log(`Configuration loaded from ${config.file}`);
  for (const warning of warnings) log(warning, "warning");
  const shortage = fitToDescriptors(config, descriptorLimit(), log);
  if (shortage !== undefined) {
    log(shortage, "warning");
    return EXIT_FAILED;
  }
  let running: Opened | undefined;
  try {
    running = await open({ config, log: opened, end: ending.end });
  } catch (error) {
    const isKnown =
      error instanceof OpenError ||
      error instanceof ListenError ||
      error instanceof HttpListenError ||
      error instanceof UsersError;
    if (!isKnown) throw error;
    log(error.message, "warning");
    return EXIT_FAILED;
  }
  const { server } = running;
  // A member lives longer than the stores it owns.
  if (running.member === undefined) ending.watchStore(server.context.partitions.home.store);
  const pidFile = writePidFile(config, log);
  for (const address of server.addresses) log(`Listening on ${address}`);
  if (running.announced !== undefined)
    log(`Announced to the cluster and its clients as ${running.announced}`);
  log(`Server initialized in ${(performance.now() - startedMs).toFixed(0)} ms`);
  for (const kind of server.listenerKinds) log(`Ready to accept connections ${kind}`);
  greet(config, running, log);
  const reason = await ending.ended;
  log(`${reason}, shutting down: no further requests are taken`, "warning");
  const exitCode = await closed(running, log);
  if (pidFile !== undefined) rmSync(pidFile, { force: true });
  log("Detent is now ready to exit, bye bye...", "warning");
  return exitCode;
}

/** A terminal gets the banner; a log gets the one fact of it that it does not have yet. */
function greet(config: Config, { server, announced }: Opened, log: Log): void {
  const facts = { config, server, announced, needsPassword: server.context.users.needsLogin };
  const isToTerminal =
    config.get("logfile") === "" && config.get("log-format") === "text" && process.stdout.isTTY;
  if (isToTerminal || config.get("always-show-logo")) process.stdout.write(bannerText(facts));
  else if (!facts.needsPassword)
    log(`Password: ${accessText(facts)}`, config.get("protected-mode") ? "notice" : "warning");
}

/** What the server writes is nobody else's to read, unless somebody chose another umask than the usual one. */
function keepFilesToOurselves(): void {
  const usual = 0o022;
  const chosen = process.umask(0o077);
  if (chosen !== usual) process.umask(chosen);
}

/** Closes the server; returns the exit code. */
async function closed(running: Opened, log: Log): Promise<number> {
  try {
    await running.close();
    return EXIT_OK;
  } catch (error) {
    if (!(error instanceof CommitError)) throw error;
    log(`The store did not close as it should: ${error.message}`, "warning");
    return EXIT_FAILED;
  }
}

/** The log, in a directory that is there; or what is wrong with the configuration. */
function prepare(config: Config): ProgramLog | string {
  const dir = config.get("dir");
  try {
    if (statSync(dir, { throwIfNoEntry: false }) === undefined) {
      // A parent that is mounted later, or misspelled, must not be created in its place.
      const parent = dirname(dir);
      if (statSync(parent, { throwIfNoEntry: false }) === undefined)
        return `Can't create the data directory '${dir}': its parent '${parent}' does not exist`;
      mkdirSync(dir, { mode: DIRECTORY_MODE });
    }
    return openLog(config);
  } catch (error) {
    if (error instanceof LogFileError) return error.message;
    return `Can't chdir to '${dir}': ${fileFault(error)}`;
  }
}

function writePidFile(config: Config, log: Log): string | undefined {
  const name = config.get("pidfile");
  if (name === "") return undefined;
  const path = resolve(config.get("dir"), name);
  try {
    writeFileSync(path, `${process.pid}\n`);
    return path;
  } catch (error) {
    log(`Failed to write PID file: ${error instanceof Error ? error.message : String(error)}`, "warning");
    return undefined;
  }
}

interface Ending {
  /** Resolves to the reason when the server is to stop. */
  readonly ended: Promise<string>;
  end(reason: string): void;
  /** Tells which store may fail in the background. */
  watchStore(store: Store): void;
}

/** Signals are taken from the first moment on: process 1 of a container has no defaults to rely on. */
function watchForTheEnd(log: Log): Ending {
  let store: Store | undefined;
  let isEnding = false;
  let resolveEnded: (reason: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    resolveEnded = resolve;
  });
  const end = (reason: string) => {
    isEnding = true;
    resolveEnded(reason);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (isEnding) {
        log("You insist... exiting now.", "warning");
        process.exit(EXIT_FAILED);
      }
      end(`Received ${signal}`);
    });
  }
  for (const signal of ["SIGHUP", "SIGUSR1"] as const) process.on(signal, () => undefined);
  const crash = (error: unknown) => {
    log(`Detent crashed: ${error instanceof Error ? error.stack : String(error)}`, "warning");
    process.exit(EXIT_FAILED);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", (error) => {
    // A commit that fails was reported where it was asked for; lmdb rejects a promise of its own beside it.
    if (store?.failure === undefined) crash(error);
    else log(`after the store failed: ${String(error)}`, "verbose");
  });
  return {
    ended,
    end,
    watchStore: (opened) => {
      store = opened;
      opened.onLost((error) => end(`The store has to be opened anew (${error.message}): restart the server`));
    },
  };
}
