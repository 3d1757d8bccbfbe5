/** QUIT: the connection closes behind the reply. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const quit = {
  name: "QUIT",
  run: ({ session }) => {
    session.isClosing = true;
    return OK;
  },
} as const satisfies Handler;
