/** What the HELP of a container tells: its subcommands, as the catalogue knows them. */
import { type Reply, simple } from "../protocol/reply.ts";
import { type Catalogue, findByFullName } from "./catalogue.ts";
import { syntaxLine } from "./syntax.ts";

/**
 * An array of simple strings: a line on what follows, then for each subcommand its syntax and, indented, what it is
 * for. `container` is the name of an entry of commands.json, in any case.
 */
export function containerHelp(catalogue: Catalogue, container: string): Reply {
  const name = container.toUpperCase();
  const subcommands = [...(findByFullName(catalogue, name)?.subcommands.values() ?? [])];
  const lines = subcommands.flatMap(({ declaration }) => [
    syntaxLine(declaration).slice(name.length + 1),
    `    ${declaration.summary}`,
  ]);
  return [`${name} <subcommand> [<arg> ...]. Subcommands are:`, ...lines].map(simple);
}
