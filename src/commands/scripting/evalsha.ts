/** EVALSHA sha1 numkeys [key ...] [arg ...]: runs a script that the server has. */
import type { Handler } from "../handler.ts";
import { evaluateSha } from "./evaluate.ts";

export const evalsha = {
  name: "EVALSHA",
  run: (call) => evaluateSha(call, false),
} as const satisfies Handler;
