/** PFDEBUG GETREG|DECODE|ENCODING|TODENSE key: how a HyperLogLog is stored. */
import * as errors from "../../protocol/errors.ts";
import { simple } from "../../protocol/reply.ts";
import { argument, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import type { HyperLogLog } from "./hyperloglog.ts";
import { checked, hyperLogLogToWrite, storeHyperLogLog } from "./stored.ts";

export const pfdebug = {
  name: "PFDEBUG",
  run: (call) => {
    const { args } = call;
    const key = argument(args, 2);
    const { sketch, isNew } = hyperLogLogToWrite(call, key);
    if (isNew) throw errors.noSuchHyperLogLog();
    switch (token(args[1])) {
      case "GETREG":
        makeDense(call, key, sketch);
        return [...checked(() => sketch.registers())];
      case "DECODE":
        if (sketch.isDense) throw errors.notSparse();
        return sketch.runs();
      case "ENCODING":
        return simple(sketch.isDense ? "dense" : "sparse");
      case "TODENSE":
        return makeDense(call, key, sketch) ? 1 : 0;
      default:
        throw errors.unknownPfdebug(argument(args, 1));
    }
  },
} as const satisfies Handler;

/** False when it is dense already. @throws ReplyError */
function makeDense(call: Call, key: Buffer, sketch: HyperLogLog): boolean {
  if (sketch.isDense) return false;
  checked(() => sketch.makeDense());
  storeHyperLogLog(call, key, sketch, undefined);
  return true;
}
