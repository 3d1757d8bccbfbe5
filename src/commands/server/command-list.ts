/** COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]: the names of the commands. */
import { globMatcher } from "../../base/glob.ts";
import type { Command } from "../../catalogue/command.ts";
import { commandNames, isInCategory } from "../../catalogue/info.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const commandList = {
  name: "COMMAND|LIST",
  run: ({ args, server }) => {
    if (args.length === 2) return commandNames(server.catalogue, () => true);
    if (args.length !== 5 || token(args[2]) !== "FILTERBY") throw errors.syntaxError();
    return commandNames(server.catalogue, filter(token(args[3]), argument(args, 4)));
  },
} as const satisfies Handler;

function filter(kind: string, operand: Buffer): (command: Command) => boolean {
  const text = operand.toString("latin1");
  switch (kind) {
    case "MODULE":
      return ({ declaration }) => declaration.module === text;
    case "ACLCAT":
      return (command) => isInCategory(command, text);
    case "PATTERN": {
      const matches = globMatcher(text, { ignoreCase: true });
      return ({ name }) => matches(name);
    }
    default:
      throw errors.syntaxError();
  }
}
