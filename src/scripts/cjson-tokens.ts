/** The tokens of cjson.decode, whose errors name them: a few things that JSON forbids are read as well. */

export type TokenType =
  | "T_OBJ_BEGIN"
  | "T_OBJ_END"
  | "T_ARR_BEGIN"
  | "T_ARR_END"
  | "T_STRING"
  | "T_NUMBER"
  | "T_BOOLEAN"
  | "T_NULL"
  | "T_COLON"
  | "T_COMMA"
  | "T_END"
  | "T_ERROR";

export interface Token {
  readonly type: TokenType;
  /** Where it begins, or where its error is. */
  readonly index: number;
  /** Of a string its bytes, a character each; of an error what is wrong. */
  readonly text: string;
  /** Of a number, and of a boolean 0 or 1. */
  readonly number: number;
}

const SINGLE: ReadonlyMap<string, TokenType> = new Map([
  ["{", "T_OBJ_BEGIN"],
  ["}", "T_OBJ_END"],
  ["[", "T_ARR_BEGIN"],
  ["]", "T_ARR_END"],
  [":", "T_COLON"],
  [",", "T_COMMA"],
]);

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

const LITERALS: ReadonlyArray<readonly [string, TokenType, number]> = [
  ["true", "T_BOOLEAN", 1],
  ["false", "T_BOOLEAN", 0],
  ["null", "T_NULL", 0],
];

/** As C's strtod reads a number. */
const NUMBER =
  /[+-]?(?:0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?\d+)?|inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/iy;
/** What begins like a number and is none of JSON's. */
const INVALID_NUMBER = /\+|-?(?:0[x\d]|inf|nan)/iy;
/** What a string holds up to an escape or its end. */
const PLAIN = /[^"\\\0]*/y;
const HEX4 = /[0-9a-f]{4}/iy;
const MAY_BEGIN_VALUE = /[fiIntN"+\-0-9]/;

export class JsonTokens {
  readonly #text: string;
  readonly #readsInvalid: boolean;
  #at = 0;

  /** `text` has a character for each byte. */
  constructor(text: string, readsInvalid: boolean) {
    this.#text = text;
    this.#readsInvalid = readsInvalid;
  }

  /** How much of the text has been read. */
  get offset(): number {
    return this.#at;
  }

  next(): Token {
    while (" \t\n\r".includes(this.#character) && this.#character !== "") this.#at += 1;
    const character = this.#character;
    if (character === "" || character === "\0") return this.#token("T_END");
    const single = SINGLE.get(character);
    if (single !== undefined) {
      this.#at += 1;
      return { type: single, index: this.#at - 1, text: "", number: 0 };
    }
    if (!MAY_BEGIN_VALUE.test(character)) return this.#error("invalid token");
    if (character === '"') return this.#string();
    const isInvalid = matches(INVALID_NUMBER, this.#text, this.#at) !== undefined;
    if (/[-0-9]/.test(character))
      return isInvalid && !this.#readsInvalid ? this.#error("invalid number") : this.#number();
    for (const [word, type, number] of LITERALS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return { type, index: this.#at - word.length, text: "", number };
    }
    return isInvalid && this.#readsInvalid ? this.#number() : this.#error("invalid token");
  }

  get #character(): string {
    return this.#text.charAt(this.#at);
  }

  #token(type: TokenType): Token {
    return { type, index: this.#at, text: "", number: 0 };
  }

  #error(text: string): Token {
    return { type: "T_ERROR", index: this.#at, text, number: 0 };
  }

  #number(): Token {
    const text = matches(NUMBER, this.#text, this.#at);
    if (text === undefined) return this.#error("invalid number");
    const index = this.#at;
    this.#at += text.length;
    return { type: "T_NUMBER", index, text: "", number: numberOf(text) };
  }

  #string(): Token {
    const index = this.#at;
    this.#at += 1;
    let text = "";
    for (;;) {
      const plain = matches(PLAIN, this.#text, this.#at) ?? "";
      text += plain;
      this.#at += plain.length;
      if (this.#character === '"') break;
      if (this.#character !== "\\") return this.#error("unexpected end of string");
      if (this.#text.charAt(this.#at + 1) === "u") {
        const escaped = this.#unicode();
        if (escaped === undefined) return this.#error("invalid unicode escape code");
        text += escaped;
        continue;
      }
      const escaped = ESCAPES.get(this.#text.charAt(this.#at + 1));
      if (escaped === undefined) return this.#error("invalid escape code");
      text += escaped;
      this.#at += 2;
    }
    this.#at += 1;
    return { type: "T_STRING", index, text, number: 0 };
  }

  /** The UTF-8 of `\uXXXX`, or of two of them that belong together. */
  #unicode(): string | undefined {
    const unit = this.#codeUnit(this.#at);
    if (unit === undefined) return undefined;
    if ((unit & 0xf800) !== 0xd800) {
      this.#at += 6;
      return utf8(unit);
    }
    const low = this.#codeUnit(this.#at + 6);
    if ((unit & 0x400) !== 0 || low === undefined || (low & 0xfc00) !== 0xdc00) return undefined;
    this.#at += 12;
    return utf8((((unit & 0x3ff) << 10) | (low & 0x3ff)) + 0x10000);
  }

  #codeUnit(at: number): number | undefined {
    if (!this.#text.startsWith("\\u", at)) return undefined;
    const digits = matches(HEX4, this.#text, at + 2);
    return digits === undefined ? undefined : Number.parseInt(digits, 16);
  }
}

function matches(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function utf8(codePoint: number): string {
  return Buffer.from(String.fromCodePoint(codePoint), "utf8").latin1Slice();
}

function numberOf(text: string): number {
  const lower = text.toLowerCase().replace("+", "");
  const sign = lower.startsWith("-") ? -1 : 1;
  const digits = lower.replace("-", "");
  if (digits.startsWith("inf")) return sign * Number.POSITIVE_INFINITY;
  if (digits.startsWith("nan")) return Number.NaN;
  return digits.startsWith("0x") ? sign * hexNumber(digits.slice(2)) : Number(text);
}

function hexNumber(text: string): number {
  const [mantissa = "", exponent = "0"] = text.split("p");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return Number.parseInt(whole + fraction || "0", 16) * 2 ** (Number(exponent) - 4 * fraction.length);
}
