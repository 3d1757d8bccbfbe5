/** FCALL_RO function numkeys [key ...] [arg ...]: runs a function of a library that only reads. */
import type { Handler } from "../handler.ts";
import { callFunction } from "./call-function.ts";

export const fcallRo = {
  name: "FCALL_RO",
  run: (call) => callFunction(call, true),
} as const satisfies Handler;
