/** COMMAND INFO [command-name [command-name …]]: describes the commands named, or all. */
import { commandInfos } from "../../catalogue/info.ts";
import type { Handler } from "../handler.ts";

export const commandInfo = {
  name: "COMMAND|INFO",
  run: ({ args, server }) => commandInfos(server.catalogue, args.slice(2)),
} as const satisfies Handler;
