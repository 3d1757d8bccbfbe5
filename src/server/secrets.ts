/** What of a request may be shown to others: MONITOR and the slow log show no password. */
import { token } from "../commands/arguments.ts";
import { directiveEntry, directiveNamed } from "../config/directives.ts";

const REDACTED = Buffer.from("(redacted)");

/** The arguments of a request, those that are or may be secret replaced. `name` is the full name of its command. */
export function shownArguments(name: string, args: readonly Buffer[]): readonly Buffer[] {
  const isSecret = SECRETS[name];
  const shown = isSecret === undefined ? args : args.map((arg, at) => (isSecret(args, at) ? REDACTED : arg));
  const from = REQUEST_AT[name];
  if (from === undefined || args.length <= from) return shown;
  const request = args.slice(from);
  return [...shown.slice(0, from), ...shownArguments(fullName(request), request)];
}

/** What a refusal says, without what it quotes where that may be secret. */
export function shownMessage(name: string, args: readonly Buffer[], message: string): string {
  const shown = shownArguments(name, args);
  const quotes = args.some(
    (arg, at) => arg !== shown[at] && arg.length > 0 && message.includes(arg.toString()),
  );
  return quotes ? message.replace(/'.*'/s, `'${REDACTED}'`) : message;
}

/** Commands that are given another request, and where it begins. */
const REQUEST_AT: Readonly<Record<string, number>> = {
  "acl|dryrun": 3,
  "command|getkeys": 2,
  "command|getkeysandflags": 2,
};

/** The full name of the command that a request within a request is of. */
function fullName([first, second]: readonly Buffer[]): string {
  const name = first?.toString("latin1").toLowerCase() ?? "";
  const subcommand = `${name}|${second?.toString("latin1").toLowerCase() ?? ""}`;
  return Object.hasOwn(SECRETS, subcommand) || Object.hasOwn(REQUEST_AT, subcommand) ? subcommand : name;
}

/** Whether the argument at an index is secret, of the commands that have any. */
const SECRETS: Readonly<Record<string, (args: readonly Buffer[], at: number) => boolean>> = {
  auth: (_args, at) => at > 0,
  hello: (args, at) => isWord(args[at - 1], "AUTH") || (at > 1 && isWord(args[at - 2], "AUTH")),
  // A name that is not known may be a slip of the pen, and what follows it the password.
  "config|set": (args, at) => at > 2 && at % 2 === 1 && isSensitive(args[at - 1]),
  "acl|setuser": (_args, at) => at > 1,
  "acl|deluser": (_args, at) => at > 1,
  "acl|getuser": (_args, at) => at > 1,
};

function isWord(arg: Buffer | undefined, word: string): boolean {
  return arg !== undefined && token(arg) === word;
}

function isSensitive(arg: Buffer | undefined): boolean {
  const name = directiveNamed(arg?.toString("latin1") ?? "");
  return name === undefined || directiveEntry(name).isSensitive;
}
