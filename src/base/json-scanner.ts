/**
 * Reads a JSON text (RFC 8259) piece by piece, for the texts that JSON.parse cannot be asked about: it puts keys that
 * look like integers first, drops duplicates in silence and says little of where a text goes wrong. Libraries
 * that keep order and positions (jsonc-parser 3, momoa 3, lossless-json 4) recurse and overflow the stack at
 * 20,000 levels; the tokenizer of @streamparser/json 0.0 is no grammar. Here a value that nobody wants is passed
 * over with a stack of its own, so depth costs a byte a level, and the cost of a text grows with its length.
 */

/** What a value begins like. */
export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

/** The text is no JSON, or not the JSON that was asked for. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
  /** Where in the text, in UTF-16 units. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
/** Half of a pair of surrogates without the other half. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class JsonScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the next token begins, in UTF-16 units. */
  get offset(): number {
    this.#space();
    return this.#at;
  }

  /** What the next value is, without reading it. @throws JsonFault when no value begins here */
  peek(): JsonKind {
    this.#space();
    const next = this.#text[this.#at];
    if (next === "{") return "object";
    if (next === "[") return "array";
    if (next === '"') return "string";
    if (next === "t" || next === "f") return "boolean";
    if (next === "n") return "null";
    if (next === "-" || (next !== undefined && next >= "0" && next <= "9")) return "number";
    throw this.#unexpected("a value");
  }

  /** Reads an object, calling `member` for each key; `member` reads or skips the value. @throws JsonFault */
  object(member: (key: string, offset: number) => void): void {
    this.#expect("{");
    if (this.#take("}")) return;
    do {
      const offset = this.offset;
      member(this.#key(), offset);
    } while (this.#next("}"));
  }

  /** Reads an array, calling `item` for each item, which reads or skips it. @throws JsonFault */
  array(item: (index: number) => void): void {
    this.#expect("[");
    if (this.#take("]")) return;
    let index = 0;
    do {
      item(index);
      index += 1;
    } while (this.#next("]"));
  }

  /** Reads a string. @throws JsonFault, also for half of a surrogate pair: it has no bytes in UTF-8 */
  string(): string {
    this.#space();
    const start = this.#at;
    const hasEscapes = this.#passString();
    const token = this.#text.slice(start, this.#at);
    if (!hasEscapes) return token.slice(1, -1);
    // The token was checked character by character: it is a JSON string.
    const value = JSON.parse(token) as string;
    if (LONE_SURROGATE.test(value)) throw new JsonFault("half of a surrogate pair is not a character", start);
    return value;
  }

  /** Passes over a value of any kind and depth, checking its syntax. @throws JsonFault */
  skip(): void {
    const closers = new ClosingStack();
    for (;;) {
      const kind = this.peek();
      if (kind === "object" || kind === "array") {
        this.#at += 1;
        const closer = kind === "object" ? "}" : "]";
        if (!this.#take(closer)) {
          closers.push(closer);
          if (kind === "object") this.#key();
          continue;
        }
      } else this.#passScalar(kind);
      for (;;) {
        const closer = closers.top;
        if (closer === undefined) return;
        if (this.#next(closer)) {
          if (closer === "}") this.#key();
          break;
        }
        closers.pop();
      }
    }
  }

  /** @throws JsonFault when anything but white space is left */
  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected("the end");
  }

  /** After a member or item: true when another follows, false when the closing character was read. */
  #next(closer: "}" | "]"): boolean {
    if (this.#take(",")) return true;
    if (this.#take(closer)) return false;
    throw this.#unexpected(`"," or "${closer}"`);
  }

  #key(): string {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#unexpected("a key in double quotes");
    const start = this.#at;
    const hasEscapes = this.#passString();
    const token = this.#text.slice(start, this.#at);
    this.#expect(":");
    return hasEscapes ? (JSON.parse(token) as string) : token.slice(1, -1);
  }

  #passScalar(kind: JsonKind): void {
    if (kind === "string") this.#passString();
    else if (kind === "number") this.#passNumber();
    else {
      const word = kind === "null" ? "null" : this.#text[this.#at] === "t" ? "true" : "false";
      if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected("a value");
      this.#at += word.length;
    }
  }

  #passNumber(): void {
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.#text)) throw new JsonFault("a number needs a digit after its sign", this.#at);
    this.#at = NUMBER.lastIndex;
  }

  /** Passes over a string; true when it has escapes. */
  #passString(): boolean {
    const text = this.#text;
    let hasEscapes = false;
    let at = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        ESCAPE.lastIndex = at;
        if (!ESCAPE.test(text)) throw new JsonFault("unknown escape in a string", at);
        at = ESCAPE.lastIndex;
        hasEscapes = true;
      } else if (code >= 0x20) at += 1;
      else if (at >= text.length) throw new JsonFault("the string has no closing quote", this.#at);
      else throw new JsonFault("a control character in a string must be escaped", at);
    }
    this.#at = at + 1;
    return hasEscapes;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#unexpected(`"${character}"`);
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code > 0x20) return;
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #unexpected(wanted: string): JsonFault {
    this.#space();
    const found = this.#text.codePointAt(this.#at);
    const what =
      found === undefined ? "the text ends" : `this is ${JSON.stringify(String.fromCodePoint(found))}`;
    return new JsonFault(`expected ${wanted}, ${what}`, this.#at);
  }
}

/** The closing characters of what is open around a value: a byte a level. */
class ClosingStack {
  #bytes = new Uint8Array(64);
  #depth = 0;

  get top(): "}" | "]" | undefined {
    if (this.#depth === 0) return undefined;
    return this.#bytes[this.#depth - 1] === 1 ? "}" : "]";
  }

  push(closer: "}" | "]"): void {
    if (this.#depth === this.#bytes.length) {
      const larger = new Uint8Array(this.#depth * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#depth] = closer === "}" ? 1 : 0;
    this.#depth += 1;
  }

  pop(): void {
    this.#depth -= 1;
  }
}

/** Line and column of an offset, both from 1, as editors count. O(offset). */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (;;) {
    const end = text.indexOf("\n", start);
    if (end < 0 || end >= offset) return { line, column: offset - start + 1 };
    line += 1;
    start = end + 1;
  }
}
