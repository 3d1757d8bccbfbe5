/** A command as the server uses it: what is declared, and what follows from the declaration. */
import {
  ACL_CATEGORIES,
  type AclCategory,
  COMMAND_FLAGS,
  type CommandFlag,
  type Declaration,
  type KeySpec,
} from "./declaration.ts";
import { type NameTable, nameTable } from "./names.ts";

export type Command = {
  /** As replies show it: lower case, `config|get` for a subcommand; `SM.GET`, as the module has it, for ours. */
  readonly name: string;
  readonly arity: number;
  /** A bit for each of `FLAG`. */
  readonly flags: number;
  /** Explicit and derived ones, in Redis' order. */
  readonly aclCategories: readonly AclCategory[];
  readonly keySpecs: readonly KeySpec[];
  /** The legacy view of the key positions: 0 0 0 when there are none; `lastKey` may count from the end. */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly keyStep: number;
  /** By their own name in lower case; empty unless the command is a container. */
  readonly subcommands: ReadonlyMap<string, Command>;
  /** The same, for a name as it is in a request. */
  readonly subcommandsByName: NameTable<Command>;
  readonly declaration: Declaration;
};

/** The bit of each command flag in `Command.flags`. */
export const FLAG = Object.fromEntries(COMMAND_FLAGS.map((flag, bit) => [flag, 1 << bit])) as Readonly<
  // The keys are those of the list: fromEntries loses that.
  Record<CommandFlag, number>
>;

/** Whether a command has a flag: `hasFlag(command, FLAG.WRITE)`. Several bits: whether it has any of them. */
export function hasFlag(command: Command, flag: number): boolean {
  return (command.flags & flag) !== 0;
}

/** The names of a command's flags, in Redis' order. */
export function flagNames(command: Command): readonly CommandFlag[] {
  return COMMAND_FLAGS.filter((flag) => hasFlag(command, FLAG[flag]));
}

/** The command of a declaration, with the subcommands given. */
export function deriveCommand(declaration: Declaration, subcommands: ReadonlyMap<string, Command>): Command {
  const flags = new Set(declaration.commandFlags);
  if (declaration.module !== undefined) flags.add("MODULE");
  if (declaration.keySpecs.some(isMovable)) flags.add("MOVABLEKEYS");
  return {
    name: declaration.name.startsWith("SM.") ? declaration.name : declaration.name.toLowerCase(),
    arity: declaration.arity,
    flags: [...flags].reduce((bits, flag) => bits | FLAG[flag], 0),
    aclCategories: aclCategories(declaration, flags),
    keySpecs: declaration.keySpecs,
    ...legacyRange(declaration.keySpecs),
    subcommands,
    subcommandsByName: nameTable(subcommands),
    declaration,
  };
}

function isMovable(spec: KeySpec): boolean {
  return (
    spec.beginSearch.kind !== "index" || spec.findKeys.kind !== "range" || spec.flags.includes("INCOMPLETE")
  );
}

function aclCategories(declaration: Declaration, flags: ReadonlySet<CommandFlag>): readonly AclCategory[] {
  const categories = new Set(declaration.aclCategories);
  if (flags.has("WRITE")) categories.add("WRITE");
  // What a script reads is a matter of the commands it runs.
  if (flags.has("READONLY") && !categories.has("SCRIPTING")) categories.add("READ");
  if (flags.has("ADMIN")) categories.add("ADMIN").add("DANGEROUS");
  if (flags.has("PUBSUB")) categories.add("PUBSUB");
  if (flags.has("BLOCKING")) categories.add("BLOCKING");
  categories.add(flags.has("FAST") ? "FAST" : "SLOW");
  return ACL_CATEGORIES.filter((category) => categories.has(category));
}

/**
 * The one range that clients without key specifications read: of a single specification as it stands, of several
 * the run of adjacent fixed ranges at the front. What does not fit is left out; `MOVABLEKEYS` tells where that can be.
 */
function legacyRange(specs: readonly KeySpec[]): Pick<Command, "firstKey" | "lastKey" | "keyStep"> {
  const [only] = specs;
  if (specs.length === 1 && only?.beginSearch.kind === "index" && only.findKeys.kind === "range") {
    const { pos } = only.beginSearch;
    return { firstKey: pos, lastKey: last(pos, only.findKeys.lastkey), keyStep: only.findKeys.step };
  }
  let firstKey = 0;
  let lastKey = 0;
  for (const { beginSearch, findKeys } of specs) {
    if (beginSearch.kind !== "index" || findKeys.kind !== "range" || findKeys.step !== 1) continue;
    if (lastKey !== 0 && lastKey !== beginSearch.pos - 1) continue;
    if (firstKey === 0) firstKey = beginSearch.pos;
    lastKey = last(beginSearch.pos, findKeys.lastkey);
  }
  return { firstKey, lastKey, keyStep: firstKey === 0 ? 0 : 1 };
}

function last(pos: number, lastkey: number): number {
  return lastkey >= 0 ? pos + lastkey : lastkey;
}
