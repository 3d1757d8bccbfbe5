/** What HSCAN, SSCAN and ZSCAN share with SCAN: cursors, options and the order in which Redis looks at them. */
import { type Bytes, bytesOf } from "../base/bytes.ts";
import { globMatcher } from "../base/glob.ts";
import * as errors from "../protocol/errors.ts";
import { integer, token } from "./arguments.ts";

const COUNT_DEFAULT = 10;
const CURSOR_MAX = 2n ** 64n - 1n;

/** Read as C's strtoul reads it: a sign is allowed, and no digits at all are 0. */
export function scanCursorOf(bytes: Buffer): bigint {
  const text = bytes.toString("latin1");
  if (!/^([+-]?[0-9]+)?$/.test(text)) throw errors.invalidCursor();
  const magnitude = BigInt(text.replace(/^[+-]/, ""));
  if (magnitude > CURSOR_MAX) throw errors.invalidCursor();
  return BigInt.asUintN(64, text.startsWith("-") ? -magnitude : magnitude);
}

export interface ScanOptions {
  readonly matches: (text: Bytes | string) => boolean;
  readonly count: number;
  /** In lower case; undefined: any. */
  readonly type: string | undefined;
}

/** The options of a walk, from an argument on. `hasType`: a walk over keys, which may ask for a type. */
export function scanOptions(args: readonly Buffer[], from: number, hasType: boolean): ScanOptions {
  let matches = globMatcher("*");
  let type: string | undefined;
  let count = COUNT_DEFAULT;
  for (let i = from; i < args.length; i += 2) {
    const word = token(args[i]);
    const value = args[i + 1];
    if (value === undefined) throw errors.syntaxError();
    if (word === "MATCH") matches = globMatcher(bytesOf(value));
    else if (word === "TYPE" && hasType) type = value.toString("latin1").toLowerCase();
    else if (word === "COUNT") {
      count = Number(integer(value));
      if (count < 1) throw errors.syntaxError();
    } else throw errors.syntaxError();
  }
  return { matches, type, count };
}
