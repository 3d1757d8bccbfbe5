/** What COMMAND DOCS tells of commands, in Redis' shapes: redis-cli is particular about them. */
import { map, type Reply, simple } from "../protocol/reply.ts";
import { type Catalogue, findByFullName } from "./catalogue.ts";
import type { Command } from "./command.ts";
import type { Argument } from "./declaration.ts";

type Entry = readonly [Reply, Reply];

/** A map from name to documentation, of the names that are commands, in any case; of all commands without names. */
export function commandDocs(catalogue: Catalogue, names: readonly Buffer[]): Reply {
  const commands =
    names.length === 0
      ? catalogue.commands
      : names.flatMap((name) => findByFullName(catalogue, name.toString("latin1")) ?? []);
  return map(commands.map(entry));
}

function entry(command: Command): Entry {
  return [command.name, documentation(command)];
}

function documentation(command: Command): Reply {
  const { summary, since, group, complexity, module, history, docFlags } = command.declaration;
  const { deprecatedSince, replacedBy } = command.declaration;
  const entries: Entry[] = [
    ["summary", summary],
    ["since", since],
    ["group", group],
    ["complexity", complexity],
  ];
  if (module !== undefined) entries.push(["module", module]);
  if (docFlags.length > 0) entries.push(["doc_flags", flags(docFlags)]);
  if (deprecatedSince !== undefined) entries.push(["deprecated_since", deprecatedSince]);
  if (replacedBy !== undefined) entries.push(["replaced_by", replacedBy]);
  if (history.length > 0) entries.push(["history", { kind: "set", items: history }]);
  const grammar = command.declaration.arguments;
  if (grammar.length > 0) entries.push(["arguments", grammar.map(argument)]);
  if (command.subcommands.size > 0) {
    entries.push(["subcommands", map([...command.subcommands.values()].map(entry))]);
  }
  return map(entries);
}

function argument(one: Argument): Reply {
  const entries: Entry[] = [
    ["name", one.name],
    ["type", one.type],
  ];
  if (one.parts.length === 0) entries.push(["display_text", one.display ?? one.name]);
  if (one.keySpecIndex !== undefined) entries.push(["key_spec_index", one.keySpecIndex]);
  if (one.token !== undefined) entries.push(["token", one.token]);
  if (one.since !== undefined) entries.push(["since", one.since]);
  const names = [
    ...(one.isOptional ? ["optional"] : []),
    ...(one.isMultiple ? ["multiple"] : []),
    ...(one.isMultipleToken ? ["multiple_token"] : []),
  ];
  if (names.length > 0) entries.push(["flags", flags(names)]);
  if (one.parts.length > 0) entries.push(["arguments", one.parts.map(argument)]);
  return map(entries);
}

/** A set of simple strings: redis-cli looks at the type. */
function flags(names: readonly string[]): Reply {
  return { kind: "set", items: names.map((name) => simple(name.toLowerCase())) };
}
