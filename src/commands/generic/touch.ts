/** TOUCH key [key …]: how many of the keys exist, which are used now. */
import type { Handler } from "../handler.ts";
import { look } from "../values.ts";

export const touch = {
  name: "TOUCH",
  run: (call) => call.args.slice(1).filter((key) => look(call, key) !== undefined).length,
} as const satisfies Handler;
