/** Functions on texts. Positions and lengths count code points, as `size` does: an emoji is one character. */
import { charge, chargeText } from "./expressions-meter.ts";
import { type Rule, rule } from "./expressions-rules.ts";
import { show } from "./expressions-show.ts";
import { Failure } from "./expressions-values.ts";

const SURROGATE = /[\ud800-\udfff]/;

/** The number of code points. */
export function lengthOfText(text: string): number {
  chargeText(text);
  if (!SURROGATE.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** The code points of a text as texts. */
function pointsOf(text: string): readonly string[] {
  charge(1 + text.length);
  return [...text];
}

/** The place in a JavaScript string of a code point. */
function placeOf(text: string, point: number): number {
  if (!SURROGATE.test(text)) return point;
  let place = 0;
  let left = point;
  for (const character of text) {
    if (left === 0) break;
    left -= 1;
    place += character.length;
  }
  return place;
}

function substring(text: string, from: number, to = lengthOfText(text)): string | Failure {
  const length = lengthOfText(text);
  if (from < 0 || to < from || to > length) {
    return new Failure(() => `substring(${from}, ${to}) is out of range of a string of ${length} characters`);
  }
  return text.slice(placeOf(text, from), placeOf(text, to));
}

function charAt(text: string, at: number): string | Failure {
  const length = lengthOfText(text);
  if (at < 0 || at > length) {
    return new Failure(() => `charAt(${at}) is out of range of a string of ${length} characters`);
  }
  const place = placeOf(text, at);
  return at === length ? "" : String.fromCodePoint(text.codePointAt(place) ?? 0);
}

function indexOf(text: string, part: string, from = 0): number | Failure {
  const length = lengthOfText(text);
  if (from < 0 || from > length) return outOfRange("indexOf", from, length);
  const place = text.indexOf(part, placeOf(text, from));
  return place < 0 ? -1 : lengthOfText(text.slice(0, place));
}

function lastIndexOf(text: string, part: string, from?: number): number | Failure {
  const length = lengthOfText(text);
  if (from !== undefined && (from < 0 || from > length)) return outOfRange("lastIndexOf", from, length);
  const place = text.lastIndexOf(part, from === undefined ? text.length : placeOf(text, from));
  return place < 0 ? -1 : lengthOfText(text.slice(0, place));
}

function outOfRange(name: string, at: number, length: number): Failure {
  return new Failure(`${name} from ${at} is out of range of a string of ${length} characters`);
}

/** At most `count` times when it is not negative. */
function replace(text: string, [part, by]: readonly [string, string], count = -1): string | Failure {
  chargeText(text);
  // An empty part is found before and after each character.
  const pieces = part === "" ? ["", ...pointsOf(text), ""] : text.split(part);
  const times = count < 0 ? pieces.length - 1 : Math.min(count, pieces.length - 1);
  charge(1 + pieces.length + Math.ceil((times * by.length) / 8));
  if (times === pieces.length - 1) return pieces.join(by);
  return [pieces.slice(0, times + 1).join(by), ...pieces.slice(times + 1)].join(part);
}

function split(text: string, separator: string, limit = -1): readonly string[] {
  if (limit === 0) return [];
  const pieces = separator === "" ? pointsOf(text) : text.split(separator);
  charge(1 + pieces.length + (text.length >> 3));
  if (limit < 0 || pieces.length <= limit) return pieces;
  return [...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(separator)];
}

export function join(list: readonly unknown[], separator = ""): string | Failure {
  charge(1 + list.length * (1 + (separator.length >> 3)));
  for (const item of list) {
    if (typeof item !== "string") {
      return new Failure(
        () => `join takes a list of strings, this has ${show(item)}; write list.map(x, string(x)).join(…)`,
      );
    }
    chargeText(item);
  }
  return list.join(separator);
}

/** A text as it would be written in an expression. */
function quote(text: string): string {
  chargeText(text);
  let quoted = "";
  for (const character of text) quoted += ESCAPES.get(character) ?? character;
  return `"${quoted}"`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

function ascii(text: string, pattern: RegExp, change: (letter: string) => string): string {
  charge(1 + (text.length >> 1));
  return text.replace(pattern, change);
}

/** White space as Unicode has it; `trim` of JavaScript lacks one of them. */
const TRIMMED = /^[\s\u0085]+|[\s\u0085]+$/g;

export const TEXT_RULES: readonly Rule[] = [
  rule("size", ["string"], "number", lengthOfText),
  rule(".size", ["string"], "number", lengthOfText),
  rule(".contains", ["string", "string"], "bool", (text, part) => text.includes(part)),
  rule(".startsWith", ["string", "string"], "bool", (text, part) => text.startsWith(part)),
  rule(".endsWith", ["string", "string"], "bool", (text, part) => text.endsWith(part)),
  rule(".charAt", ["string", "int"], "string", charAt),
  rule(".indexOf", ["string", "string"], "number", (text, part) => indexOf(text, part)),
  rule(".indexOf", ["string", "string", "int"], "number", indexOf),
  rule(".lastIndexOf", ["string", "string"], "number", (text, part) => lastIndexOf(text, part)),
  rule(".lastIndexOf", ["string", "string", "int"], "number", lastIndexOf),
  rule(".substring", ["string", "int"], "string", (text, from) => substring(text, from)),
  rule(".substring", ["string", "int", "int"], "string", substring),
  rule(".replace", ["string", "string", "string"], "string", (text, part, by) => replace(text, [part, by])),
  rule(".replace", ["string", "string", "string", "int"], "string", (text, part, by, count) =>
    replace(text, [part, by], count),
  ),
  rule(".split", ["string", "string"], "list", (text, separator) => split(text, separator)),
  rule(".split", ["string", "string", "int"], "list", split),
  rule(".join", ["list"], "string", (list) => join(list)),
  rule(".join", ["list", "string"], "string", join),
  rule(".trim", ["string"], "string", (text) => text.replace(TRIMMED, "")),
  rule(".lowerAscii", ["string"], "string", (text) =>
    ascii(text, /[A-Z]+/g, (letters) => letters.toLowerCase()),
  ),
  rule(".upperAscii", ["string"], "string", (text) =>
    ascii(text, /[a-z]+/g, (letters) => letters.toUpperCase()),
  ),
  rule(".reverse", ["string"], "string", (text) => pointsOf(text).toReversed().join("")),
  rule("strings.quote", ["string"], "string", quote),
];
