/** CONFIG HELP: describes the CONFIG commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const configHelp = {
  name: "CONFIG|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "config"),
} as const satisfies Handler;
