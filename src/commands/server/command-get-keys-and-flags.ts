/** COMMAND GETKEYSANDFLAGS command [arg [arg …]]: the keys and what the command may do to each. */
import { keyAndFlags, keysOfRequest } from "../../catalogue/info.ts";
import type { Handler } from "../handler.ts";

export const commandGetKeysAndFlags = {
  name: "COMMAND|GETKEYSANDFLAGS",
  run: ({ args, server }) => keysOfRequest(server.catalogue, args.slice(2)).map(keyAndFlags),
} as const satisfies Handler;
