/** FUNCTION KILL: there is never a function to kill, as there is no script for SCRIPT KILL. */
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";

export const functionKill = {
  name: "FUNCTION|KILL",
  run: () => {
    throw errors.notBusy();
  },
} as const satisfies Handler;
