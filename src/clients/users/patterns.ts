/** The patterns of a selector: which keys, channels, definitions and events it speaks of. Bytes, a character each. */
import { globMatcher } from "../../base/glob.ts";
import { quoteWord, splitWords } from "../../config/words.ts";

export interface Pattern {
  readonly text: string;
  readonly matches: (text: string) => boolean;
}

export interface KeyPattern extends Pattern {
  readonly reads: boolean;
  readonly writes: boolean;
}

/** One rule of a command that carries an event, in the order in which they were given. */
export interface EventRule extends Pattern {
  readonly isAllowed: boolean;
}

export function pattern(text: string): Pattern {
  return { text, matches: globMatcher(text) };
}

/** A key pattern as rules write it: `~x`, `%R~x`, `%W~x`. */
export function keyPatternText({ text, reads, writes }: KeyPattern): string {
  return reads && writes ? `~${text}` : `%${reads ? "R" : "W"}~${text}`;
}

/** Whether a text has white space or a zero byte, which no name or pattern may have. */
export function hasSpaces(text: string): boolean {
  return /[\0\t-\r ]/.test(text);
}

/** The event of a rule, which may be in quotes; undefined when these are not as they should be. */
export function readEvent(text: string): string | undefined {
  if (!/^["']/.test(text)) return text;
  const words = splitWords(text);
  return words.ok && words.value.length === 1 ? words.value[0] : undefined;
}

/** An event as a rule shows it: in quotes where it would not stay one word. */
export function eventText(event: string): string {
  return /[\0- "'()\x7f]/.test(event) ? quoteWord(event) : event;
}

/** The words of a line of rules: divided at spaces, but for those in the quotes of an event. */
export function ruleWords(line: string): readonly string[] {
  return line.match(/(?:[^ |]|\|(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')?)+/g) ?? [];
}
