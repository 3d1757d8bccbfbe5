/** Definitions: storing, checking, drawing and translating them. */
import type { Connection } from "./connection.ts";
import type { Definition } from "./definition.ts";
import { arrayOf, json, nullOr, objectOf, string, strings, word } from "./reply-shape.ts";

/** Something to say about a definition. */
export interface Finding {
  readonly severity: "error" | "warning";
  /** A JSON path. */
  readonly path: string;
  readonly message: string;
}

/** Of a text in another language: `in` says whether the path leads into that text or into the document made of it. */
export interface ImportFinding extends Finding {
  readonly in: "text" | "document";
}

export interface ImportCheck {
  /** What would be stored; null where the text does not translate. */
  readonly document: unknown;
  readonly findings: readonly ImportFinding[];
}

export type ImportLanguage = "xstate" | "scxml" | "asl" | "mermaid" | "plantuml" | "yaml";
export type GraphLanguage = "mermaid" | "dot" | "json" | "plantuml" | "scxml" | "xstate" | "svg";

export interface DefinitionMethods {
  /** Stores a definition, or the text of one, under `name` or `name:version`; returns `name:version`. */
  define(name: string, definition: Definition | string): Promise<string>;
  /** Examines one without storing it: empty when there is nothing to say. */
  check(definition: Definition | string): Promise<readonly Finding[]>;
  /** The document as it was given; null where there is none. */
  definition(name: string): Promise<unknown>;
  /** Ids as `name:version`, of one name or all, in the order of creation. */
  definitions(name?: string): Promise<readonly string[]>;
  /** Removes one that no machine uses; false where there is none. @throws DetentError DEFINUSE */
  deleteDefinition(id: string): Promise<boolean>;
  /** Draws it as text, Mermaid unless another language is given, or writes it in another language; null where there is none. */
  graph(name: string, language?: GraphLanguage): Promise<string | null>;
  /** Translates a definition of another language and stores it; returns `name:version`. */
  importDefinition(name: string, language: ImportLanguage, text: string): Promise<string>;
  /** What that would store, and what there is to say of it. */
  checkImport(name: string, language: ImportLanguage, text: string): Promise<ImportCheck>;
}

export function definitionMethods({ call }: Connection): DefinitionMethods {
  return {
    define: async (name, definition) => String(await call("SM.DEF", "CREATE", name, documentOf(definition))),
    check: async (definition) => arrayOf(findingOf)(await call("SM.DEF", "CHECK", documentOf(definition))),
    definition: async (name) => json(await call("SM.DEF", "GET", name)),
    definitions: async (name) => strings(await call("SM.DEF", "LIST", ...(name === undefined ? [] : [name]))),
    deleteDefinition: async (id) => Number(await call("SM.DEF", "DEL", id)) === 1,
    graph: async (name, language = "mermaid") =>
      nullOr(string)(await call("SM.DEF", "GRAPH", name, language.toUpperCase())),
    importDefinition: async (name, language, text) =>
      String(await call("SM.DEF", "IMPORT", name, language.toUpperCase(), text)),
    checkImport: async (name, language, text) =>
      importCheckOf(await call("SM.DEF", "IMPORT", name, language.toUpperCase(), text, "CHECK")),
  };
}

function documentOf(definition: Definition | string): string {
  return typeof definition === "string" ? definition : JSON.stringify(definition);
}

const FINDING = { severity: word<Finding["severity"]>(), path: string, message: string };

const findingOf = objectOf<Finding>(FINDING);

const importCheckOf = objectOf<ImportCheck>({
  document: json,
  findings: arrayOf(objectOf<ImportFinding>({ ...FINDING, in: word<ImportFinding["in"]>() })),
});
