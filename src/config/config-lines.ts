/** The lines of a configuration text and the assignment each of them makes. */
import { directiveHint } from "./command-line-fault.ts";
import { type DirectiveName, directiveEntry, directiveNamed } from "./directives.ts";
import { ok, type Parsed, refused, WRONG_COUNT } from "./value-type.ts";
import { splitWords } from "./words.ts";

const BAD_DIRECTIVE = "Bad directive or wrong number of arguments";

export interface Assignment {
  readonly name: DirectiveName;
  /** The name as the line has it, in lower case: the directive's or an alias. */
  readonly spelling: string;
  readonly words: readonly string[];
}

/** What a line assigns; undefined for a blank line and a comment. */
export function readLine(line: string): Parsed<Assignment | undefined> {
  const trimmed = trimLine(line);
  if (trimmed === "" || trimmed.startsWith("#")) return ok(undefined);
  const split = splitWords(trimmed);
  if (!split.ok) return split;
  const [first, ...words] = split.value;
  // A line of white space that trimming leaves alone, such as a vertical tab.
  if (first === undefined) return ok(undefined);
  const spelling = first.toLowerCase();
  const name = directiveNamed(spelling);
  if (name === undefined) return refused(BAD_DIRECTIVE + directiveHint(spelling));
  const entry = directiveEntry(name);
  const { isFileOnly, type } = entry;
  const [text, ...others] = words;
  if (text === undefined) {
    // `save` alone is no save points, as `save ""` is.
    if (type.takes === "words" && !isFileOnly && entry.refusal === undefined)
      return ok({ name, spelling, words });
    return refused(isFileOnly ? BAD_DIRECTIVE : WRONG_COUNT);
  }
  if (isFileOnly) return ok({ name, spelling, words });
  if (others.length === 0) return ok({ name, spelling, words: wordsOfText(name, text) });
  return type.takes === "word" ? refused(WRONG_COUNT) : ok({ name, spelling, words });
}

/** The words of a value given as one text, as CONFIG SET gets it: divided at every single space. */
export function wordsOfText(name: DirectiveName, text: string): readonly string[] {
  return directiveEntry(name).type.takes === "words" ? text.split(" ") : [text];
}

/** A line without the white space around it. */
export function trimLine(line: string): string {
  return line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

/** Reads the value of a directive and applies its refusal. */
export function readValue(
  name: DirectiveName,
  words: readonly string[],
  context: { readonly current: unknown; readonly isRepeated: boolean },
): Parsed<unknown> {
  const entry = directiveEntry(name);
  const parsed = entry.type.parse(words, context);
  if (!parsed.ok || entry.refusal === undefined) return parsed;
  return isDefault(name, parsed.value) ? parsed : refused(entry.refusal);
}

/** Whether a value is the default, judged by how it is written. */
export function isDefault(name: DirectiveName, value: unknown): boolean {
  const { type, default: defaultValue } = directiveEntry(name);
  return type.print(value) === type.print(defaultValue);
}
