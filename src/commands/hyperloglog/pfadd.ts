/** PFADD key [element ...]: adds elements to a HyperLogLog; whether it has changed. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { checked, hyperLogLogToWrite, storeHyperLogLog } from "./stored.ts";

export const pfadd = {
  name: "PFADD",
  run: (call) => {
    const key = argument(call.args, 1);
    const { sketch, isNew } = hyperLogLogToWrite(call, key);
    let hasChanged = isNew;
    checked(() => {
      for (const element of call.args.slice(2)) if (sketch.add(element)) hasChanged = true;
    });
    if (!hasChanged) return 0;
    sketch.forgetCached();
    storeHyperLogLog(call, key, sketch, "pfadd");
    return 1;
  },
} as const satisfies Handler;
