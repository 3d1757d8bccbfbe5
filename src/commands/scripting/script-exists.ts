/** SCRIPT EXISTS sha1 [sha1 ...]: which scripts the server has. */
import type { Handler } from "../handler.ts";

export const scriptExists = {
  name: "SCRIPT|EXISTS",
  run: (call) =>
    call.args.slice(2).map((sha) => (call.server.scripts.find(sha.toString("latin1")) === undefined ? 0 : 1)),
} as const satisfies Handler;
