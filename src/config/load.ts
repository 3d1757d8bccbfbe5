/** From command line, files and standard input to a configuration, or to the text that says what is wrong. */
import { resolve } from "node:path";
import { fileFault } from "../base/file-fault.ts";
import { parseCommandLine } from "./command-line.ts";
import { commandLineFaultText } from "./command-line-fault.ts";
import { type Config, createConfig } from "./config.ts";
import type { ConfigFiles } from "./config-files.ts";
import { isDefault, readLine, readValue, trimLine } from "./config-lines.ts";
import { LMDB } from "./directives/cluster.ts";
import { type ConfigValues, DIRECTIVES, type DirectiveName, directiveEntry } from "./directives.ts";
import {
  type Environment,
  type EnvironmentLines,
  environmentLines,
  unknownVariableText,
} from "./environment.ts";
import type { CommandRenaming } from "./structured-types.ts";
import { textOfWord } from "./words.ts";

const INCLUDE_DEPTH_MAX = 16;

export interface ConfigSources {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  readonly files: ConfigFiles;
  /** All of standard input; asked for only when the command line says so. */
  readonly readStdin: () => Buffer;
  /** The folder relative paths start from. */
  readonly cwd: string;
  /** The program's version, for the heading of an error. */
  readonly version: string;
  /** Whether a command of that name exists, for rename-command. */
  readonly isCommand: (name: string) => boolean;
  /** What is wrong with the last of these `user` lines, each given as its words; undefined when nothing is. */
  readonly userFault?: (lines: ReadonlyArray<readonly string[]>) => string | undefined;
  /** Variables such as DETENT_MAXCLIENTS: they override the file, and options override them. */
  readonly environment?: Environment;
  /** Values in place of the table's defaults, which any line of configuration overrides. */
  readonly defaults?: Partial<ConfigValues>;
}

export interface ConfigError {
  readonly kind: "error";
  /** To be printed on standard error as it stands. */
  readonly text: string;
  readonly exitCode: 1;
}

export type LoadedConfig =
  /** `warnings` are lines for the log. */
  | { readonly kind: "config"; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: "version" }
  | { readonly kind: "help" }
  | ConfigError;

/** Reads the whole configuration. Later lines override earlier ones; options follow the file. */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const line = parseCommandLine(sources.argv);
  if (line.kind !== "start") return line;
  const file = line.file === undefined ? undefined : resolve(sources.cwd, line.file);
  const values = { ...defaults(), ...sources.defaults };
  const loading: Loading = { sources, values, given: new Set() };
  const text = file === undefined ? "" : readText(sources, file);
  if (typeof text !== "string") return text;
  const stdin = line.readsStdin ? sources.readStdin().toString("latin1") : "";
  const separator = text === "" || text.endsWith("\n") || stdin === "" ? "" : "\n";
  const lines = text + separator + stdin;
  const environment = environmentLines(sources.environment ?? {});
  const error =
    applyText(loading, lines, { depth: 0 }) ??
    applyEnvironment(loading, environment) ??
    applyOptions(loading, line.options);
  if (error !== undefined) return error;
  const fault = clusterFault(loading);
  if (fault !== undefined)
    return failure(fatalConfigText(sources.version, `Reading the configuration\n>>> ${fault}`));
  const dir = resolve(sources.cwd, String(loading.values.dir));
  const isShared = loading.values.store !== LMDB;
  const loaded = { ...loading.values, dir, "cluster-enabled": isShared } as ConfigValues;
  const config = createConfig(loaded, file === undefined ? undefined : { file, files: sources.files });
  return { kind: "config", config, warnings: warningsOf(loading, environment) };
}

/** The defaults with some values replaced: a configuration for tests and for embedding. */
export function configOf(values: Partial<ConfigValues> = {}): Config {
  return createConfig({ ...(defaults() as ConfigValues), ...values });
}

/** What is wrong with directives of a cluster beside each other. */
function clusterFault({ values, given }: Loading): string | undefined {
  const isShared = values.store !== LMDB;
  const isEnabled = values["cluster-enabled"] === true;
  if (given.has("cluster-enabled") && isEnabled && !isShared)
    return "'cluster-enabled yes' needs a database that the servers share: store postgres://user@host:5432/database";
  if (given.has("cluster-enabled") && !isEnabled && isShared)
    return "'cluster-enabled no' contradicts 'store': servers that share a database are a cluster";
  if (Number(values["cluster-lease-margin"]) * 2 >= Number(values["cluster-lease"]))
    return "'cluster-lease-margin' must be less than half of 'cluster-lease'";
  return undefined;
}

interface Loading {
  readonly sources: ConfigSources;
  readonly values: Record<DirectiveName, unknown>;
  /** Directives that have been given, so that a further line is known to be a repetition. */
  readonly given: Set<DirectiveName>;
}

function defaults(): Record<DirectiveName, unknown> {
  const entries = Object.entries(DIRECTIVES).map(([name, entry]) => [name, entry.default]);
  return Object.fromEntries(entries) as Record<DirectiveName, unknown>;
}

