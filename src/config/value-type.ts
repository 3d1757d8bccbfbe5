/** What a directive's value may be: how it is read from words and how it is written. */

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  /** `reason` is the text Redis gives for the same fault. */
  | { readonly ok: false; readonly reason: string };

export interface ParseContext<T> {
  /** The value before: types that change a part of it (output buffer limits by class) start from it. */
  readonly current: T;
  /** True when a file or command line gives the directive again: accumulating types add to `current`. */
  readonly isRepeated: boolean;
}

export interface ValueType<T> {
  /** What may be written, for the documentation. */
  readonly syntax: string;
  /** Whether the value is one word, or many that may also come as one word with spaces between. */
  readonly takes: "word" | "words";
  parse(words: readonly string[], context: ParseContext<T>): Parsed<T>;
  /** As CONFIG GET shows it. */
  print(value: T): string;
  /** As CONFIG REWRITE writes it: what follows the name, one element for each line. */
  lines(value: T): readonly string[];
}

export const WRONG_COUNT = "wrong number of arguments";

export function ok<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

/** A type of one word. `line` is how a file shows the value where that differs from CONFIG GET. */
export function wordType<T>(spec: {
  readonly syntax: string;
  parse(word: string): Parsed<T>;
  print(value: T): string;
  line?(value: T): string;
}): ValueType<T> {
  const { syntax, parse, print, line = print } = spec;
  return {
    syntax,
    takes: "word",
    parse: ([word]) => (word === undefined ? refused(WRONG_COUNT) : parse(word)),
    print,
    lines: (value) => [line(value)],
  };
}
