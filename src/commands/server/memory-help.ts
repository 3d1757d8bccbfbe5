/** MEMORY HELP: the subcommands there are. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const memoryHelp = {
  name: "MEMORY|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "MEMORY"),
} as const satisfies Handler;
