/**
 * Glob patterns as Redis matches them (`stringmatchlen`), byte by byte: `*`, `?`, `[abc]`, `[a-z]`, `[^x]`, and `\`
 * before a byte that stands for itself. What looks like an error is none, as in Redis: a class without its `]` ends
 * with the pattern, `[b-a]` is `[a-b]`, a `\` at the end is a backslash, and `[]` matches nothing. A pattern other
 * than `*` that consists of stars does not match the empty string. Bytes in ranges are unsigned, as on ARM; on x86
 * Redis takes those above 127 for negative.
 *
 * Matching goes back to the last star only, so it costs at most pattern times text and no memory; Redis tries every
 * star and is exponential without its shortcut.
 */
import type { Bytes } from "./bytes.ts";

export type GlobOptions = {
  /** Letters A to Z match in either case, as for names of directives and commands. */
  readonly ignoreCase?: boolean;
};

/** A predicate for a pattern. Pattern and texts are byte strings, or strings whose characters are one byte each. */
export function globMatcher(
  pattern: Bytes | string,
  { ignoreCase = false }: GlobOptions = {},
): (text: Bytes | string) => boolean {
  const source = charsOf(pattern);
  if (source === "*") return () => true;
  if (!ignoreCase) {
    if (!SPECIAL.test(source)) return (text) => charsOf(text) === source;
    const prefix = source.slice(0, -1);
    if (source.endsWith("*") && !SPECIAL.test(prefix)) return (text) => charsOf(text).startsWith(prefix);
  }
  return (text) => matches(source, charsOf(text), ignoreCase);
}

const SPECIAL = /[*?[\\]/;

/** Byte strings are strings too, to which their type does not own up. */
function charsOf(text: Bytes | string): string {
  return String(text);
}

function matches(pattern: string, text: string, ignoreCase: boolean): boolean {
  // Redis looks at no star when there is no text; only "*" itself, handled above, matches it.
  if (text.length === 0) return pattern.length === 0;
  let at = 0;
  let textAt = 0;
  /** Where to go on when what follows the last star does not match: the star takes one byte more. */
  let retryAt = -1;
  let retryTextAt = 0;
  while (textAt < text.length) {
    if (pattern.charCodeAt(at) === STAR) {
      at += 1;
      retryAt = at;
      retryTextAt = textAt;
      continue;
    }
    const next = at < pattern.length ? matchOne(pattern, at, text.charCodeAt(textAt), ignoreCase) : -1;
    if (next >= 0) {
      at = next;
      textAt += 1;
    } else if (retryAt >= 0) {
      at = retryAt;
      retryTextAt += 1;
      textAt = retryTextAt;
    } else {
      return false;
    }
  }
  while (pattern.charCodeAt(at) === STAR) at += 1;
  return at === pattern.length;
}

/** Matches one byte with the element of the pattern at `at`; returns where the pattern goes on, or -1. */
function matchOne(pattern: string, at: number, byte: number, ignoreCase: boolean): number {
  const code = pattern.charCodeAt(at);
  if (code === QUESTION_MARK) return at + 1;
  if (code === BRACKET) return matchClass(pattern, at + 1, byte, ignoreCase);
  const wantedAt = code === BACKSLASH && at + 1 < pattern.length ? at + 1 : at;
  const fold = ignoreCase ? lower : same;
  return fold(pattern.charCodeAt(wantedAt)) === fold(byte) ? wantedAt + 1 : -1;
}

/** As `matchOne` for a class, from behind its "[". */
function matchClass(pattern: string, from: number, byte: number, ignoreCase: boolean): number {
  const fold = ignoreCase ? lower : same;
  const folded = fold(byte);
  const isNegated = pattern.charCodeAt(from) === CARET;
  let isIn = false;
  let at = isNegated ? from + 1 : from;
  while (at < pattern.length && pattern.charCodeAt(at) !== CLOSING_BRACKET) {
    const code = pattern.charCodeAt(at);
    if (code === BACKSLASH && at + 1 < pattern.length) {
      // Redis does not ignore case here.
      isIn ||= pattern.charCodeAt(at + 1) === byte;
      at += 2;
    } else if (pattern.charCodeAt(at + 1) === DASH && at + 2 < pattern.length) {
      const other = pattern.charCodeAt(at + 2);
      isIn ||= folded >= fold(Math.min(code, other)) && folded <= fold(Math.max(code, other));
      at += 3;
    } else {
      isIn ||= fold(code) === folded;
      at += 1;
    }
  }
  return isIn === isNegated ? -1 : Math.min(at + 1, pattern.length);
}

const STAR = 0x2a;
const DASH = 0x2d;
const QUESTION_MARK = 0x3f;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const CARET = 0x5e;

function same(byte: number): number {
  return byte;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
