/** What a subcommand of the program is: `detent backup` and the like. */
import type { Readable } from "node:stream";
import type { ParseArgsConfig } from "node:util";
import type { ObjectTypes } from "../keyspace/objects.ts";
import type { Place } from "../keyspace/place.ts";

/** What subcommands are given from outside. */
export interface Surroundings {
  readonly objects: ObjectTypes;
  /** What the partitions of a cluster hold, whose slots are given in order. */
  readonly placesOf: (
    ranges: ReadonlyArray<{ readonly firstSlot: number; readonly lastSlot: number }>,
  ) => readonly Place[];
  /** The version of the program. */
  readonly version: string;
  /** The directory of a server with this configuration file, or with none. @throws UsageError */
  directoryOf(configFile: string | undefined): string;
  readonly nowMs: number;
  readonly output: Output;
  readonly input: Input;
  /** Aborted when the process is asked to end; until a subcommand asks for it, that ends the process at once. */
  stopSignal(): AbortSignal;
}

/** Where a subcommand writes. */
export interface Output {
  /** A result: standard output. */
  print(line: string): void;
  /** What a person may want to know: standard error. */
  note(line: string): void;
  /** How far it has got; shown on a terminal alone. */
  progress(what: string, done: number, of: number): void;
}

/** What a subcommand reads. */
export interface Input {
  readonly stream: Readable;
  /** True when a person types it and reads the results. */
  readonly isTerminal: boolean;
}

export type OptionTable = NonNullable<ParseArgsConfig["options"]>;

/** Values of options that were given, by name. */
export type Given = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export interface Subcommand {
  readonly name: string;
  readonly summary: string;
  /** All of its help: usage, options, examples. */
  readonly help: string;
  readonly options: OptionTable;
  /** Options stand before the first argument; what follows it is all arguments, also if it begins with a dash. */
  readonly optionsFirst?: true;
  /** How many arguments beside options it takes, at least and at most. */
  readonly operands: readonly [min: number, max: number];
  /** Resolves to the exit code. @throws UsageError, or OpenError with a message for the operator */
  run(operands: readonly string[], given: Given, surroundings: Surroundings): Promise<number>;
}

/** A command line that asks for what there is not. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It is done, and what was looked at is sound. */
export const EXIT_OK = 0;
/** It could not be done, or what was looked at is damaged. */
export const EXIT_FAILED = 1;
/** The command line is wrong. */
export const EXIT_USAGE = 2;

/** The value of an option that may be given once. */
export function textOption(given: Given, name: string): string | undefined {
  const value = given[name];
  return typeof value === "string" ? value : undefined;
}

/** The values of an option that may be given several times. */
export function textOptions(given: Given, name: string): readonly string[] {
  const value = given[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** `1 key`, `2 keys`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The options of those that work on a server's directory. */
export const DIRECTORY_OPTIONS: OptionTable = { dir: { type: "string" }, config: { type: "string" } };

export const DIRECTORY_HELP = `  --dir DIR       the server's directory; without it what 'dir' is by --config, DETENT_DIR, or the current directory
  --config FILE   the server's configuration file`;

/** The directory that the options name. */
export function directoryOption(given: Given, surroundings: Surroundings): string {
  return textOption(given, "dir") ?? surroundings.directoryOf(textOption(given, "config"));
}
