/** docs/commands.md, the reference for users, made from the catalogue alone. */
import { assert } from "../../src/base/assert.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/base/json.ts";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { type Command, flagNames } from "../../src/catalogue/command.ts";
import type { Declaration } from "../../src/catalogue/declaration.ts";
import { syntaxLine } from "../../src/catalogue/syntax.ts";

/** The whole document. */
export function catalogueMarkdown(catalogue: Catalogue): string {
  const groups = [...new Set(catalogue.commands.map(({ declaration }) => declaration.group))].sort(byRank);
  const sections = groups.map((group) => groupSection(group, callables(catalogue, group)));
  return `${[HEAD, contents(catalogue, groups), ...sections].join("\n\n")}\n`;
}

const HEAD = `<!-- Made from commands.json; \`make docs\` writes it. -->

# Commands

All commands of Detent. A syntax line shows words to type in capitals and values in small letters; \`[ ]\` encloses what is
optional, \`|\` separates choices, and \`...\` follows what may be repeated. "Since" is the version of Detent for the \`SM.\`
commands and the version of Redis that introduced it for the others. The replies do not include errors, which any command
may answer with: see [errors](errors.md).`;

/** The groups in the order in which a user looks for them. */
const GROUP_TITLES: ReadonlyMap<string, string> = new Map([
  ["sm", "State machines"],
  ["generic", "Keys"],
  ["string", "Strings"],
  ["hash", "Hashes"],
  ["list", "Lists"],
  ["set", "Sets"],
  ["sorted-set", "Sorted sets"],
  ["bitmap", "Bits"],
  ["hyperloglog", "HyperLogLogs"],
  ["geo", "Places"],
  ["stream", "Streams"],
  ["scripting", "Scripts and functions"],
  ["pubsub", "Pub/sub"],
  ["transactions", "Transactions"],
  ["connection", "Connection"],
  ["server", "Server"],
  ["cluster", "Cluster"],
]);

function byRank(left: string, right: string): number {
  const ranks = [...GROUP_TITLES.keys()];
  return ranks.indexOf(left) - ranks.indexOf(right);
}

/** The commands of a group that can be called, subcommands behind their containers. */
function callables(catalogue: Catalogue, group: string): readonly Command[] {
  return catalogue.commands
    .filter(({ declaration }) => declaration.group === group)
    .flatMap((command) => [command, ...command.subcommands.values()])
    .filter(({ declaration }) => declaration.replySchema !== undefined);
}

function contents(catalogue: Catalogue, groups: readonly string[]): string {
  const rows = groups.map((group) => {
    const links = callables(catalogue, group).map(
      ({ declaration }) => `[${title(declaration)}](#${anchor(declaration)})`,
    );
    return `**${groupTitle(group)}**: ${links.join(", ")}`;
  });
  return rows.join("\n\n");
}

function groupTitle(group: string): string {
  const title = GROUP_TITLES.get(group);
  assert(title !== undefined, `the group ${group} of commands.json has no title`);
  return title;
}

function groupSection(group: string, commands: readonly Command[]): string {
  return [`## ${groupTitle(group)}`, ...commands.map(commandSection)].join("\n\n");
}

function title({ name }: Declaration): string {
  return name.replace("|", " ");
}

/** As GitHub makes it of the heading. */
function anchor(declaration: Declaration): string {
  return title(declaration).toLowerCase().replaceAll(".", "").replaceAll(" ", "-");
}

function commandSection(command: Command): string {
  const { declaration } = command;
  const parts = [
    `### ${title(declaration)}`,
    `\`\`\`\n${syntaxLine(declaration)}\n\`\`\``,
    declaration.summary,
  ];
  if (declaration.deprecatedSince !== undefined) {
    parts.push(
      `Deprecated since ${declaration.deprecatedSince}; instead: ${declaration.replacedBy ?? "none"}.`,
    );
  }
  parts.push(facts(command));
  const replies = replyLines(declaration.replySchema ?? {}, "");
  if (replies.length > 0) parts.push(`Replies:\n\n${replies.join("\n")}`);
  return parts.join("\n\n");
}

function facts(command: Command): string {
  const { declaration } = command;
  const lines = [`- Since: ${declaration.since}`, `- Cost: ${declaration.complexity}`];
  const flags = flagNames(command).filter((flag) => flag !== "MODULE");
  if (flags.length > 0) lines.push(`- Flags: ${flags.join(", ").toLowerCase()}`);
  lines.push(
    `- Categories: ${command.aclCategories.map((category) => `@${category.toLowerCase()}`).join(" ")}`,
  );
  for (const [version, change] of declaration.history) lines.push(`- New in ${version}: ${change}`);
  return lines.join("\n");
}

const TYPE_NAMES: ReadonlyMap<Json | undefined, string> = new Map([
  ["null", "null"],
  ["integer", "integer"],
  ["number", "double"],
  ["string", "string"],
  ["array", "array"],
  ["object", "map"],
]);

/** A line for each branch of a reply schema, and indented below it for what a branch is made of. */
function replyLines(schema: JsonObject, indent: string): readonly string[] {
  const branches = objects(schema["anyOf"]);
  if (branches.length > 0) {
    const own = typeof schema["description"] === "string" ? [`${indent}- ${schema["description"]}`] : [];
    return [
      ...own,
      ...branches.flatMap((branch) => replyLines(branch, own.length > 0 ? `${indent}  ` : indent)),
    ];
  }
  const description = schema["description"];
  const line = `${indent}- ${typeName(schema)}${typeof description === "string" ? `: ${description}` : ""}`;
  return [line, ...partLines(schema, `${indent}  `)];
}

function partLines(schema: JsonObject, indent: string): readonly string[] {
  const { items, properties, additionalProperties } = schema;
  const fields = isJsonObject(properties) ? Object.entries(properties) : [];
  return [
    ...fields.flatMap(([name, part]) => (isJsonObject(part) ? fieldLines(name, part, indent) : [])),
    ...[...objects(items), ...objects(additionalProperties)]
      .filter(
        (part) =>
          part["description"] !== undefined || part["anyOf"] !== undefined || part["items"] !== undefined,
      )
      .flatMap((part) => replyLines(part, indent)),
  ];
}

function fieldLines(name: string, part: JsonObject, indent: string): readonly string[] {
  const branches = objects(part["anyOf"]);
  const [main = part] = branches;
  const types = branches.length > 0 ? branches.map(typeName).join(" or ") : typeName(part);
  const description = main["description"];
  const line = `${indent}- \`${name}\`, ${types}${typeof description === "string" ? `: ${description}` : ""}`;
  return [line, ...partLines(main, `${indent}  `)];
}

function typeName(schema: JsonObject): string {
  if (schema["const"] !== undefined) return `\`${schema["const"]}\``;
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value: Json) => `\`${value}\``).join(" or ");
  return TYPE_NAMES.get(schema["type"]) ?? "any reply";
}

/** The schemas among a keyword's value: of an array its items, of an object itself. */
function objects(value: Json | undefined): readonly JsonObject[] {
  const candidates: readonly Json[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return candidates.filter(isJsonObject);
}
