/**
 * SCAN cursor [MATCH pattern] [COUNT n] [TYPE name]: a step of a walk over all keys. A key that is there from the
 * beginning of the walk to its end is returned; one that comes or goes meanwhile may be. The walk ends however many
 * keys come meanwhile. A key that gets a value of another type counts as one that came.
 */
import { bufferOf, bytesOf } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { TYPE_NAMES } from "./type-names.ts";

const COUNT_DEFAULT = 10;
const CURSOR_MAX = 2n ** 64n - 1n;

export const scan = {
  name: "SCAN",
  run: ({ args, db }: Call) => {
    const from = cursorOf(argument(args, 1));
    const { matches, type, count } = parseOptions(args);
    const { cursor, keys } = db.scan(from, count);
    const found = keys.filter((key) => {
      if (!matches(key)) return false;
      const record = db.find(key);
      if (record === undefined) return false;
      return type === undefined || TYPE_NAMES[record.type].toLowerCase() === type;
    });
    return [String(cursor), found.map(bufferOf)];
  },
} as const satisfies Handler;

/** Read as C's strtoul reads it: a sign is allowed, and no digits at all are 0. */
function cursorOf(bytes: Buffer): bigint {
  const text = bytes.toString("latin1");
  if (!/^([+-]?[0-9]+)?$/.test(text)) throw errors.invalidCursor();
  const magnitude = BigInt(text.replace(/^[+-]/, ""));
  if (magnitude > CURSOR_MAX) throw errors.invalidCursor();
  return BigInt.asUintN(64, text.startsWith("-") ? -magnitude : magnitude);
}

function parseOptions(args: readonly Buffer[]) {
  let matches = globMatcher("*");
  let type: string | undefined;
  let count = COUNT_DEFAULT;
  for (let i = 2; i < args.length; i += 2) {
    const word = token(args[i]);
    const value = args[i + 1];
    if (value === undefined) throw errors.syntaxError();
    if (word === "MATCH") matches = globMatcher(bytesOf(value));
    else if (word === "TYPE") type = value.toString("latin1").toLowerCase();
    else if (word === "COUNT") {
      count = Number(integer(value));
      if (count < 1) throw errors.syntaxError();
    } else throw errors.syntaxError();
  }
  return { matches, type, count };
}
