/** What a command line asks for: a subcommand, the version, the help, or the server until a signal or SHUTDOWN ends it. */
import { existsSync, readFileSync } from "node:fs";
import { terminalOutput } from "./cli/output.ts";
import { runSubcommand } from "./cli/run.ts";
import { UsageError } from "./cli/subcommand.ts";
import { DETENT_VERSION } from "./commands/versions.ts";
import { isDaemon, startDaemon } from "./daemon.ts";
import { OBJECT_TYPES } from "./object-types.ts";
import { placesOf } from "./places.ts";
import { commandLineWithoutSecrets } from "./process-title.ts";
import { run } from "./program.ts";
import { loadProgramConfig } from "./program-config.ts";
import { USAGE } from "./usage.ts";

const STDIN_DESCRIPTOR = 0;

/** Resolves to the exit code of the process. */
export async function launch(typed: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const argv = spelledOut(typed);
  const title = commandLineWithoutSecrets(argv);
  if (title !== undefined) process.title = title;
  const exitCode = await runSubcommand(argv, {
    objects: OBJECT_TYPES,
    placesOf,
    version: DETENT_VERSION,
    directoryOf: (configFile) => directoryOf(configFile, env),
    nowMs: Date.now(),
    output: terminalOutput(process.stderr.isTTY),
    input: {
      get stream() {
        return process.stdin;
      },
      isTerminal: process.stdin.isTTY && process.stdout.isTTY,
    },
    stopSignal,
  });
  if (exitCode !== undefined) return exitCode;
  let stdin: Buffer | undefined;
  const readStdin = () => {
    stdin ??= readFileSync(STDIN_DESCRIPTOR);
    return stdin;
  };
  const loaded = loadProgramConfig({ argv, env, readStdin });
  switch (loaded.kind) {
    case "version":
      await written(process.stdout, `Detent server v=${DETENT_VERSION} node=${process.version} bits=64\n`);
      return 0;
    case "help":
      await written(process.stdout, USAGE);
      return 0;
    case "error":
      await written(process.stderr, loaded.text);
      return loaded.exitCode;
    case "config":
      if (loaded.config.get("daemonize") && !isDaemon(env)) return await startDaemon(argv, env, stdin);
      return await run(loaded.config, loaded.warnings);
  }
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** The command line with `help` as people type it: `detent help`, `detent help backup`. */
function spelledOut(argv: readonly string[]): readonly string[] {
  const [word, subcommand] = argv;
  if (word !== "help" || existsSync(word)) return argv;
  return subcommand === undefined ? ["--help"] : [subcommand, "--help"];
}

/** The directory of a server that is started with a configuration file, or without. @throws UsageError */
function directoryOf(configFile: string | undefined, env: NodeJS.ProcessEnv): string {
  const argv = configFile === undefined ? [] : [configFile];
  const loaded = loadProgramConfig({ argv, env, readStdin: () => Buffer.alloc(0) });
  if (loaded.kind === "config") return loaded.config.get("dir");
  throw new UsageError(
    loaded.kind === "error" ? loaded.text.trim() : `'${configFile}' is not a configuration file`,
  );
}

/** Resolves when the text has left the process, or cannot. */
function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.on("error", () => resolve());
    stream.write(text, () => resolve());
  });
}
