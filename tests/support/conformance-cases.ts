/** The conformance cases as data: what they hold is described in `tests/cases/README.md`. */
import { readdirSync, readFileSync } from "node:fs";
import type { Json } from "../../src/base/json.ts";

/** A definition, the events it gets, and the active atomic states after each; null where they are not observable. */
export type ConformanceCase = {
  readonly name: string;
  readonly definition: Json;
  readonly initialConfiguration: readonly string[] | null;
  readonly events: readonly {
    readonly after?: number;
    readonly event: { readonly type: string; readonly [field: string]: Json } | null;
    readonly nextConfiguration: readonly string[] | null;
  }[];
};

/** All cases of the folders, in the order of their names. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  "statecharts",
  "statecharts-more",
  "joins",
].flatMap((name) => {
  const folder = new URL(`../cases/${name}/`, import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as ConformanceCase);
});

/** The keys of states given by path, sorted; cases name states by key. */
export function keysOf(states: readonly string[]): readonly string[] {
  return states.map((path) => path.slice(path.lastIndexOf(".") + 1)).sort();
}
