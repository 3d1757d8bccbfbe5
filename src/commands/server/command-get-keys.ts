/** COMMAND GETKEYS command [arg [arg …]]: the keys among the arguments of a command. */
import { keysOfRequest } from "../../catalogue/info.ts";
import type { Handler } from "../handler.ts";

export const commandGetKeys = {
  name: "COMMAND|GETKEYS",
  run: ({ args, server }) => keysOfRequest(server.catalogue, args.slice(2)).map(({ key }) => key),
} as const satisfies Handler;
