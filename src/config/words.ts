/**
 * One line of redis.conf as words, and a word as a line shows it. The quoting is that of inline requests.
 *
 * Lines and words are bytes, held as one character for each: an escape such as `\xc3` stands for one byte, and a
 * password may have any. What must be text, such as a path, is read as UTF-8 where its directive is (`text-types.ts`).
 */
import { splitInline } from "../protocol/inline-request.ts";
import { ok, type Parsed, refused } from "./value-type.ts";

/** The words of a line. Empty for a blank line. */
export function splitWords(line: string): Parsed<readonly string[]> {
  const words = splitInline(Buffer.from(line, "latin1"));
  if (words === undefined) return refused("Unbalanced quotes in configuration line");
  return ok(words.map((word) => word.toString("latin1")));
}

/** The bytes of a text. */
export function wordOfText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The text that the bytes of a word are in UTF-8; undefined when they are not. */
export function textOfWord(word: string): string | undefined {
  try {
    return UTF8.decode(Buffer.from(word, "latin1"));
  } catch {
    return undefined;
  }
}

/** A word in double quotes. Bytes outside printable ASCII become `\xHH`, so any word survives being read back. */
export function quoteWord(word: string): string {
  let quoted = '"';
  for (const byte of Buffer.from(word, "latin1")) quoted += ESCAPES.get(byte) ?? escapeByte(byte);
  return `${quoted}"`;
}

/** A word as it is when it needs no quotes, else in quotes. */
export function quoteWordIfNeeded(word: string): string {
  return /^[!#-&(-~]+$/.test(word) ? word : quoteWord(word);
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

function escapeByte(byte: number): string {
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

// `ignoreBOM` keeps a byte order mark as part of the word; without it the decoder would drop it silently.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
