/**
 * One line of redis.conf as words, and a word as a line shows it.
 *
 * Lines are handled as bytes, since an escape such as `\xc3` stands for one byte; words are text, since they name
 * paths, hosts and commands. A word that is not UTF-8 is refused rather than changed.
 */
import { ok, type Parsed, refused } from "./value-type.ts";

/** The words of a line, which is held as one character for each byte. Empty for a blank line. */
export function splitWords(line: string): Parsed<readonly string[]> {
  const words: string[] = [];
  let at = skipBlanks(line, 0);
  while (at < line.length) {
    const word = readWord(line, at);
    if (word === undefined) return refused("Unbalanced quotes in configuration line");
    const text = decodeUtf8(word.bytes);
    if (text === undefined) return refused("Invalid UTF-8 in configuration line");
    words.push(text);
    at = skipBlanks(line, word.end);
  }
  return ok(words);
}

/** A word in double quotes. Bytes outside printable ASCII become `\xHH`, so any word survives being read back. */
export function quoteWord(word: string): string {
  let quoted = '"';
  for (const byte of Buffer.from(word, "utf8")) quoted += ESCAPES.get(byte) ?? escapeByte(byte);
  return `${quoted}"`;
}

/** A word as it is when it needs no quotes, else in quotes. */
export function quoteWordIfNeeded(word: string): string {
  return /^[!#-&(-~]+$/.test(word) ? word : quoteWord(word);
}

type Word = { readonly bytes: string; readonly end: number };

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

const UNESCAPED: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

function escapeByte(byte: number): string {
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

function readWord(line: string, start: number): Word | undefined {
  let bytes = "";
  let at = start;
  while (at < line.length && !isBlank(line.charAt(at))) {
    const char = line.charAt(at);
    if (char === '"' || char === "'") {
      const quoted = char === '"' ? readDoubleQuoted(line, at + 1) : readSingleQuoted(line, at + 1);
      // A closing quote ends the word: `"a"b` is a fault, not two words.
      if (quoted === undefined || (quoted.end < line.length && !isBlank(line.charAt(quoted.end))))
        return undefined;
      return { bytes: bytes + quoted.bytes, end: quoted.end };
    }
    bytes += char;
    at += 1;
  }
  return { bytes, end: at };
}

function readDoubleQuoted(line: string, start: number): Word | undefined {
  let bytes = "";
  let at = start;
  while (at < line.length) {
    const char = line.charAt(at);
    if (char === '"') return { bytes, end: at + 1 };
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(line.slice(at, at + 4));
    if (hex?.[1] !== undefined) {
      bytes += String.fromCharCode(Number.parseInt(hex[1], 16));
      at += 4;
    } else if (char === "\\" && at + 1 < line.length) {
      const escaped = line.charAt(at + 1);
      bytes += UNESCAPED[escaped] ?? escaped;
      at += 2;
    } else {
      bytes += char;
      at += 1;
    }
  }
  return undefined;
}

function readSingleQuoted(line: string, start: number): Word | undefined {
  let bytes = "";
  let at = start;
  while (at < line.length) {
    if (line.charAt(at) === "'") return { bytes, end: at + 1 };
    if (line.startsWith("\\'", at)) at += 1;
    bytes += line.charAt(at);
    at += 1;
  }
  return undefined;
}

function skipBlanks(line: string, start: number): number {
  let at = start;
  while (at < line.length && isBlank(line.charAt(at))) at += 1;
  return at;
}

function isBlank(char: string): boolean {
  return char === " " || (char >= "\t" && char <= "\r");
}

function decodeUtf8(bytes: string): string | undefined {
  try {
    return UTF8.decode(Buffer.from(bytes, "latin1"));
  } catch {
    return undefined;
  }
}

// `ignoreBOM` keeps a byte order mark as part of the word; without it the decoder would drop it silently.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
