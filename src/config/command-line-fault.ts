/**
 * What is wrong with an option of the command line. The option became a line of configuration (`command-line.ts`); the
 * message is about what the user typed.
 */
import { closestName } from "../base/edit-distance.ts";
import { directiveEntry, directiveNamed, spellings } from "./directives.ts";
import { splitWords, textOfWord } from "./words.ts";

/** The message for standard error, with what would be right. */
export function commandLineFaultText(line: string, reason: string): string {
  return `detent: ${faultOf(line, reason)}\nRun 'detent --help' for usage.\n`;
}

function faultOf(line: string, reason: string): string {
  const split = splitWords(line);
  const [word = "", ...values] = (split.ok ? split.value : [line.trim()]).map(shown);
  // An option became a bare word; what stood where an option belongs became a quoted one.
  if (line.startsWith('"')) return strayArgument(word);
  const [name = "", inline] = word.split(/=(.*)/s, 2);
  if (inline !== undefined && directiveNamed(name) !== undefined)
    return `an option and its value are two words: write --${name} ${inline}`;
  const directive = directiveNamed(word);
  if (directive === undefined) {
    const hint = closestName(word, ["help", "version", ...spellings().keys()]);
    return `there is no option --${word}${hint === undefined ? "" : `; did you mean --${hint}?`}`;
  }
  if (values.length === 0) return `--${word} needs a value`;
  const typed = directiveEntry(directive).isSensitive ? "" : ` ${values.join(" ")}`;
  return `--${word}${typed}: ${reason}`;
}

function strayArgument(word: string): string {
  const [, name = ""] = /^-+(.*)$/s.exec(word) ?? [];
  if (name === "") return `'${word}' is one argument too many; options begin with two dashes`;
  const hint = closestName(name, spellings().keys());
  return `there is no option ${word}; options begin with two dashes${hint === undefined ? "" : `, such as --${hint}`}`;
}

/** A word as text, to be shown on a terminal. */
function shown(word: string): string {
  return textOfWord(word) ?? word;
}

/** What follows the text of Redis for a directive that does not exist, where a known one is close. */
export function directiveHint(name: string): string {
  const hint = closestName(name, spellings().keys());
  return hint === undefined ? "" : `\nDid you mean '${hint}'?`;
}
