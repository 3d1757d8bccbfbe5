/** FUNCTION HELP: the subcommands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const functionHelp = {
  name: "FUNCTION|HELP",
  run: (call) => containerHelp(call.server.catalogue, "function"),
} as const satisfies Handler;
