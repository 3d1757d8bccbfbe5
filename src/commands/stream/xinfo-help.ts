/** XINFO HELP: describes the XINFO commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const xinfoHelp = {
  name: "XINFO|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "xinfo"),
} as const satisfies Handler;
