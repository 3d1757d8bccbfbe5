/** What COMMAND, COMMAND INFO, LIST and GETKEYS tell of commands, in Redis' shapes. */
import * as errors from "../protocol/errors.ts";
import { map, type Reply, simple } from "../protocol/reply.ts";
import type { Catalogue } from "./catalogue.ts";
import { checkArity, findByFullName, findCommand } from "./catalogue.ts";
import { type Command, FLAG, flagNames, hasFlag } from "./command.ts";
import { ACL_CATEGORIES, type KeySpec } from "./declaration.ts";
import { hasKeys, type KeyUse, keysOf } from "./keys.ts";

/**
 * An array of ten: name, arity, flags, first key, last key, step, ACL categories, tips, key specifications and
 * subcommands, these in the same form. Texts that stand for themselves are bulk strings, words of a fixed
 * vocabulary simple strings.
 */
export function commandInfo(command: Command): Reply {
  const subcommands = [...command.subcommands.values()].map(commandInfo);
  return [
    command.name,
    command.arity,
    words(flagNames(command)),
    command.firstKey,
    command.lastKey,
    command.keyStep,
    set(command.aclCategories.map((category) => simple(`@${category.toLowerCase()}`))),
    set(command.declaration.commandTips.map((tip) => tip.toLowerCase())),
    set(command.keySpecs.map(keySpec)),
    // As Redis: an empty set, but an array when there are some.
    subcommands.length === 0 ? set([]) : subcommands,
  ];
}

/** commandInfo of each name in any case, null for one that is no command; of all commands without names. */
export function commandInfos(catalogue: Catalogue, names: readonly Buffer[]): Reply {
  if (names.length === 0) return catalogue.commands.map(commandInfo);
  return names.map((name) => {
    const command = findByFullName(catalogue, name.toString("latin1"));
    return command === undefined ? null : commandInfo(command);
  });
}

/** The full names of the commands and subcommands that pass the filter, in the catalogue's order. */
export function commandNames(catalogue: Catalogue, passes: (command: Command) => boolean): readonly string[] {
  return catalogue.commands
    .flatMap((command) => [command, ...command.subcommands.values()])
    .filter(passes)
    .map(({ name }) => name);
}

/** Whether there is an ACL category of that name, in any case and without the "@". */
export function isCategory(name: string): boolean {
  return ACL_CATEGORIES.some((category) => category === name.toUpperCase());
}

/** Whether a command is in an ACL category, named in any case and without the "@". */
export function isInCategory(command: Command, category: string): boolean {
  return command.aclCategories.some((one) => one === category.toUpperCase());
}

/**
 * The keys in a request that was given as the arguments of another; it begins with a command's name.
 * @throws ReplyError that says why there are none
 */
export function keysOfRequest(catalogue: Catalogue, request: readonly Buffer[]): readonly KeyUse[] {
  const command = findCommand(catalogue, request);
  if (command === undefined) throw errors.invalidCommand();
  if (!hasKeys(command)) throw errors.noKeyArguments();
  if (!checkArity(command, request)) throw errors.invalidArgumentCount();
  const keys = keysOf(command, request) ?? [];
  if (keys.length === 0 && !hasFlag(command, FLAG.NO_MANDATORY_KEYS)) throw errors.invalidArguments();
  return keys;
}

/** A pair of the key and the flags of its specification, as COMMAND GETKEYSANDFLAGS has it. */
export function keyAndFlags({ key, flags }: KeyUse): Reply {
  return [key, keyFlags(flags)];
}

function keySpec({ notes, flags, beginSearch, findKeys }: KeySpec): Reply {
  const entries: [Reply, Reply][] = notes === undefined ? [] : [["notes", notes]];
  entries.push(["flags", keyFlags(flags)]);
  entries.push(["begin_search", search(beginSearch.kind, beginSearchFields(beginSearch))]);
  entries.push(["find_keys", search(findKeys.kind, findKeysFields(findKeys))]);
  return map(entries);
}

function search(kind: string, fields: ReadonlyArray<readonly [Reply, Reply]>): Reply {
  return map([
    ["type", kind],
    ["spec", map(fields)],
  ]);
}

function beginSearchFields(search: KeySpec["beginSearch"]): ReadonlyArray<readonly [Reply, Reply]> {
  switch (search.kind) {
    case "index":
      return [["index", search.pos]];
    case "keyword":
      return [
        ["keyword", search.keyword],
        ["startfrom", search.startfrom],
      ];
    case "unknown":
      return [];
  }
}

function findKeysFields(find: KeySpec["findKeys"]): ReadonlyArray<readonly [Reply, Reply]> {
  switch (find.kind) {
    case "range":
      return [
        ["lastkey", find.lastkey],
        ["keystep", find.step],
        ["limit", find.limit],
      ];
    case "keynum":
      return [
        ["keynumidx", find.keynumidx],
        ["firstkey", find.firstkey],
        ["keystep", find.step],
      ];
    case "unknown":
      return [];
  }
}

/** The first four flags are abbreviations and stay in capitals. */
function keyFlags(flags: KeySpec["flags"]): Reply {
  return set(flags.map((flag) => simple(flag.length === 2 ? flag : flag.toLowerCase())));
}

function words(names: readonly string[]): Reply {
  return set(names.map((name) => simple(name.toLowerCase())));
}

function set(items: readonly Reply[]): Reply {
  return { kind: "set", items };
}