function readText({ files }: ConfigSources, path: string): string | ConfigError {
  try {
    return files.read(path).toString("latin1");
  } catch (error) {
    return failure(`Fatal error, can't open config file '${path}': ${fileFault(error)}\n`);
  }
}

/** Options of the command line. What is wrong with one is the fault of no file. */
function applyOptions(loading: Loading, options: string): ConfigError | undefined {
  for (const line of options === "" ? [] : options.split("\n")) {
    const fault = applyLine(loading, line, 0);
    if (typeof fault === "string") return failure(commandLineFaultText(line, fault));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function applyText(
  loading: Loading,
  text: string,
  { depth }: { readonly depth: number },
): ConfigError | undefined {
  for (const [at, line] of text.split("\n").entries()) {
    const fault = applyLine(loading, line, depth);
    if (typeof fault === "string") return lineFailure(loading.sources.version, at + 1, { line, fault });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A variable replaces what the file says, also where lines of the file add to each other. */
function applyEnvironment(loading: Loading, { lines }: EnvironmentLines): ConfigError | undefined {
  for (const [at, { variable, line }] of lines.entries()) {
    const read = readLine(line);
    const isFirst = lines[at - 1]?.variable !== variable;
    if (read.ok && read.value !== undefined && isFirst) loading.given.delete(read.value.name);
    const fault = applyLine(loading, line, 0);
    if (typeof fault === "string")
      return failure(
        fatalConfigText(loading.sources.version, `Reading the environment\n>>> '${variable}'\n${fault}`),
      );
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Returns what is wrong with the line, or the failure of a file it includes. */
function applyLine(loading: Loading, line: string, depth: number): string | ConfigError | undefined {
  const read = readLine(line);
  if (!read.ok) return read.reason;
  if (read.value === undefined) return undefined;
  const { name, words } = read.value;
  const isRepeated = loading.given.has(name);
  const parsed = readValue(name, words, { current: loading.values[name], isRepeated });
  if (!parsed.ok) return parsed.reason;
  if (name === "include") return includeFiles(loading, words[0] ?? "", depth);
  if (name === "rename-command") {
    const fault = renamingFault(parsed.value as readonly CommandRenaming[], loading.sources.isCommand);
    if (fault !== undefined) return fault;
  }
  if (name === "user") {
    const fault = loading.sources.userFault?.(parsed.value as ReadonlyArray<readonly string[]>);
    if (fault !== undefined) return fault;
  }
  loading.values[name] = parsed.value;
  loading.given.add(name);
  return undefined;
}

function includeFiles(loading: Loading, pattern: string, depth: number): string | ConfigError | undefined {
  const { cwd, files } = loading.sources;
  if (depth >= INCLUDE_DEPTH_MAX) return `Files include each other more than ${INCLUDE_DEPTH_MAX} deep`;
  const text = textOfWord(pattern);
  if (text === undefined) return "A path must be UTF-8";
  const path = resolve(cwd, text);
  for (const found of /[*?[]/.test(text) ? files.expand(path) : [path]) {
    const included = readText(loading.sources, found);
    const error =
      typeof included === "string" ? applyText(loading, included, { depth: depth + 1 }) : included;
    if (error !== undefined) return error;
  }
  return undefined;
}

/** Plays the renamings so far; the last one is the one to check. */
function renamingFault(
  renamings: readonly CommandRenaming[],
  isCommand: (name: string) => boolean,
): string | undefined {
  const moved = new Map<string, boolean>();
  const exists = (name: string) => moved.get(name.toLowerCase()) ?? isCommand(name);
  for (const { from, to } of renamings) {
    if (!exists(from)) return "No such command in rename-command";
    moved.set(from.toLowerCase(), false);
    if (to === "") continue;
    if (exists(to)) return "Target command name already exists";
    moved.set(to.toLowerCase(), true);
  }
  return undefined;
}

function warningsOf({ values, given }: Loading, { unknown }: EnvironmentLines): readonly string[] {
  const idle = [...given].filter(
    (name) => directiveEntry(name).hasNoEffect && !isDefault(name, values[name]),
  );
  const warnings = unknown.map(unknownVariableText);
  if (idle.length > 0)
    warnings.push(`Directives accepted for compatibility that have no effect: ${idle.join(", ")}`);
  return warnings;
}

/** A fault of the configuration that no single line shows, as Redis prints it on standard error. */
export function fatalConfigText(version: string, fault: string): string {
  return `\n*** FATAL CONFIG FILE ERROR (Detent ${version}) ***\n${fault}\n`;
}

function lineFailure(
  version: string,
  number: number,
  { line, fault }: { readonly line: string; readonly fault: string },
): ConfigError {
  const shown = Buffer.from(trimLine(line), "latin1").toString("utf8");
  const where = `Reading the configuration file, at line ${number}\n>>> '${shown}'`;
  return failure(fatalConfigText(version, `${where}\n${fault}`));
}

function failure(text: string): ConfigError {
  return { kind: "error", text, exitCode: 1 };
}
