/** COMMAND HELP: describes the COMMAND commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const commandHelp = {
  name: "COMMAND|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "command"),
} as const satisfies Handler;
