/** CLIENT INFO: describes this connection. */
import type { Handler } from "../handler.ts";
import { clientLine } from "./client-lines.ts";

export const clientInfo = {
  name: "CLIENT|INFO",
  run: ({ args, nowMs, server, session }) => ({
    kind: "verbatim",
    format: "txt",
    text: clientLine(session, server, nowMs, args),
  }),
} as const satisfies Handler;
