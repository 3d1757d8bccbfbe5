/**
 * The command line of the process as others on the host see it (`ps`): what is secret in it is replaced. The health
 * check of a container reads the rest of it, so it stays a command line.
 */
import { directiveEntry, directiveNamed } from "./config/directives.ts";
import { quoteWordIfNeeded, splitWords, textOfWord, wordOfText } from "./config/words.ts";

const PROGRAM = "detent";
const HIDDEN = "***";

/** The command line without secrets; undefined when it holds none. */
export function commandLineWithoutSecrets(argv: readonly string[]): string | undefined {
  let hides = false;
  let isUser = false;
  const shown = argv.map((word) => {
    const [name = "", ...rest] = word.split(" ");
    if (name.startsWith("--")) {
      const directive = directiveNamed(name.slice(2));
      hides = directive !== undefined && directiveEntry(directive).isSensitive;
      isUser = name === "--user";
      return hides && rest.length > 0 ? `${name} ${HIDDEN}` : word;
    }
    if (hides) return HIDDEN;
    // A rule with a password, as another such rule, and the password of a URL.
    return isUser
      ? word.replaceAll(/(?<=^| )[<>][^ ]+/g, `>${HIDDEN}`)
      : word.replace(PASSWORD_OF_URL, HIDDEN);
  });
  if (shown.every((word, at) => word === argv[at])) return undefined;
  return [PROGRAM, ...shown.map((word) => quoteWordIfNeeded(wordOfText(word)))].join(" ");
}

const PASSWORD_OF_URL = /(?<=^[a-z]+:\/\/[^/@:]*:)[^/@]+(?=@)/;

/** The arguments of a server from its command line as the system has it, which an init of a container may begin. */
export function argumentsFrom(commandLine: string): readonly string[] {
  const [first = "", ...others] = commandLine.replace(/\0+$/, "").split("\0");
  const isTitle = others.length === 0 && first.startsWith(`${PROGRAM} `);
  const split = isTitle ? splitWords(first) : undefined;
  const words = split?.ok === true ? split.value.map((word) => textOfWord(word) ?? word) : [first, ...others];
  const at = words.findIndex((word) => /(?:^|\/)(?:main\.js|detent)$/.test(word));
  return words.slice(at + 1);
}
