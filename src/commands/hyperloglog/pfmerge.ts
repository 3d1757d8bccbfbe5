/** PFMERGE destination [source ...]: a HyperLogLog of all elements of several, its own included. */
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { REGISTER_COUNT } from "./hyperloglog.ts";
import { checked, hyperLogLogAt, hyperLogLogToWrite, storeHyperLogLog } from "./stored.ts";

export const pfmerge = {
  name: "PFMERGE",
  run: (call) =>
    checked(() => {
      const registers = new Uint8Array(REGISTER_COUNT);
      let isDense = false;
      for (const key of call.args.slice(1)) {
        const source = hyperLogLogAt(call, key);
        if (source === undefined) continue;
        if (source.isDense) isDense = true;
        source.mergeInto(registers);
      }
      const key = argument(call.args, 1);
      const { sketch } = hyperLogLogToWrite(call, key);
      if (isDense) sketch.makeDense();
      registers.forEach((value, index) => {
        if (value > 0) sketch.raise(index, value);
      });
      sketch.forgetCached();
      storeHyperLogLog(call, key, sketch, "pfadd");
      return OK;
    }),
} as const satisfies Handler;
