/** CLIENT GETNAME: the name of this connection, or null. */
import type { Handler } from "../handler.ts";

export const clientGetname = {
  name: "CLIENT|GETNAME",
  run: ({ session }) => (session.name === "" ? null : session.name),
} as const satisfies Handler;
