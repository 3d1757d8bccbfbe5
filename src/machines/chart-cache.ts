/**
 * Compiled definitions, those compiled last. A definition is immutable, so a compiled one never grows stale: it is
 * known by the number it was stored under.
 */
import { assert } from "../base/assert.ts";
import { EventData } from "../base/event-data.ts";
import { firstInexact, holdsInexact, withInexactNumbers } from "../base/exact-json.ts";
import { isDeeperThan, type Json } from "../base/json.ts";
import { COMPILE_LIMITS, type CompileResult, compile } from "../engine/compile.ts";
import type { References } from "../engine/compile-expressions.ts";
import { readKeys } from "../engine/document-keys.ts";
import { tooManyStates } from "../engine/draft.ts";
import type { Machine } from "../engine/machine.ts";
import type { StoredDefinition } from "./definitions.ts";

/** How many states of compiled definitions are kept; one takes some kilobytes. */
const STATE_COUNT_MAX = 100_000;

export class ChartCache {
  readonly #charts = new Map<number, Machine>();
  #stateCount = 0;

  /** Forgets all: after a commit that failed the numbers of new definitions are given again. */
  clear(): void {
    this.#charts.clear();
    this.#stateCount = 0;
  }

  /** The compiled form of a stored definition. A miss costs the compilation. */
  chartOf(definition: StoredDefinition): Machine {
    const known = this.#charts.get(definition.sequence);
    if (known !== undefined) return known;
    const { references } = definition;
    const result = compileDocument(definition.document, {
      // A literal name may be called "constructor".
      resolve: (src) => (Object.hasOwn(references, src) ? references[src] : undefined),
    });
    assert(
      result.ok,
      `definition ${definition.name}:${definition.version} compiles as it did when it was created`,
    );
    this.keep(definition, result.machine);
    return result.machine;
  }

  /** Keeps the compiled form of a definition that has just been stored. */
  keep({ sequence }: StoredDefinition, machine: Machine): void {
    this.#charts.set(sequence, machine);
    this.#stateCount += machine.states.length;
    for (const [oldest, { states }] of this.#charts) {
      if (this.#stateCount <= STATE_COUNT_MAX || oldest === sequence) break;
      this.#charts.delete(oldest);
      this.#stateCount -= states.length;
    }
  }
}

/** Compiles the text of a definition. Text that is no JSON is a definition that does not compile. */
export function compileDocument(document: string, references?: References): CompileResult {
  const parsed = parseDocument(document);
  return parsed.ok ? compile(parsed.value, COMPILE_LIMITS, readKeys(document), references) : parsed;
}

/** The text of a definition as JSON, or what is wrong with it. One that is too large is not looked at any further. */
export function parseDocument(
  document: string,
): { readonly ok: true; readonly value: Json } | Extract<CompileResult, { readonly ok: false }> {
  const parsed = parseJson(document);
  if (parsed.ok) {
    const excess = tooManyStates(parsed.value, COMPILE_LIMITS);
    return excess === undefined ? parsed : refusal(excess.path, excess.reason);
  }
  const { inexact } = parsed;
  if (inexact === undefined) return refusal("$", parsed.reason);
  return refusal(inexact.path, `the number ${inexact.text} is not exact: write it as a string`);
}

function refusal(path: string, reason: string) {
  return { ok: false, path, reason, findings: [{ severity: "error", path, message: reason }] } as const;
}

/** What is wrong with a text that was to be JSON; where that is a number that is not exact, which and at which path. */
interface NoJson {
  readonly ok: false;
  readonly reason: string;
  readonly inexact?: { readonly path: string; readonly text: string };
}

/** A JSON text as a value all of whose numbers are exact, or why it is none. */
export function parseJson(text: string): { readonly ok: true; readonly value: Json } | NoJson {
  const parsed = parseText(text);
  if (!parsed.ok) return parsed;
  const value = withInexactNumbers(text, parsed.value);
  const inexact = holdsInexact(value) ? firstInexact(value) : undefined;
  if (inexact === undefined) return parsed;
  const { path, text: number } = inexact;
  return { ok: false, reason: `not exact: ${path} is ${number}; write it as a string`, inexact };
}

/** A JSON text as data, whose numbers may be any, or why it is none. */
export function parseData(text: string): { readonly ok: true; readonly data: EventData } | NoJson {
  const parsed = parseText(text);
  return parsed.ok ? { ok: true, data: EventData.ofText(text, parsed.value) } : parsed;
}

function parseText(text: string): { readonly ok: true; readonly value: Json } | NoJson {
  try {
    // Whatever JSON.parse returns is a JSON value.
    const value = JSON.parse(text) as Json;
    if (isDeeperThan(value, DEPTH_MAX))
      return { ok: false, reason: `nested too deeply: at most ${DEPTH_MAX} levels` };
    return { ok: true, value };
  } catch (error) {
    return { ok: false, reason: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Levels of arrays and objects in a document, an event's data or a context: expressions walk them recursively. */
const DEPTH_MAX = 128;
