/** COMMAND GETKEYS command [arg [arg …]]: the keys among the arguments of a command. */
import { ReplyError } from "../../protocol/reply-error.ts";
import { keysOrMessage } from "../catalogue-info.ts";
import type { Handler } from "../handler.ts";

export const commandGetKeys = {
  name: "COMMAND|GETKEYS",
  run: ({ args, server }) => {
    const keys = keysOrMessage(server.catalogue, args.slice(2));
    if ("message" in keys) throw new ReplyError(keys.message);
    return keys.map(({ key }) => key);
  },
} as const satisfies Handler;
