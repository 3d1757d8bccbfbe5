/** Files with definitions and tests of definitions, in JSON or YAML. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileFault } from "../base/file-fault.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { isTestFile, readTestFile, type TestFile } from "../definition-tests/test-file.ts";
import { compile } from "../engine/compile.ts";
import { type DocumentKeys, NO_KEYS, readKeys } from "../engine/document-keys.ts";
import type { Machine } from "../engine/machine.ts";
import { createProblems } from "../engine/problems.ts";

/** A file that cannot be read, or does not say what it should. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

export interface Document {
  readonly json: Json;
  readonly keys: DocumentKeys;
}

/** A definition and where it was read. */
export interface LoadedDefinition {
  readonly name: string;
  /** Its file; undefined for one that is part of a file of tests. */
  readonly path: string | undefined;
  readonly document: Document;
  readonly machine: Machine;
}

export interface LoadedTests extends LoadedDefinition {
  readonly file: TestFile;
}

/** Files above this size are none that somebody has written. */
const BYTES_MAX = 64 * 1024 * 1024;

/** @throws DocumentError */
export async function readDocument(path: string): Promise<Document> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new DocumentError(`cannot read '${path}': ${fileFault(error)}`);
  }
  if (text.length > BYTES_MAX) throw new DocumentError(`'${path}' has more than ${BYTES_MAX} bytes`);
  return await parseDocument(text, path);
}

/** @throws DocumentError */
export async function parseDocument(text: string, path: string): Promise<Document> {
  if (/^\s*[{[]/.test(text) && !/\.ya?ml$/i.test(path)) {
    try {
      return { json: JSON.parse(text) as Json, keys: readKeys(text) };
    } catch (error) {
      throw new DocumentError(`'${path}' is not JSON: ${messageOf(error)}`);
    }
  }
  const { parseDocument: parseYaml } = await import("yaml");
  const parsed = parseYaml(text, { schema: "core", prettyErrors: true });
  const [error] = parsed.errors;
  if (error !== undefined) throw new DocumentError(`'${path}' is not YAML: ${error.message.trim()}`);
  const value: unknown = parsed.toJS({ maxAliasCount: 100 });
  return { json: JSON.parse(JSON.stringify(value ?? null)) as Json, keys: NO_KEYS };
}

/** A definition alone, or a file of tests with the definition that it names. @throws DocumentError */
export async function loadEither(path: string): Promise<LoadedTests> {
  const document = await readDocument(path);
  if (isTestFile(document.json)) return await loadTests(path, document);
  const file = readTestFile({ definition: document.json }, createProblems());
  if (file === undefined) throw new DocumentError(`'${path}' is not a definition`);
  return { file, name: path, path, document, machine: compiled(path, document) };
}

/** @throws DocumentError */
export async function loadTests(path: string, given?: Document): Promise<LoadedTests> {
  const document = given ?? (await readDocument(path));
  const problems = createProblems();
  const file = readTestFile(document.json, problems);
  if (file === undefined || problems.findings.length > 0) {
    const places = problems.findings.map((finding) => `\n  ${finding.path}: ${finding.message}`).join("");
    throw new DocumentError(`'${path}' is not a file of tests:${places}`);
  }
  const { definition } = file;
  if (typeof definition !== "string") {
    const inner = { json: definition, keys: NO_KEYS };
    return { file, name: path, path: undefined, document: inner, machine: compiled(path, inner) };
  }
  return { file, ...(await loadDefinition(resolve(dirname(path), definition), definition)) };
}

/** @throws DocumentError */
export async function loadDefinition(path: string, name = path): Promise<LoadedDefinition> {
  const document = await readDocument(path);
  return { name, path, document, machine: compiled(name, document) };
}

/** @throws DocumentError with each of its errors */
export function compiled(name: string, { json, keys }: Document): Machine {
  const result = compile(json, undefined, keys);
  if (result.ok) return result.machine;
  const errors = result.findings.filter(({ severity }) => severity === "error");
  const places = errors.map(({ path, message }) => `\n  ${path}: ${message}`).join("");
  throw new DocumentError(`the definition '${name}' does not compile:${places}`);
}

/** A document as YAML, for files that people go on with. */
export async function yamlOf(json: JsonObject): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(json, { lineWidth: 110 });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
