/**
 * The command line, read as redis-server reads it: `[file|-] [--name value …]… [-]`. Options become lines of
 * configuration that follow the file, so they override it and are checked by the same code.
 */
import { quoteWord, splitWords, wordOfText } from "./words.ts";

export type CommandLine =
  | { readonly kind: "version" }
  | { readonly kind: "help" }
  | {
      readonly kind: "start";
      readonly file: string | undefined;
      /** True when configuration is to be read from standard input, after the file. */
      readonly readsStdin: boolean;
      /** Lines of configuration, each character one byte; empty when there are no options. */
      readonly options: string;
    };

/** Reads the arguments after the program's name. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const [first] = argv;
  if (first === "-v" || first === "--version") return { kind: "version" };
  if (first === "-h" || first === "--help") return { kind: "help" };
  const file = first === undefined || first.startsWith("-") ? undefined : first;
  const rest = argv.slice(file === undefined ? 0 : 1);
  // A dash counts where Redis looks for it: first of all arguments, or last.
  const isDash = (argument: string, at: number) =>
    argument === "-" && ((file === undefined && at === 0) || at === rest.length - 1);
  return {
    kind: "start",
    file,
    readsStdin: rest.some(isDash),
    options: optionLines(rest.filter((argument, at) => !isDash(argument, at))),
  };
}

function optionLines(argv: readonly string[]): string {
  let lines = "";
  // Right after an option's name everything is its value, even when it begins with dashes.
  let takesOption = true;
  for (const [at, argument] of argv.entries()) {
    if (!takesOption || !argument.startsWith("--")) {
      lines += `${quoteWord(wordOfText(argument))} `;
      takesOption = true;
      continue;
    }
    // `--save` alone means no save points.
    const isBareSave = argument.toLowerCase() === "--save" && argv[at + 1]?.startsWith("--") !== false;
    lines += `${lines === "" ? "" : "\n"}${wordOfText(argument.slice(2))} ${isBareSave ? '""' : ""}`;
    takesOption = isBareSave || holdsValue(argument);
  }
  return lines;
}

/** Whether an option and its value came as one argument: `"--port 6380"`. */
function holdsValue(argument: string): boolean {
  const words = splitWords(wordOfText(argument));
  return !words.ok || words.value.length > 1;
}
