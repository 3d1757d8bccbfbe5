/** FCALL function numkeys [key ...] [arg ...]: runs a function of a library. */
import type { Handler } from "../handler.ts";
import { callFunction } from "./call-function.ts";

export const fcall = {
  name: "FCALL",
  run: (call) => callFunction(call, false),
} as const satisfies Handler;
