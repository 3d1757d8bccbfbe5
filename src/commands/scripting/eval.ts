/** EVAL script numkeys [key ...] [arg ...]: runs a script. */
import type { Handler } from "../handler.ts";
import { evaluateText } from "./evaluate.ts";

export const evalScript = {
  name: "EVAL",
  run: (call) => evaluateText(call, false),
} as const satisfies Handler;
