/** CLIENT HELP: describes the CLIENT commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const clientHelp = {
  name: "CLIENT|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "client"),
} as const satisfies Handler;
