/** The first line of a library of functions: `#!lua name=mylib`. */
import { splitInline } from "../protocol/inline-request.ts";

export interface LibraryHead {
  readonly name: string;
  /** Where the code begins: lines are counted from the first all the same. */
  readonly codeStart: number;
}

/** What a name of a library or function that cannot be is refused with. */
export const LIBRARY_NAME_RULE =
  "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
const LINE_FEED = 0x0a;
const NAME = "name=";

export function isLibraryName(name: string): boolean {
  return /^[A-Za-z0-9_]+$/.test(name);
}

/** Reads the first line of a library; a text says what is wrong with it. */
export function readLibraryHead(code: Buffer): LibraryHead | string {
  if (code.toString("latin1", 0, 2) !== "#!") return "Missing library metadata";
  const codeStart = code.indexOf(LINE_FEED);
  const words = codeStart < 0 ? undefined : splitInline(code.subarray(0, codeStart));
  const [engine, ...options] = (words ?? []).map((word) => word.toString("latin1"));
  if (engine === undefined) return "Invalid library metadata";
  let name: string | undefined;
  for (const option of options) {
    if (!option.toLowerCase().startsWith(NAME)) return `Invalid metadata value given: ${option}`;
    if (name !== undefined) return "Invalid metadata value, name argument was given multiple times";
    name = option.slice(NAME.length);
  }
  if (name === undefined) return "Library name was not given";
  if (!isLibraryName(name)) return LIBRARY_NAME_RULE;
  const language = engine.slice("#!".length);
  if (language.toLowerCase() !== "lua") return `Engine '${language}' not found`;
  return { name, codeStart };
}
