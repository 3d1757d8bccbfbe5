/** INCRBYFLOAT key increment: adds to a string that is a number. */
import { addExtended, type ExtendedFloat, formatExtended, parseExtended } from "../../base/extended-float.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { changeString, stringToWrite } from "./write-string.ts";

export const incrbyfloat = {
  name: "INCRBYFLOAT",
  run: (call) => {
    const key = argument(call.args, 1);
    const before = stringToWrite(call, key);
    const old = before === undefined ? Buffer.from("0") : call.db.stringValue(before);
    const sum = addExtended(float(old), float(argument(call.args, 2)));
    if (sum === undefined) throw errors.incrementNotFinite();
    const value = Buffer.from(formatExtended(sum), "latin1");
    changeString(call, key, { before, value, event: "incrbyfloat", form: "text" });
    return value;
  },
} as const satisfies Handler;

function float(bytes: Buffer): ExtendedFloat {
  const value = parseExtended(bytes.toString("latin1"));
  if (value === undefined) throw errors.notAFloat();
  return value;
}
