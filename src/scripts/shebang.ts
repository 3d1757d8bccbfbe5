/** The first line of a script, `#!lua flags=no-writes,allow-stale`, and that of a library, `#!lua name=mylib`. */
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

export interface LibraryHead {
  readonly name: string;
  readonly codeStart: number;
}

/** Reads the first line of a library of functions; a text says what is wrong with it. */
export function readLibraryHead(code: Buffer): LibraryHead | string {
  const end = code.indexOf(LINE_FEED);
  if (code.toString("latin1", 0, 2) !== "#!" || end < 0) return "Missing library metadata";
  const words = splitInline(code.subarray(0, end));
  if (words === undefined) return "Invalid library metadata";
  const [engine = "", ...options] = words.map((word) => word.toString("utf8"));
  let name: string | undefined;
  for (const option of options) {
    if (!/^name=/i.test(option)) return `Invalid metadata value given: ${option}`;
    if (name !== undefined) return "Invalid metadata value, name argument was given multiple times";
    name = option.slice("name=".length);
  }
  if (name === undefined) return "Library name was not given";
  if (!isFunctionName(name)) {
    return "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
  }
  const engineName = engine.slice("#!".length);
  if (engineName.toLowerCase() !== "lua") return `Engine '${engineName}' not found`;
  return { name, codeStart: end };
}

/** Whether a word may name a library or a function. */
export function isFunctionName(word: string): boolean {
  return /^[A-Za-z0-9_]+$/.test(word);
}
