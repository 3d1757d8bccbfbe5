/** SCRIPT HELP: the subcommands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const scriptHelp = {
  name: "SCRIPT|HELP",
  run: (call) => containerHelp(call.server.catalogue, "script"),
} as const satisfies Handler;
