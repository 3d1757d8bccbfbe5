/** Types of text and of lists of words. */

import { ok, refused, type ValueType, WRONG_COUNT, wordType } from "./value-type.ts";
import { quoteWord, quoteWordIfNeeded, textOfWord, wordOfText } from "./words.ts";

/** Any text. `fault` returns what is wrong with a text that is not accepted. */
export function text(syntax = "text", fault?: (word: string) => string | undefined): ValueType<string> {
  return wordType({
    syntax,
    parse: (word) => {
      const reason = fault?.(word);
      return reason === undefined ? ok(word) : refused(reason);
    },
    print: (value) => value,
    line: quoteWord,
  });
}

/** A path. Its value is text, as the file system is asked for it. */
export function path(): ValueType<string> {
  return wordType({
    syntax: "path",
    parse: (word) => {
      const value = textOfWord(word);
      return value === undefined ? refused("A path must be UTF-8") : ok(value);
    },
    print: wordOfText,
    line: (value) => quoteWord(wordOfText(value)),
  });
}

/** The name of a file without a folder. `directive` is named in the fault text. */
export function fileName(directive: string): ValueType<string> {
  return text("file name", (word) =>
    word.includes("/") ? `${directive} can't be a path, just a filename` : undefined,
  );
}

/** A list of words; the empty text is the empty list. `fault` as for `text`, over the whole list. */
export function wordList(
  syntax: string,
  fault?: (words: readonly string[]) => string | undefined,
): ValueType<readonly string[]> {
  return {
    syntax,
    takes: "words",
    parse: (words) => {
      const list = isEmptyText(words) ? [] : words;
      const reason = fault?.(list);
      return reason === undefined ? ok(list) : refused(reason);
    },
    print: (value) => value.join(" "),
    lines: (value) => [value.length === 0 ? '""' : value.map(quoteWordIfNeeded).join(" ")],
  };
}

/** A line that may stand many times, each one kept as its words. `count` is how many words a line has. */
export function repeatedLine(
  syntax: string,
  count: { readonly min: number; readonly max: number },
): ValueType<ReadonlyArray<readonly string[]>> {
  return {
    syntax,
    takes: "words",
    parse: (words, { current, isRepeated }) =>
      words.length < count.min || words.length > count.max
        ? refused("Bad directive or wrong number of arguments")
        : ok(isRepeated ? [...current, words] : [words]),
    print: (value) => value.map((words) => words.join(" ")).join(" "),
    lines: (value) => value.map((words) => words.map(quoteWordIfNeeded).join(" ")),
  };
}

/** A list of numbers within limits, of a fixed count where `count` is given. */
export function numberList(spec: {
  readonly syntax: string;
  readonly count?: number;
  readonly min: number;
  readonly max: number;
  readonly fault: string;
}): ValueType<readonly number[]> {
  return {
    syntax: spec.syntax,
    takes: "words",
    parse: (words) => {
      const numbers = isEmptyText(words) ? [] : words.map(toNumber);
      if (spec.count !== undefined && numbers.length !== spec.count) return refused(WRONG_COUNT);
      // Written so that NaN fails too.
      const areValid = numbers.every((value) => value >= spec.min && value <= spec.max);
      return areValid ? ok(numbers) : refused(spec.fault);
    },
    print: (value) => value.join(" "),
    lines: (value) => [value.length === 0 ? '""' : value.join(" ")],
  };
}

/** Whether the words are what `""` stands for: nothing. */
export function isEmptyText(words: readonly string[]): boolean {
  return words.length === 0 || (words.length === 1 && words[0] === "");
}

function toNumber(word: string): number {
  return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN;
}
