/** PUBSUB HELP: describes the PUBSUB commands. */
import { containerHelp } from "../../catalogue/help.ts";
import type { Handler } from "../handler.ts";

export const pubsubHelp = {
  name: "PUBSUB|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "pubsub"),
} as const satisfies Handler;
