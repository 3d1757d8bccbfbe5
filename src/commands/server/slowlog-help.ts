/** SLOWLOG HELP: describes the SLOWLOG commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const slowlogHelp = {
  name: "SLOWLOG|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "slowlog"),
} as const satisfies Handler;
