/** COMMAND COUNT: the number of commands; subcommands do not count. */
import type { Handler } from "../handler.ts";

export const commandCount = {
  name: "COMMAND|COUNT",
  run: ({ server }) => server.catalogue.commands.length,
} as const satisfies Handler;
