/** Finds the subcommand that a command line begins with, and runs it. */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { closestName } from "../base/edit-distance.ts";
import { RemoteError } from "../remote/remote.ts";
import { OpenError } from "../storage/ordered-store.ts";
import { DamageError } from "../storage/sealed-values.ts";
import { adopt } from "./adopt/adopt.ts";
import { backup } from "./backup.ts";
import { call } from "./call.ts";
import { checkDefinitions } from "./check.ts";
import { cluster } from "./cluster.ts";
import { compact } from "./compact.ts";
import { convert } from "./convert.ts";
import { coverage } from "./coverage.ts";
import { diff } from "./diff.ts";
import { DocumentError } from "./documents.ts";
import { exportStore } from "./export.ts";
import { importStore } from "./import.ts";
import { move } from "./move.ts";
import { record } from "./record.ts";
import { restore } from "./restore.ts";
import {
  EXIT_FAILED,
  EXIT_OK,
  EXIT_USAGE,
  type OptionTable,
  type Subcommand,
  type Surroundings,
  UsageError,
} from "./subcommand.ts";
import { testDefinitions } from "./test.ts";
import { types } from "./types.ts";
import { verify } from "./verify.ts";

/** In the order of the help. */
export const SUBCOMMANDS: readonly Subcommand[] = [
  call,
  backup,
  restore,
  verify,
  exportStore,
  importStore,
  compact,
  convert,
  testDefinitions,
  checkDefinitions,
  diff,
  record,
  coverage,
  types,
  adopt,
  cluster,
  move,
];

/**
 * Runs what the first word of a command line names; resolves to the exit code, or to undefined when it names no
 * subcommand and is the server's to read: an option, or a configuration file.
 */
export async function runSubcommand(
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<number | undefined> {
  const [word, ...rest] = argv;
  if (word === undefined) return undefined;
  const { output } = surroundings;
  const subcommand = SUBCOMMANDS.find(({ name }) => name === word);
  if (subcommand === undefined) {
    if (!/^[a-z][a-z-]*$/i.test(word) || existsSync(word)) return undefined;
    output.note(unknown(word));
    return EXIT_USAGE;
  }
  try {
    return await runWith(subcommand, rest, surroundings);
  } catch (error) {
    if (error instanceof UsageError) {
      output.note(`detent ${subcommand.name}: ${error.message}`);
      output.note(`Run 'detent ${subcommand.name} --help' for its arguments.`);
      return EXIT_USAGE;
    }
    if (error instanceof DocumentError) {
      output.note(`detent ${subcommand.name}: ${error.message}`);
      return EXIT_USAGE;
    }
    if (!(error instanceof OpenError || error instanceof DamageError || error instanceof RemoteError))
      throw error;
    output.note(`detent ${subcommand.name}: ${error.message}`);
    return EXIT_FAILED;
  }
}

async function runWith(
  subcommand: Subcommand,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { values, positionals } = parsed(subcommand, args);
  if (values["help"] === true) {
    surroundings.output.print(subcommand.help.trimEnd());
    return EXIT_OK;
  }
  const [min, max] = subcommand.operands;
  if (positionals.length < min) throw new UsageError(`an argument is missing: ${usageOf(subcommand)}`);
  if (positionals.length > max) {
    const hint = "dir" in subcommand.options ? `; a directory is written as --dir ${positionals[max]}` : "";
    throw new UsageError(`'${positionals[max]}' is one argument too many${hint}`);
  }
  return await subcommand.run(positionals, values, surroundings);
}

/** The line of its help that has all arguments. */
function usageOf({ help }: Subcommand): string {
  return /^Usage: (.*)$/m.exec(help)?.[1] ?? "";
}

function parsed(subcommand: Subcommand, args: readonly string[]) {
  const options = { ...subcommand.options, help: { type: "boolean", short: "h" } } as const;
  const mine = subcommand.optionsFirst === true ? firstOperand(args, options) : args.length;
  try {
    const { values, positionals } = parseArgs({
      args: args.slice(0, mine),
      options,
      allowPositionals: true,
    });
    return { values, positionals: [...positionals, ...args.slice(mine)] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, dashes, option] = /^Unknown option '(--?)([^'=]+)/.exec(message) ?? [];
    if (dashes === undefined || option === undefined) throw new UsageError(message);
    const hint = dashes === "--" ? closestName(option, Object.keys(options)) : undefined;
    throw new UsageError(
      `there is no option ${dashes}${option}${hint === undefined ? "" : `; did you mean --${hint}?`}`,
    );
  }
}

/** Where the first argument is that is neither an option nor the value of one. */
function firstOperand(args: readonly string[], options: OptionTable): number {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  return tokens.find(({ kind }) => kind === "positional")?.index ?? args.length;
}

function unknown(word: string): string {
  const names = SUBCOMMANDS.map(({ name }) => name);
  const hint = closestName(word, names);
  const rest = hint === undefined ? `Subcommands: ${names.join(", ")}.` : `Did you mean 'detent ${hint}'?`;
  const start = "To start the server, run 'detent' with options alone, or with a configuration file.";
  return `detent: '${word}' is neither a subcommand nor a configuration file. ${rest}\n${start}`;
}
