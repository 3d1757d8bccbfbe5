/**
 * JSON whose numbers are not all exact. A number is exact when the shortest text of its double has the same decimal
 * value: 0.1 and 1e3 are, 9007199254740993 and 1e400 are not. `JSON.parse` rounds these in silence. Here they stay what they
 * were: an `InexactNumber` in the place of the number, which no computation takes for one and which is written again
 * as it was read.
 */
import { InexactInside, InexactNumber, isJsonObject, type Json, type JsonObject } from "./json.ts";

/** Values with inexact numbers inside: few have any, and all others need no look. */
const inexactValues = new WeakSet<object>();

/** The value of a text that JSON.parse has read, with its inexact numbers in place. O(characters). */
export function withInexactNumbers(text: string, parsed: Json): Json {
  if (!hasInexactNumber(text)) return parsed;
  const value = new Reader(text).value();
  noteInexact(value);
  return value;
}

/** Whether a value that was read as data has inexact numbers inside, or is one. O(1). */
export function holdsInexact(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null && inexactValues.has(value);
}

/** Notes of a value that was made from such data whether it has inexact numbers inside, too. Recursive. */
export function noteInexact(value: Json): void {
  if (typeof value === "object" && value !== null && firstInexact(value) !== undefined)
    inexactValues.add(value);
}

/** Notes of a value that it has inexact numbers inside. O(1). */
export function noteHoldsInexact(value: object): void {
  inexactValues.add(value);
}

/** The JSON text of a value that may hold inexact numbers. */
export function textOfJson(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof InexactInside)) throw error;
    return write(value);
  }
}

/** Whether a value is an inexact number. */
export function isInexact(value: unknown): value is InexactNumber {
  return value instanceof InexactNumber;
}

/** The first inexact number of a value and its path, `$.items[0].id`; undefined when there is none. Recursive. */
export function firstInexact(
  value: Json,
  path = "$",
): { readonly path: string; readonly text: string } | undefined {
  if (isInexact(value)) return { path, text: value.text };
  if (Array.isArray(value)) return firstOf(value.entries(), (key) => `${path}[${key}]`);
  if (!isJsonObject(value)) return undefined;
  return firstOf(Object.entries(value), (key) => `${path}${memberPath(String(key))}`);
}

function firstOf(
  entries: Iterable<readonly [string | number, Json]>,
  pathOf: (key: string | number) => string,
): ReturnType<typeof firstInexact> {
  for (const [key, item] of entries) {
    if (typeof item !== "object" || item === null) continue;
    const found = firstInexact(item, pathOf(key));
    if (found !== undefined) return found;
  }
  return undefined;
}

function memberPath(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/**
 * True when two values are the same data: the order of keys does not matter, and numbers are compared as decimals.
 */
export function sameData(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isInexact(a) || isInexact(b))
    return isInexact(a) && isInexact(b) && decimal(a.text) === decimal(b.text);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => sameData(item, b[i]));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameData(a[key], b[key]))
  );
}

/** Whether a double holds the number that a JSON text says. */
export function isExactNumber(text: string): boolean {
  const value = Number(text);
  return (
    Number.isFinite(value) &&
    (text.length < 16 && !/e/i.test(text) ? true : decimal(String(value)) === decimal(text))
  );
}

/** As `isExactNumber`, for a number as YAML and JavaScript write it: `+5`, `.5`, `5.`, `1_000`, `0x1F`. */
export function isExactLiteral(text: string): boolean {
  const plain = text.replaceAll("_", "").replace(/^\+/, "");
  if (/^-?0[xob]/i.test(plain)) return Number.isSafeInteger(Number(plain));
  return isExactNumber(plain.replace(/^(-?)\./, "$10.").replace(/\.(?=$|e)/i, ""));
}

/** A decimal in one form for all its spellings: sign, digits without zeros around them, exponent. */
function decimal(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]\+?(-?[0-9]+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  let from = 0;
  while (digits[from] === "0") from += 1;
  let to = digits.length;
  while (to > from && digits[to - 1] === "0") to -= 1;
  if (from === to) return "0";
  return `${sign}${digits.slice(from, to)}e${BigInt(shortened(exponent)) + BigInt(digits.length - to - fraction.length)}`;
}

/** An exponent of more digits than any text has characters differs from all others anyway. */
function shortened(exponent: string): string {
  return exponent.length > 20 ? exponent.slice(0, 20) : exponent;
}

/** Whether a JSON text holds an inexact number, in one pass that skips its strings. */
function hasInexactNumber(text: string): boolean {
  // Numbers of up to 15 characters without an exponent are exact, so that most texts need no second look.
  if (!/[0-9.]{16}|[0-9][eE]/.test(text)) return false;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at);
      if (!isExactNumber(text.slice(at, end))) return true;
      at = end;
    } else at += 1;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The position behind the string that begins at a quote. */
function endOfString(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && /[0-9.eE+-]/.test(text.charAt(at))) at += 1;
  return at;
}

/** Reads a text that is JSON. Recursive: the depth is the caller's to bound. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): Json {
    switch (this.#next()) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  /** The next character that is no white space. */
  #next(): string {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#text.charAt(this.#at);
  }

  #object(): JsonObject {
    const object: { [key: string]: Json } = {};
    this.#at += 1;
    while (this.#next() !== "}") {
      if (this.#next() === ",") this.#at += 1;
      this.#next();
      const key = this.#string();
      this.#next();
      this.#at += 1;
      const value = this.value();
      // A key may be __proto__.
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
    }
    this.#at += 1;
    return object;
  }

  #array(): Json[] {
    const items: Json[] = [];
    this.#at += 1;
    while (this.#next() !== "]") {
      if (this.#next() === ",") this.#at += 1;
      items.push(this.value());
    }
    this.#at += 1;
    return items;
  }

  #string(): string {
    const end = endOfString(this.#text, this.#at);
    const value = JSON.parse(this.#text.slice(this.#at, end)) as string;
    this.#at = end;
    return value;
  }

  #word<Value extends Json>(word: string, value: Value): Value {
    this.#at += word.length;
    return value;
  }

  #number(): Json {
    const end = endOfNumber(this.#text, this.#at);
    const text = this.#text.slice(this.#at, end);
    this.#at = end;
    // The type of JSON has no inexact numbers: whoever computes checks for them (`isInexact`).
    return isExactNumber(text) ? Number(text) : (new InexactNumber(text) as unknown as Json);
  }
}

/** As JSON.stringify, with inexact numbers as they were read. Recursive. */
function write(value: Json): string {
  if (isInexact(value)) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`)
    .join(",")}}`;
}
