/** PFSELFTEST: checks that both forms of a HyperLogLog hold the same, and count it as exactly as they should. */
import { assert } from "../../base/assert.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { HyperLogLog, REGISTER_COUNT } from "./hyperloglog.ts";

const ELEMENT_COUNT = 10_000;
/** Six times the standard error: beyond it something is wrong. */
const ERROR_MAX = (6 * 1.04) / Math.sqrt(REGISTER_COUNT);

export const pfselftest = {
  name: "PFSELFTEST",
  run: () => {
    const sparse = new HyperLogLog(undefined, { sparseBytesMax: Number.POSITIVE_INFINITY });
    const dense = new HyperLogLog(undefined, { sparseBytesMax: 0 });
    dense.makeDense();
    let checkpoint = 1;
    for (let added = 1; added <= ELEMENT_COUNT; added += 1) {
      const element = Buffer.from(`element ${added}`);
      assert(sparse.add(element) === dense.add(element), "both forms change alike");
      if (added !== checkpoint) continue;
      const count = dense.count();
      assert(count === sparse.count(), "both forms count alike");
      assert(Math.abs(Number(count) - added) <= Math.ceil(ERROR_MAX * added), "the count is near");
      assert(Buffer.from(sparse.registers()).equals(dense.registers()), "both forms hold the same");
      checkpoint *= 10;
    }
    return OK;
  },
} as const satisfies Handler;
