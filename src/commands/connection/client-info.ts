/** CLIENT INFO: describes this connection. */
import type { Handler } from "../handler.ts";
import { clientLine } from "./client-lines.ts";

export const clientInfo = {
  name: "CLIENT|INFO",
  run: ({ session, server, nowMs }) => ({
    kind: "verbatim",
    format: "txt",
    text: clientLine(session, server, nowMs),
  }),
} as const satisfies Handler;
