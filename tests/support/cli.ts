/** Subcommands of the program in the process of the test. */
import { Readable } from "node:stream";
import { runSubcommand } from "../../src/cli/run.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { placesOf } from "../../src/places.ts";

export interface CliResult {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** Runs `detent` with these arguments, whose first one is the subcommand. */
export async function cli(...args: readonly string[]): Promise<CliResult> {
  return await runningCli(...args).ended;
}

/** The same with something on standard input. */
export async function cliReading(stdin: string, ...args: readonly string[]): Promise<CliResult> {
  return await run(args, { out: [], err: [], signal: new AbortController().signal, stdin });
}

/** One that goes on until it is stopped. */
export interface RunningCli {
  /** What it has printed so far. */
  readonly out: readonly string[];
  readonly err: readonly string[];
  readonly ended: Promise<CliResult>;
  /** As SIGTERM would. */
  stop(): void;
}

/** Begins to run `detent` with these arguments. */
export function runningCli(...args: readonly string[]): RunningCli {
  const out: string[] = [];
  const err: string[] = [];
  const controller = new AbortController();
  const ended = run(args, { out, err, signal: controller.signal });
  return { out, err, ended, stop: () => controller.abort() };
}

interface Printed {
  readonly out: string[];
  readonly err: string[];
  readonly signal: AbortSignal;
  readonly stdin?: string;
}

async function run(args: readonly string[], { out, err, signal, stdin = "" }: Printed): Promise<CliResult> {
  const code = await runSubcommand(args, {
    objects: OBJECT_TYPES,
    placesOf,
    version: "test",
    directoryOf: () => process.cwd(),
    nowMs: Date.UTC(2026, 10, 29, 14),
    output: { print: (line) => out.push(line), note: (line) => err.push(line), progress: () => undefined },
    input: { stream: Readable.from(stdin), isTerminal: false },
    stopSignal: () => signal,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
