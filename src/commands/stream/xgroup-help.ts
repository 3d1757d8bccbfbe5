/** XGROUP HELP: describes the XGROUP commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const xgroupHelp = {
  name: "XGROUP|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "xgroup"),
} as const satisfies Handler;
