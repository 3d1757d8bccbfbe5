import { byteAt } from "./byte-at.ts";
/**
 * Inline requests: what a person types into telnet. One line, split into arguments at white space, with quotes as
 * Redis' `sdssplitargs` reads them:
 *
 * - `"…"` knows `\xHH \n \r \t \b \a`; any other escaped byte stands for itself
 * - `'…'` knows `\'` only
 * - a quote may open anywhere in an argument, but a closing one must be followed by white space or the end
 * - outside quotes a backslash is an ordinary byte
 *
 * One departure: Redis stops at a NUL byte and then waits for more without ever answering; here NUL is a byte like
 * any other.
 */

/** The arguments of a line without its line ending; empty for a blank line; undefined when quotes are unbalanced. */
export function splitInline(line: Buffer): Buffer[] | undefined {
  const args: Buffer[] = [];
  // Unescaping only ever shortens, so all arguments fit in as many bytes as the line has.
  const out = Buffer.allocUnsafeSlow(line.length);
  let length = 0;
  let at = skipSpace(line, 0);
  while (at < line.length) {
    const start = length;
    while (at < line.length && !endsWord(line[at])) {
      const byte = byteAt(line, at);
      if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) {
        const quoted =
          byte === DOUBLE_QUOTE
            ? readDoubleQuoted(line, at + 1, out, length)
            : readSingleQuoted(line, at + 1, out, length);
        if (quoted === undefined) return undefined;
        ({ at, length } = quoted);
        break;
      }
      out[length++] = byte;
      at += 1;
    }
    args.push(out.subarray(start, length));
    at = skipSpace(line, at);
  }
  return args;
}

type Quoted = { readonly at: number; readonly length: number };

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;

function readDoubleQuoted(line: Buffer, from: number, out: Buffer, outLength: number): Quoted | undefined {
  let length = outLength;
  let at = from;
  while (at < line.length) {
    const byte = byteAt(line, at);
    const next = line[at + 1];
    if (byte === DOUBLE_QUOTE) return closed(line, at + 1, length);
    if (byte !== BACKSLASH || next === undefined) {
      out[length++] = byte;
      at += 1;
      continue;
    }
    const high = hexDigit(line[at + 2]);
    const low = hexDigit(line[at + 3]);
    if (next === 0x78 && high >= 0 && low >= 0) {
      out[length++] = high * 16 + low;
      at += 4;
    } else {
      out[length++] = escaped(next);
      at += 2;
    }
  }
  return undefined;
}

function readSingleQuoted(line: Buffer, from: number, out: Buffer, outLength: number): Quoted | undefined {
  let length = outLength;
  let at = from;
  while (at < line.length) {
    let byte = byteAt(line, at);
    if (byte === SINGLE_QUOTE) return closed(line, at + 1, length);
    if (byte === BACKSLASH && line[at + 1] === SINGLE_QUOTE) {
      byte = SINGLE_QUOTE;
      at += 1;
    }
    out[length++] = byte;
    at += 1;
  }
  return undefined;
}

function closed(line: Buffer, at: number, length: number): Quoted | undefined {
  return at >= line.length || isSpace(line[at]) ? { at, length } : undefined;
}

function escaped(byte: number): number {
  switch (byte) {
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    case 0x62:
      return 0x08;
    case 0x61:
      return 0x07;
    default:
      return byte;
  }
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

function skipSpace(line: Buffer, from: number): number {
  let at = from;
  while (at < line.length && isSpace(line[at])) at += 1;
  return at;
}

/** C's `isspace`: blank, tab, LF, vertical tab, form feed, CR. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

/** What ends an unquoted word. Vertical tab and form feed separate words, yet inside one they are part of it. */
function endsWord(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
