/** SCRIPT KILL: there is never a script to kill, since one that is too slow ends by itself and others wait until then. */
import * as errors from "../../protocol/errors.ts";
import type { Handler } from "../handler.ts";

export const scriptKill = {
  name: "SCRIPT|KILL",
  run: () => {
    throw errors.notBusy();
  },
} as const satisfies Handler;
