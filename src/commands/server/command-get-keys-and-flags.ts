/** COMMAND GETKEYSANDFLAGS command [arg [arg …]]: the keys and what the command may do to each. */
import { ReplyError } from "../../protocol/reply-error.ts";
import { keyAndFlags, keysOrMessage } from "../catalogue-info.ts";
import type { Handler } from "../handler.ts";

export const commandGetKeysAndFlags = {
  name: "COMMAND|GETKEYSANDFLAGS",
  run: ({ args, server }) => {
    const keys = keysOrMessage(server.catalogue, args.slice(2));
    if ("message" in keys) throw new ReplyError(keys.message);
    return keys.map(keyAndFlags);
  },
} as const satisfies Handler;
