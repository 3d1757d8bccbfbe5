/** Names of states for values of a column. */

import type { Given } from "../subcommand.ts";
import { textOptions, UsageError } from "../subcommand.ts";
import type { Names } from "./moves.ts";

/** What `--name VALUE=STATE` says, and for other values what a state can be called. @throws UsageError */
export function namesOf(given: Given): Names {
  const chosen = new Map<string, string>();
  for (const pair of textOptions(given, "name")) {
    const at = pair.indexOf("=");
    if (at < 0 || at === pair.length - 1) throw new UsageError(`--name takes VALUE=STATE, not '${pair}'`);
    chosen.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return (value) => chosen.get(value) ?? possible(value);
}

/** A dot would separate a state from those below it, and a # in front would be an id. */
function possible(value: string): string {
  const name = value.replaceAll(".", "_").replace(/^#+/, "");
  return name === "" ? "empty" : name;
}
