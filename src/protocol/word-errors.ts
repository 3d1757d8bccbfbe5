/**
 * Errors for words of a request that a command of machines does not know: they say what may be there, and what was
 * probably meant. The commands of Redis answer in the words of Redis, which are in errors.ts.
 */
import { closestName } from "../base/edit-distance.ts";
import { err } from "./errors.ts";
import { textOf } from "./raw-text.ts";
import type { ReplyError } from "./reply-error.ts";

/** How much of a word is compared and repeated: no name is longer. */
const WORD_BYTES_MAX = 32;

/** A word that is no option; `known` are those of the command. */
export function unknownOption(word: Uint8Array, known: readonly string[]): ReplyError {
  const meant = meantBy(word, known);
  const hint = meant === undefined ? `there are ${known.join(", ")}` : `did you mean ${meant}?`;
  return err(`syntax error, there is no option '${shown(word)}'; ${hint}`);
}

/** `option` is the word in capitals. */
export const optionNeeds = (option: string, valueCount: number) =>
  err(`syntax error, the option ${option} needs ${valueCount === 1 ? "a value" : `${valueCount} values`}`);

/** `what` takes one of `words`, and was given another. */
export const notOneOf = (what: string, words: readonly string[]) =>
  err(`syntax error, ${what} takes ${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`);

/** `syntax` is what the command takes at the most. */
export const tooManyWords = (syntax: string) => err(`syntax error, there are words behind ${syntax}`);

/** The error for a subcommand that `container` does not have; undefined where no name in `known` is close to its name. */
export function misspelledSubcommand(
  container: string,
  name: Uint8Array,
  known: readonly string[],
): ReplyError | undefined {
  const meant = meantBy(name, known);
  if (meant === undefined) return undefined;
  const [command, right] = [container.toUpperCase(), meant.toUpperCase()];
  return err(`unknown subcommand '${shown(name)}'; did you mean ${right}? Try ${command} HELP.`);
}

function meantBy(word: Uint8Array, known: readonly string[]): string | undefined {
  return word.length > WORD_BYTES_MAX ? undefined : closestName(textOf(word), known);
}

function shown(word: Uint8Array): string {
  return textOf(word.subarray(0, WORD_BYTES_MAX));
}
