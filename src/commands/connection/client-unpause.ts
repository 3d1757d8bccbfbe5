/** CLIENT UNPAUSE: requests that CLIENT PAUSE has held back go on. */
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const clientUnpause = {
  name: "CLIENT|UNPAUSE",
  run: ({ server }) => {
    server.pause.end();
    return OK;
  },
} as const satisfies Handler;
