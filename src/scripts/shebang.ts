/** The first line of a script: `#!lua flags=no-writes,allow-stale`. */
import { splitInline } from "../protocol/inline-request.ts";

/** What a script says of itself. */
export const SCRIPT_FLAGS = [
  "no-writes",
  "allow-oom",
  "allow-stale",
  "no-cluster",
  "allow-cross-slot-keys",
] as const;
export type ScriptFlag = (typeof SCRIPT_FLAGS)[number];

export interface ScriptHead {
  /** Undefined: the script has no such line, and nothing is known of it. */
  readonly flags: ReadonlySet<ScriptFlag> | undefined;
  /** Where the code begins: lines are counted from the first all the same. */
  readonly codeStart: number;
}

const LINE_FEED = 0x0a;

/** Reads the first line of a script; a text says what is wrong with it. */
export function readScriptHead(code: Buffer): ScriptHead | string {
  if (code.toString("latin1", 0, 2) !== "#!") return { flags: undefined, codeStart: 0 };
  const end = code.indexOf(LINE_FEED);
  const words = end < 0 ? undefined : splitInline(code.subarray(0, end));
  const [engine, ...options] = (words ?? []).map((word) => word.toString("utf8"));
  if (engine === undefined) return "Invalid script shebang";
  if (engine !== "#!lua") return `Unexpected engine in script shebang: ${engine}`;
  const flags = new Set<ScriptFlag>();
  for (const option of options) {
    if (!option.startsWith("flags=")) return `Unknown lua shebang option: ${option}`;
    for (const word of option.slice("flags=".length).split(",")) {
      const flag = scriptFlag(word);
      if (flag === undefined) return `Unexpected flag in script shebang: ${word}`;
      flags.add(flag);
    }
  }
  return { flags, codeStart: end };
}

export function scriptFlag(word: string): ScriptFlag | undefined {
  return SCRIPT_FLAGS.find((flag) => flag === word);
}

/** The flags among these words. */
export function flagsNamed(words: readonly string[]): ReadonlySet<ScriptFlag> {
  return new Set(SCRIPT_FLAGS.filter((flag) => words.includes(flag)));
}
