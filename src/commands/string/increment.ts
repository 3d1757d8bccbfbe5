/** Adding to a string that is an integer: what INCR, INCRBY, DECR and DECRBY share. */
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument, integer, isInteger64 } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { changeString, stringToWrite } from "./write-string.ts";

/** The sum, which is stored. @throws ReplyError when the value is no integer or the sum has over 64 bits, WRONGTYPE */
export function increment(call: Call, by: bigint): Reply {
  const key = argument(call.args, 1);
  const before = stringToWrite(call, key);
  const sum = (before === undefined ? 0n : integer(call.db.stringValue(before))) + by;
  if (!isInteger64(sum)) throw errors.incrementOverflow();
  changeString(call, key, { before, value: Buffer.from(String(sum), "latin1"), event: "incrby" });
  return sum;
}
