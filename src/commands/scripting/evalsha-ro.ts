/** EVALSHA_RO sha1 numkeys [key ...] [arg ...]: runs a script that the server has, and that only reads. */
import type { Handler } from "../handler.ts";
import { evaluateSha } from "./evaluate.ts";

export const evalshaRo = {
  name: "EVALSHA_RO",
  run: (call) => evaluateSha(call, true),
} as const satisfies Handler;
