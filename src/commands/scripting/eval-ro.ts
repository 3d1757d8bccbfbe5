/** EVAL_RO script numkeys [key ...] [arg ...]: runs a script that only reads. */
import type { Handler } from "../handler.ts";
import { evaluateText } from "./evaluate.ts";

export const evalRo = {
  name: "EVAL_RO",
  run: (call) => evaluateText(call, true),
} as const satisfies Handler;
