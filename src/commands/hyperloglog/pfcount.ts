/** PFCOUNT key [key ...]: how many different elements HyperLogLogs have, together. One alone keeps the number. */
import { argument } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { estimate } from "./estimate.ts";
import { REGISTER_COUNT } from "./hyperloglog.ts";
import { checked, hyperLogLogAt, storeHyperLogLog } from "./stored.ts";

export const pfcount = {
  name: "PFCOUNT",
  run: (call) => {
    if (call.args.length === 2) return countOne(call, argument(call.args, 1));
    const registers = new Uint8Array(REGISTER_COUNT);
    checked(() => {
      for (const key of call.args.slice(1)) hyperLogLogAt(call, key)?.mergeInto(registers);
    });
    return estimate(registers);
  },
} as const satisfies Handler;

function countOne(call: Call, key: Buffer): bigint | number {
  const sketch = hyperLogLogAt(call, key);
  if (sketch === undefined) return 0;
  if (sketch.cached !== undefined) return sketch.cached;
  const count = checked(() => sketch.count());
  // What reads goes on when nothing can be written.
  if (call.server.partitions.get(call.db.place.number)?.store.failure !== undefined) return count;
  sketch.cached = count;
  storeHyperLogLog(call, key, sketch, undefined);
  return count;
}
