/** Reading arguments: numbers as Redis parses them, tokens in any case. What refuses throws the reply Redis gives. */
import { isUtf8 } from "node:buffer";
import { parseInteger } from "../base/integer.ts";
import * as errors from "../protocol/errors.ts";

export { isInteger64, parseInteger } from "../base/integer.ts";

/** As parseInteger. @throws ReplyError "value is not an integer or out of range" */
export function integer(bytes: Buffer): bigint {
  const value = parseInteger(bytes);
  if (value === undefined) throw errors.notAnInteger();
  return value;
}

/** An integer that a JavaScript number holds exactly. @throws ReplyError as integer() */
export function safeInteger(bytes: Buffer): number {
  const value = Number(integer(bytes));
  if (!Number.isSafeInteger(value)) throw errors.notAnInteger();
  return value;
}

/** An integer from 0 on. @throws ReplyError "value is out of range, must be positive" for anything else */
export function positiveInteger(bytes: Buffer): bigint {
  const value = parseInteger(bytes);
  if (value === undefined || value < 0n) throw errors.notPositive();
  return value;
}

/** An integer that is a place in something: beyond what a number holds exactly, one is as far away as the next. */
export function safeIndex(bytes: Buffer): number {
  return Number(integer(bytes));
}

/** The argument in upper case, to be compared with tokens. */
export function token(bytes: Buffer | undefined): string {
  return bytes === undefined ? "" : bytes.toString("latin1").toUpperCase();
}

/**
 * The argument as text. Bytes that are not UTF-8 are refused, since two of them would become the same text.
 * @param name how the command's syntax calls the argument
 */
export function text(bytes: Buffer, name: string): string {
  const decoded = bytes.toString("utf8");
  // What cannot be read becomes U+FFFD, which may be meant too, if rarely.
  if (decoded.includes("\ufffd") && !isUtf8(bytes)) throw errors.notUtf8(name);
  return decoded;
}

/** The argument at a position. @throws ReplyError syntax error when there is none */
export function argument(args: readonly Buffer[], index: number): Buffer {
  const arg = args[index];
  if (arg === undefined) throw errors.syntaxError();
  return arg;
}

/** Copies, for what outlives the turn of the request: what came in pins the memory it came in. */
export function copied(args: readonly Buffer[]): readonly Buffer[] {
  return args.map((arg) => Buffer.from(arg));
}

/** What the arguments of a request hold. */
export function bytesOfArguments(args: readonly Buffer[]): number {
  return args.reduce((sum, { length }) => sum + length, 0);
}
