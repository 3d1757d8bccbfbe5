/** COMMAND: describes all commands. */
import { commandInfos } from "../../catalogue/info.ts";
import type { Handler } from "../handler.ts";

export const command = {
  name: "COMMAND",
  run: ({ server }) => commandInfos(server.catalogue, []),
} as const satisfies Handler;
