/** LCS key1 key2 [LEN | IDX [MINMATCHLEN n] [WITHMATCHLEN]]: the longest common subsequence of two strings. */
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { look } from "../values.ts";
import { type CommonRange, longestCommonSubsequence, tableBytes } from "./longest-common-subsequence.ts";

export const lcs = {
  name: "LCS",
  run: (call) => {
    const [a, b] = [1, 2].map((index) => stringOrEmpty(call, argument(call.args, index)));
    if (a === undefined || b === undefined) throw errors.lcsNeedsStrings();
    const options = parseOptions(call.args);
    if (tableBytes(a.length, b.length) > call.server.config.get("proto-max-bulk-len")) {
      throw errors.lcsTooLarge();
    }
    const { bytes, ranges } = longestCommonSubsequence(a, b);
    if (options.wants === "length") return bytes.length;
    if (options.wants === "text") return bytes;
    const matches = ranges
      .filter(({ length }) => BigInt(length) >= options.lengthMin)
      .map((range) => rangeReply(range, options.withLength));
    return map([
      ["matches", matches],
      ["len", bytes.length],
    ]);
  },
} as const satisfies Handler;

interface LcsOptions {
  readonly wants: "text" | "length" | "ranges";
  readonly lengthMin: bigint;
  readonly withLength: boolean;
}

function parseOptions(args: readonly Buffer[]): LcsOptions {
  let [isLength, isRanges, withLength, lengthMin] = [false, false, false, 0n];
  for (let i = 3; i < args.length; i += 1) {
    const word = token(args[i]);
    if (word === "IDX") isRanges = true;
    else if (word === "LEN") isLength = true;
    else if (word === "WITHMATCHLEN") withLength = true;
    else if (word === "MINMATCHLEN" && i + 1 < args.length) {
      lengthMin = integer(argument(args, i + 1));
      i += 1;
    } else throw errors.syntaxError();
  }
  if (isRanges && isLength) throw errors.lcsLengthOrRanges();
  return { wants: isRanges ? "ranges" : isLength ? "length" : "text", lengthMin, withLength };
}

function stringOrEmpty(call: Call, key: Buffer): Buffer | undefined {
  const record = look(call, key);
  if (record === undefined) return Buffer.alloc(0);
  return record.type === "string" || record.type === "longString" ? call.db.stringValue(record) : undefined;
}

function rangeReply({ a, b, length }: CommonRange, withLength: boolean): Reply {
  return withLength ? [a, b, length] : [a, b];
}
