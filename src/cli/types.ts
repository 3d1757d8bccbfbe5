/** detent types FILE: the types of a definition, for programs that use `detent/client` and keep it in a file. */
import { basename } from "node:path";
import { isJsonObject, type Json } from "../base/json.ts";
import { isInternal } from "../engine/event-names.ts";
import type { Machine } from "../engine/machine.ts";
import { publicTransitions } from "../engine/refusal.ts";
import { type LoadedDefinition, loadDefinition } from "./documents.ts";
import { EXIT_OK, type Subcommand, textOption, UsageError } from "./subcommand.ts";

export const types: Subcommand = {
  name: "types",
  summary: "write the TypeScript types of a definition, for detent/client",
  help: `Usage: detent types FILE [--name NAME]

Prints a module of TypeScript with the events, states, data and tasks of a definition, in JSON or YAML, and the type
of its client. No server is needed. The data has the types of its initial values; what is null there is unknown.

  --name NAME   what the types begin with; without it the name, the id or the file of the definition

Exit codes: 0 printed, 2 wrong arguments, or the file cannot be read or does not compile.

Examples:
  detent types order.json > order.types.ts
  detent types order.json --name Purchase
`,
  options: { name: { type: "string" } },
  operands: [1, 1],
  run: async ([file = ""], given, { output }) => {
    const loaded = await loadDefinition(file);
    const name = typeName(textOption(given, "name") ?? nameOf(loaded, file));
    output.print(moduleOf(name, basename(file), loaded));
    return EXIT_OK;
  },
};

function nameOf({ document: { json } }: LoadedDefinition, file: string): string {
  const named = isJsonObject(json) ? (json["name"] ?? json["id"]) : undefined;
  return typeof named === "string" ? named : basename(file).replace(/\..*$/, "");
}

/** `client-order` as `ClientOrder`. @throws UsageError */
function typeName(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  if (!/^[A-Za-z]/.test(joined)) throw new UsageError(`'${name}' makes no name of a type: add --name NAME`);
  return joined;
}

function moduleOf(name: string, file: string, { document: { json }, machine }: LoadedDefinition): string {
  const context = isJsonObject(json) ? json["context"] : undefined;
  return [
    `/** Made by \`detent types ${file}\`. */`,
    'import type { Client } from "detent/client";',
    "",
    `export type ${name}State = ${union(machine.states.map(({ path }) => path).filter((path) => path !== ""))};`,
    "",
    `export interface ${name}Events ${fields(eventsOf(machine).map((event) => [event, "unknown"]))}`,
    "",
    `export type ${name}Context = ${context === undefined ? "unknown" : typeOf(context, "")};`,
    "",
    `export interface ${name}Tasks ${fields(tasksOf(json).map((task) => [task, "{ input: unknown; output: unknown }"]))}`,
    "",
    `export type ${name}Client = Client<${name}Events, ${name}Context, ${name}Tasks, ${name}State>;`,
  ].join("\n");
}

/** What clients can send: `foo.*` is `foo` and all that begins so, `*` any event. */
function eventsOf(machine: Machine): readonly string[] {
  const found = new Set<string>();
  for (const index of machine.states.keys())
    for (const { descriptor } of publicTransitions(machine, index)) found.add(descriptor);
  for (const { places } of machine.joins)
    for (const place of places) if (place.kind === "event") found.add(place.descriptor);
  return [...found]
    .filter((descriptor) => !isInternal(descriptor))
    .flatMap((descriptor) =>
      descriptor.endsWith(".*") ? [descriptor.slice(0, -2), descriptor] : [descriptor],
    );
}

/** The names of the tasks that actions set; those that are computed are unknown. */
function tasksOf(json: Json | undefined, found = new Set<string>()): readonly string[] {
  if (isJsonObject(json) && typeof json["task"] === "string") found.add(json["task"]);
  if (typeof json === "object" && json !== null) for (const part of Object.values(json)) tasksOf(part, found);
  return [...found];
}

const INDENT = "  ";

function typeOf(value: Json, indent: string): string {
  if (value === null) return "unknown";
  if (Array.isArray(value)) return value.length === 0 ? "unknown[]" : `Array<${itemsOf(value, indent)}>`;
  if (!isJsonObject(value)) return typeof value;
  const entries = Object.entries(value).map(([name, part]) => [name, typeOf(part, indent + INDENT)] as const);
  return fields(entries, indent);
}

function itemsOf(items: readonly Json[], indent: string): string {
  return [...new Set(items.map((item) => typeOf(item, indent)))].join(" | ");
}

function fields(entries: ReadonlyArray<readonly [name: string, type: string]>, indent = ""): string {
  if (entries.length === 0) return "{}";
  const lines = entries.map(([name, type]) => `${indent}${INDENT}${property(name)}: ${type};`);
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function property(name: string): string {
  if (name === "*") return "[event: string]";
  if (name.endsWith(".*")) return `[event: \`${name.slice(0, -1).replace(/[`\\$]/g, "\\$&")}\${string}\`]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function union(names: readonly string[]): string {
  return names.length === 0 ? "never" : names.map((name) => JSON.stringify(name)).join(" | ");
}
