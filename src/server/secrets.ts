/** What of a request may be shown to others: MONITOR and the slow log show no password. */
import { token } from "../commands/arguments.ts";
import { directiveEntry, directiveNamed } from "../config/directives.ts";

const REDACTED = Buffer.from("(redacted)");

/** The arguments of a request, those that are or may be secret replaced. `name` is the full name of its command. */
export function shownArguments(name: string, args: readonly Buffer[]): readonly Buffer[] {
  const isSecret = SECRETS[name];
  return isSecret === undefined ? args : args.map((arg, at) => (isSecret(args, at) ? REDACTED : arg));
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
