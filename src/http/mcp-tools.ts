/** Commands as tools of the Model Context Protocol: what commands.json declares of one is its description and its schema. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { type Catalogue, findByFullName } from "../catalogue/catalogue.ts";
import type { Argument, Declaration } from "../catalogue/declaration.ts";

/** What a program needs to find machines, to understand them and to move them. */
const COMMANDS = [
  ...["SM.SCAN", "SM.COUNT", "SM.INFO", "SM.HISTORY", "SM.NEXT", "SM.WHY", "SM.PENDING", "SM.OVERDUE"],
  ...["SM.CREATE", "SM.SEND", "SM.PATCH", "SM.UNDO", "SM.RETRY", "SM.SUSPEND", "SM.RESUME"],
  ...["SM.DEF|LIST", "SM.DEF|GET", "SM.DEF|CHECK", "SM.DEF|GRAPH"],
  ...["SM.MIGRATION|PLAN", "SM.MIGRATION|STATUS", "SM.MIGRATION|LIST"],
] as const;

/** JSON Schema of an argument; the library wants one that it could change. */
interface Schema {
  [keyword: string]: string | { [keyword: string]: string };
}

export interface Tool {
  /** `sm_def_get`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: {
    readonly type: "object";
    readonly properties: Record<string, Schema>;
    readonly required: string[];
    readonly additionalProperties: false;
  };
  readonly isReadOnly: boolean;
  /** The request, from what the schema has taken. */
  words(input: JsonObject): readonly string[];
}

export function toolsOf(catalogue: Catalogue): readonly Tool[] {
  return COMMANDS.flatMap((name) => {
    const declaration = findByFullName(catalogue, name)?.declaration;
    return declaration === undefined ? [] : [toolOf(declaration)];
  });
}

function toolOf({ name, summary, arguments: declared, commandFlags }: Declaration): Tool {
  const properties = named(declared);
  return {
    name: name.toLowerCase().replaceAll(/[.|]/g, "_"),
    description: `${summary} (${name.replace("|", " ")})`,
    inputSchema: {
      type: "object",
      properties: Object.fromEntries(properties.map((one) => [one.name, one.schema])),
      required: properties.filter(({ isRequired }) => isRequired).map((one) => one.name),
      additionalProperties: false,
    },
    isReadOnly: commandFlags.includes("READONLY"),
    words: (input) => [...name.split("|"), ...properties.flatMap((one) => one.words(input[one.name]))],
  };
}

interface Property {
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
  /** The words for a value; none where there is none. */
  words(value: Json | undefined): readonly string[];
}

/** The arguments as properties in their order; where two have one name, they go by what a reader is shown. */
function named(declared: readonly Argument[]): readonly Property[] {
  const names = declared.map(({ name }) => name);
  return declared.flatMap((argument) => {
    const isTwice = names.filter((name) => name === argument.name).length > 1;
    return propertiesOf(
      isTwice && argument.display !== undefined ? { ...argument, name: argument.display } : argument,
    );
  });
}

function propertiesOf(argument: Argument): readonly Property[] {
  const { type, token, isOptional, parts } = argument;
  if (type !== "oneof" && type !== "block") return [single(argument)];
  // Each alternative or part on its own: the command says what does not go together.
  return named(parts).map((part, at) => ({
    ...part,
    isRequired: part.isRequired && type === "block" && !isOptional,
    words: (value) => {
      const words = part.words(value);
      return at === 0 && token !== undefined && words.length > 0 ? [token, ...words] : words;
    },
  }));
}

const NUMBERS: Readonly<Record<string, string>> = {
  integer: "integer",
  "unix-time": "integer",
  double: "number",
};

function single({ name, type, token, isOptional, isMultiple, isMultipleToken, display }: Argument): Property {
  const words = token === undefined ? [] : [token];
  if (type === "pure-token")
    return {
      ...{ name, isRequired: false },
      schema: { type: "boolean", description: `The option ${token ?? name}.` },
      words: (value) => (value === true ? words : []),
    };
  const isJson = display === "json" || name === "json" || name === "document";
  const one: Record<string, string> = isJson ? {} : { type: NUMBERS[type] ?? "string" };
  const description = isJson ? "JSON." : `${display ?? name}${token === undefined ? "" : ` (${token})`}`;
  return {
    ...{ name, isRequired: !isOptional },
    schema: isMultiple ? { type: "array", items: one, description } : { ...one, description },
    words: (value) => {
      if (value === undefined || value === null) return [];
      const values = (Array.isArray(value) ? value : [value]).map(textOf);
      return isMultipleToken ? values.flatMap((text) => [...words, text]) : [...words, ...values];
    },
  };
}

/** A text as it is; a document as its JSON. */
function textOf(value: Json): string {
  if (typeof value === "string") return value;
  return isJsonObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}
