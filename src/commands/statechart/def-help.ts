/** SM.DEF HELP: the subcommands of SM.DEF. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const smDefHelp = {
  name: "SM.DEF|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "SM.DEF"),
} as const satisfies Handler;
