/** HINCRBYFLOAT key field increment: adds to a field that is a number; the sum. */
import { addExtended, formatExtended, parseExtended } from "../../base/extended-float.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashOrNew, setFields } from "./hashes.ts";

export const hincrbyfloat = {
  name: "HINCRBYFLOAT",
  run: (call) => {
    const by = parseExtended(argument(call.args, 3).toString("latin1"));
    if (by === undefined) throw errors.notAFloat();
    if (by.kind === "infinite") throw errors.notFinite();
    const table = hashOrNew(call, argument(call.args, 1));
    const field = argument(call.args, 2);
    const before = table.get(field);
    const old = parseExtended(before === undefined ? "0" : before.toString("latin1"));
    if (old === undefined) throw errors.hashValueNotAFloat();
    const sum = addExtended(old, by);
    if (sum === undefined) throw errors.incrementNotFinite();
    const value = Buffer.from(formatExtended(sum), "latin1");
    setFields(call, table, [field, value]);
    table.save("hincrbyfloat");
    return value;
  },
} as const satisfies Handler;
