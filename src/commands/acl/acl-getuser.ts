/** ACL GETUSER username: the flags, passwords and rules of a user. */
import { channelsOf, commandsOf, definitionsOf, flagsOf, keysOf } from "../../clients/users/describe.ts";
import type { Selector } from "../../clients/users/selector.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { userName } from "./reach.ts";

export const aclGetuser = {
  name: "ACL|GETUSER",
  run: ({ args, server }) => {
    const user = server.users.find(userName(argument(args, 2)));
    if (user === undefined) return null;
    const [root, ...others] = user.rules.selectors;
    return map([
      ["flags", { kind: "set", items: flagsOf(user.rules) }],
      ["passwords", user.rules.passwords],
      ...entriesOf(root),
      ["selectors", others.map((selector) => map(entriesOf(selector)))],
    ]);
  },
} as const satisfies Handler;

function entriesOf(selector: Selector): Array<readonly [Reply, Reply]> {
  const definitions = definitionsOf(selector);
  const entries: Array<readonly [string, string]> = [
    ["commands", commandsOf(selector)],
    ["keys", keysOf(selector)],
    ["channels", channelsOf(selector)],
  ];
  // Not in Redis, and there only for users with rules for definitions.
  if (definitions !== undefined) entries.push(["definitions", definitions]);
  return entries.map(([field, words]) => [field, Buffer.from(words, "latin1")]);
}
