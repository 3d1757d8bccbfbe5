/** CLIENT ID: the id of this connection. */
import type { Handler } from "../handler.ts";

export const clientId = {
  name: "CLIENT|ID",
  run: ({ session }) => session.id,
} as const satisfies Handler;
