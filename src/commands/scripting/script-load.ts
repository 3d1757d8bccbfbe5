/** SCRIPT LOAD script: keeps a script until SCRIPT FLUSH; its SHA-1. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const scriptLoad = {
  name: "SCRIPT|LOAD",
  run: (call) => call.server.scripts.add(argument(call.args, 2), true).sha,
} as const satisfies Handler;
