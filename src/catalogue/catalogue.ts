/**
 * The catalogue of commands: commands.json, read and checked when the process starts. Routing, arity, flags, ACL
 * categories, key positions, the replies of COMMAND and docs/commands.md all come from it.
 */
import { readFileSync } from "node:fs";
import type { Json } from "../base/json.ts";
import { PACKAGE_ROOT } from "../base/program-files.ts";
import * as errors from "../protocol/errors.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { misspelledSubcommand } from "../protocol/word-errors.ts";
import { type Command, deriveCommand } from "./command.ts";
import type { Declaration } from "./declaration.ts";
import { findName, type NameTable, nameTable } from "./names.ts";
import { parseDeclarations } from "./parse.ts";

export type Catalogue = {
  /** Commands other than subcommands, in the order of the file. */
  readonly commands: readonly Command[];
  /** The same by name. */
  readonly byName: NameTable<Command>;
};

/** The catalogue of the checked JSON of commands.json. @throws Error naming the path of the first mistake. */
export function deriveCatalogue(file: Json): Catalogue {
  const declarations = parseDeclarations(file);
  const commands = declarations
    .filter(({ container }) => container === undefined)
    .map((declaration) => deriveCommand(declaration, subcommandsOf(declaration, declarations)));
  const names = new Set(commands.map(({ declaration }) => declaration.name));
  const orphan = declarations.find(({ container }) => container !== undefined && !names.has(container));
  if (orphan !== undefined)
    throw new Error(`commands.json is not valid: ${orphan.name} has no container entry`);
  return { commands, byName: nameTable(commands.map((command) => [command.name, command])) };
}

function subcommandsOf(container: Declaration, declarations: readonly Declaration[]): Command["subcommands"] {
  const ownNameStart = container.name.length + 1;
  return new Map(
    declarations
      .filter((declaration) => declaration.container === container.name)
      .map((one) => [one.name.slice(ownNameStart).toLowerCase(), deriveCommand(one, new Map())]),
  );
}

/** The catalogue of this program. */
export const CATALOGUE: Catalogue = readCatalogue(new URL("commands.json", PACKAGE_ROOT));

function readCatalogue(file: URL): Catalogue {
  // JSON.parse returns any; Json is what it can return.
  return deriveCatalogue(JSON.parse(readFileSync(file, "utf8")) as Json);
}

/**
 * The command that a request names, or for a container the subcommand; undefined if there is none. A container alone
 * is itself the answer: its arity refuses it, or it can be called.
 */
export function findCommand(catalogue: Catalogue, request: readonly Buffer[]): Command | undefined {
  const [name, subname] = request;
  const command = name === undefined ? undefined : findName(catalogue.byName, name);
  if (command === undefined || subname === undefined || command.subcommands.size === 0) return command;
  return findName(command.subcommandsByName, subname);
}

/** The command or, as `config|get`, subcommand of that name in any case, or undefined. */
export function findByFullName(catalogue: Catalogue, name: string): Command | undefined {
  const [first = "", second, ...others] = name.toLowerCase().split("|");
  const command = findName(catalogue.byName, Buffer.from(first, "latin1"));
  if (command === undefined || second === undefined) return command;
  return others.length > 0 ? undefined : command.subcommands.get(second);
}

/** Whether a request has as many arguments as its command takes; the name counts as one. */
export function checkArity(command: Command, request: readonly Buffer[]): boolean {
  return command.arity > 0 ? request.length === command.arity : request.length >= -command.arity;
}

/** The error for a request for which `findCommand` finds nothing. */
export function unknownCommandError(catalogue: Catalogue, request: readonly Buffer[]): ReplyError {
  const [name = Buffer.alloc(0), ...args] = request;
  const container = findName(catalogue.byName, name);
  const [subname] = args;
  if (container === undefined || subname === undefined) return errors.unknownCommand(name, args);
  // Unknown commands, and subcommands of Redis' containers, are answered in Redis' words.
  const hint = container.name.startsWith(OURS)
    ? misspelledSubcommand(container.name, subname, [...container.subcommands.keys()])
    : undefined;
  return hint ?? errors.unknownSubcommand(container.name, subname);
}

const OURS = "SM.";
