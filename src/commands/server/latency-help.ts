/** LATENCY HELP: describes the LATENCY commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const latencyHelp = {
  name: "LATENCY|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "latency"),
} as const satisfies Handler;
