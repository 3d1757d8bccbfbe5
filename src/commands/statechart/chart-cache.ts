/**
 * Compiled definitions, the latest used. A definition is immutable, so a compiled one never grows stale: it is
 * known by the number it was stored under.
 */
import { assert } from "../../base/assert.ts";
import type { Json } from "../../base/json.ts";
import { type CompileResult, compile } from "../../engine/compile.ts";
import type { Machine } from "../../engine/machine.ts";
import type { StoredDefinition } from "../../store/definitions.ts";

/** How many compiled definitions are kept. */
const CHART_COUNT_MAX = 1024;

export class ChartCache {
  readonly #charts = new Map<number, Machine>();

  /** Forgets all: after a commit that failed the numbers of new definitions are given again. */
  clear(): void {
    this.#charts.clear();
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
    const [oldest] = this.#charts.keys();
    if (this.#charts.size >= CHART_COUNT_MAX && oldest !== undefined) this.#charts.delete(oldest);
    this.#charts.set(definition.sequence, result.machine);
    return result.machine;
  }
}

/** Compiles the text of a definition. Text that is no JSON is a definition that does not compile. */
export function compileDocument(document: string): CompileResult {
  const parsed = parseJson(document);
  if (parsed.ok) return compile(parsed.value);
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
    return isDeeperThan(value, DEPTH_MAX)
      ? { ok: false, reason: `nested too deeply: at most ${DEPTH_MAX} levels` }
      : { ok: true, value };
  } catch (error) {
    return { ok: false, reason: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Levels of arrays and objects in a document, an event's data or a context: expressions walk them recursively. */
const DEPTH_MAX = 128;

/** Walks level by level, so that the depth of the value cannot exhaust the stack. */
function isDeeperThan(value: Json, depthMax: number): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? (Object.values(item) as Json[]) : [],
    );
  }
  return false;
}
