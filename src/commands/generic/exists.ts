/** EXISTS key [key …]: how many of the keys exist, one named twice counting twice. */
import type { Handler } from "../handler.ts";
import { look } from "../values.ts";

export const exists = {
  name: "EXISTS",
  run: (call) => call.args.slice(1).filter((key) => look(call, key) !== undefined).length,
} as const satisfies Handler;
