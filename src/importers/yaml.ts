/**
 * YAML: configurations of go-statemachine, whose states and transitions are a form of definitions as they stand, and
 * definitions of ours. A library parses; how much its anchors may repeat is bounded.
 */

import type { Document } from "yaml";
import { isExactLiteral } from "../base/exact-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at, kindOf, type Problems } from "../engine/problems.ts";
import { yaml } from "./parsers.ts";
import { checkedObject, type Draft, notExact, put } from "./translation.ts";

/** Characters of a text: the library takes eight seconds for a million of them. */
const CHARS_MAX = 100_000;
/** Documents in one text; repetitions of anchors. */
const DOCUMENTS_MAX = 100;
const ALIASES_MAX = 1000;
/** Brackets inside one another: the library recurses, slowly. */
const BRACKETS_MAX = 500;

const START_KEYS = ["starting_state", "startingState", "startingstate"];
const LIST_KEYS = ["name", "version", "description", "states", "transitions", "final", ...START_KEYS];

export function readYaml(text: string, problems: Problems): JsonObject | undefined {
  const documents = documentsOf(text, problems);
  if (documents === undefined) return undefined;
  const configurations = documents.filter(
    (one) => !isJsonObject(one) || one["kind"] === undefined || one["kind"] === "Configuration",
  );
  const [only, ...more] = configurations;
  if (only === undefined || more.length > 0) {
    problems.error("$", `one configuration expected, the text has ${configurations.length}; take them apart`);
    return undefined;
  }
  const object = checkedObject(only, problems);
  if (object === undefined) return undefined;
  const { spec, kind } = object;
  if (kind === undefined && isJsonObject(object["states"])) return object;
  if (kind === undefined) return listOf(object, "$", problems);
  if (spec !== undefined && isJsonObject(spec)) return listOf(spec, "$.spec", problems);
  problems.error("$.spec", `the spec of a configuration is an object, this is ${kindOf(spec)}`);
  return undefined;
}

function documentsOf(text: string, problems: Problems): readonly Json[] | undefined {
  if (text.length > CHARS_MAX) {
    problems.error(
      "$",
      `a text in YAML may have ${CHARS_MAX} characters, this has ${text.length}; write it as JSON`,
    );
    return undefined;
  }
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[{\]}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    if (depth <= BRACKETS_MAX) continue;
    problems.error("$", `brackets may be nested ${BRACKETS_MAX} deep`);
    return undefined;
  }
  const { parseAllDocuments } = yaml();
  try {
    const documents = parseAllDocuments(text, { logLevel: "silent" });
    if (!Array.isArray(documents) || documents.length > DOCUMENTS_MAX) {
      problems.error(
        "$",
        documents.length === 0 ? "the text is empty" : `a text may have ${DOCUMENTS_MAX} documents`,
      );
      return undefined;
    }
    const fault = documents.flatMap(({ errors }) => errors)[0];
    if (fault !== undefined) {
      problems.error(
        `line ${fault.linePos?.[0].line ?? 1}`,
        `this is not YAML: ${fault.message.split("\n")[0] ?? ""}`,
      );
      return undefined;
    }
    if (documents.some((one) => reportsInexact(one, text, problems))) return undefined;
    return documents.map(
      (one) => JSON.parse(JSON.stringify(one.toJS({ maxAliasCount: ALIASES_MAX }) ?? null)) as Json,
    );
  } catch (error) {
    // Too many repetitions, or brackets too deep for the library's recursion.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    problems.error("$", `the YAML is not read: ${error.message}`);
    return undefined;
  }
}

/** Reports numbers that JSON does not have, such as .inf, and those that no double holds. */
function reportsInexact(document: Document, text: string, problems: Problems): boolean {
  let isReported = false;
  yaml().visit(document, {
    Scalar: (_, { value, source = "", range }) => {
      if (typeof value !== "number" || (Number.isFinite(value) && isExactLiteral(source))) return;
      problems.error(`line ${text.slice(0, range?.[0]).split("\n").length}`, notExact(source));
      isReported = true;
    },
  });
  return isReported;
}

/** A list of states and one of transitions, as definitions have it too. */
function listOf(spec: JsonObject, path: string, problems: Problems): JsonObject | undefined {
  const draft: Draft = {};
  for (const key of Object.keys(spec)) {
    if (LIST_KEYS.includes(key)) put(draft, key, spec[key]);
    else
      problems.error(
        at(path, key),
        `${JSON.stringify(key)} is not a key of a configuration; there are ${LIST_KEYS.slice(0, 7).join(", ")}`,
      );
  }
  // YAML reads v: 1 as a number.
  if (typeof draft["version"] === "number") draft["version"] = String(draft["version"]);
  for (const key of ["states", "transitions"])
    if (!Array.isArray(spec[key]))
      problems.error(at(path, key), `${key} is a list, this is ${kindOf(spec[key])}`);
  if (!START_KEYS.some((key) => spec[key] !== undefined))
    problems.error(at(path, "startingState"), "the state to start in is missing");
  return draft;
}
