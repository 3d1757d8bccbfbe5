/** The users a server starts with: those of `user` lines, or of the ACL file. */
import { resolve } from "node:path";
import { fileFault } from "../../base/file-fault.ts";
import type { ConfigFiles } from "../../config/config-files.ts";
import { quoteWordIfNeeded } from "../../config/words.ts";
import { readAclFile } from "./acl-file.ts";
import { describeUser } from "./describe.ts";
import { ruleWords } from "./patterns.ts";
import { applyRules, mergeSelectors, newRuleSet } from "./rules.ts";
import { isUserName, Users, type UsersOptions } from "./users.ts";

/** The configuration names users that cannot be. */
export class UsersError extends Error {}

const BOTH =
  "Configuring users with the directive 'user' and an ACL file at the same time is not possible: define them in the " +
  "one or in the other";

/** @throws UsersError with what is wrong, as a line for whoever starts the server */
export function startingUsers(options: UsersOptions, files: ConfigFiles): Users {
  const { config } = options;
  const users = new Users(options);
  const lines = config.get("user");
  const path = aclFilePath(options);
  if (path !== undefined && lines.length > 0) throw new UsersError(BOTH);
  for (const [name = "", ...words] of lines) {
    // What a line says of the default user is all there is of it.
    const rules = users.changed(name, name === users.default.name ? ["reset", ...words] : words);
    if (typeof rules === "string") throw new UsersError(rules);
    users.put(name, rules);
  }
  if (path === undefined) return users;
  const read = readUsers(users, path, files);
  if (typeof read === "string") throw new UsersError(`Aborting the start because of ACL errors: ${read}`);
  for (const [name, rules] of read) users.put(name, rules);
  return users;
}

/** The absolute path of `aclfile`; undefined when there is none. */
export function aclFilePath({ config }: Pick<UsersOptions, "config">): string | undefined {
  const name = config.get("aclfile");
  return name === "" ? undefined : resolve(config.get("dir"), name);
}

/** The users of an ACL file, the default one always among them; or what is wrong with it. */
export function readUsers(users: Users, path: string, files: ConfigFiles) {
  let text: string;
  try {
    text = files.read(path).toString("latin1");
  } catch (error) {
    return `Error loading ACLs, opening file '${path}': ${fileFault(error)}`;
  }
  const read = readAclFile(text, path, users.context);
  if (!read.ok) return read.problem;
  const found = new Map(read.users);
  if (!found.has(users.default.name)) found.set(users.default.name, users.defaultRules());
  return found;
}

/** What is wrong with the words of a `user` line, in Redis' words; `earlier` are the lines before it. */
export function userLineFault(
  context: Users["context"],
  lines: ReadonlyArray<readonly string[]>,
): string | undefined {
  const [name = "", ...words] = lines.at(-1) ?? [];
  if (!isUserName(name)) return "Spaces not allowed in ACL usernames";
  if (lines.slice(0, -1).some(([other]) => other === name)) {
    return `Error in user declaration '${name}': Duplicate user found. A user can only be defined once in config files`;
  }
  const merged = mergeSelectors(words);
  if (typeof merged === "number")
    return `Error in user declaration '${words[merged]}': Unmatched parenthesis in selector`;
  const fault = applyRules(newRuleSet(context), merged, context);
  return fault === undefined ? undefined : `Error in user declaration ${fault}`;
}

/**
 * The users as `user` lines of a configuration file, without that word: none where there is an ACL file, and not the
 * default user while `requirepass` says all there is to say of it.
 */
export function configLines({ config, users }: Pick<UsersOptions, "config"> & { readonly users: Users }) {
  if (aclFilePath({ config }) !== undefined) return [];
  const usual = describeUser(users.defaultRules());
  return users
    .all()
    .filter((user) => user !== users.default || describeUser(user.rules) !== usual)
    .map(({ name, rules }) => [name, ...ruleWords(describeUser(rules))].map(quoteWordIfNeeded).join(" "));
}
