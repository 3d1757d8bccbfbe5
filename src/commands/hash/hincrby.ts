/** HINCRBY key field increment: adds to a field that is an integer; the sum. */
import { isInteger64 } from "../../base/integer.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, integer, parseInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashOrNew, setFields } from "./hashes.ts";

export const hincrby = {
  name: "HINCRBY",
  run: (call) => {
    const by = integer(argument(call.args, 3));
    const table = hashOrNew(call, argument(call.args, 1));
    const field = argument(call.args, 2);
    const before = table.get(field);
    const old = before === undefined ? 0n : parseInteger(before);
    if (old === undefined) throw errors.hashValueNotAnInteger();
    const sum = old + by;
    if (!isInteger64(sum)) throw errors.incrementOverflow();
    setFields(call, table, [field, Buffer.from(String(sum), "latin1")]);
    table.save("hincrby");
    return sum;
  },
} as const satisfies Handler;
