/**
 * Compiled definitions, those compiled last. A definition is immutable, so a compiled one never grows stale: it is
 * known by the number it was stored under.
 */
import { assert } from "../base/assert.ts";
import { hasInfinity, isDeeperThan, type Json } from "../base/json.ts";
import { COMPILE_LIMITS, type CompileResult, compile } from "../engine/compile.ts";
import { readKeys } from "../engine/document-keys.ts";
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
    const result = compileDocument(definition.document);
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
export function compileDocument(document: string): CompileResult {
  const parsed = parseJson(document);
  if (parsed.ok) return compile(parsed.value, COMPILE_LIMITS, readKeys(document));
  const finding = { severity: "error" as const, path: "$", message: parsed.reason };
  return { ok: false, path: "$", reason: parsed.reason, findings: [finding] };
}

/** A JSON text as a value, or why it is none. */
export function parseJson(
  text: string,
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reason: string } {
  try {
    // Whatever JSON.parse returns is a JSON value.
    const value = JSON.parse(text) as Json;
    if (isDeeperThan(value, DEPTH_MAX))
      return { ok: false, reason: `nested too deeply: at most ${DEPTH_MAX} levels` };
    if (hasInfinity(value)) return { ok: false, reason: "not exact: a number in it is too large" };
    return { ok: true, value };
  } catch (error) {
    return { ok: false, reason: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Levels of arrays and objects in a document, an event's data or a context: expressions walk them recursively. */
const DEPTH_MAX = 128;
