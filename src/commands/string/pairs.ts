/** The keys and values of MSET and MSETNX. */
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";

/** Pairs in the order given. @throws ReplyError when a key has no value; `command` is the lower-case name */
export function pairsOf(args: readonly Buffer[], command: string): Array<readonly [Bytes, Buffer]> {
  if (args.length % 2 === 0) throw errors.wrongNumberOfArguments(command);
  const pairs: Array<readonly [Bytes, Buffer]> = [];
  for (let i = 1; i < args.length; i += 2) pairs.push([bytesOf(argument(args, i)), argument(args, i + 1)]);
  return pairs;
}
