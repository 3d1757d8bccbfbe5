/** Strings as rows of bits, the highest of a byte first: offsets, growing, ranges. */
import * as errors from "../../protocol/errors.ts";
import { integer, parseInteger, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { changeString, stringToWrite } from "../string/write-string.ts";

const EMPTY = Buffer.alloc(0);

/**
 * The offset of a bit; with `width`, `#n` is the offset of the n-th field of that many bits.
 * @throws ReplyError when it is none, or beyond the longest string
 */
export function bitOffset(call: Call, given: Buffer, width?: number): number {
  const counts = width !== undefined && given[0] === 0x23;
  const parsed = parseInteger(counts ? given.subarray(1) : given);
  if (parsed === undefined) throw errors.bitOffsetNotAnInteger();
  const offset = counts ? BigInt.asIntN(64, parsed * BigInt(width)) : parsed;
  const bytesMax = BigInt(call.server.config.get("proto-max-bulk-len"));
  if (offset < 0n || offset >> 3n >= bytesMax) throw errors.bitOffsetNotAnInteger();
  return Number(offset);
}

/** A string that is about to be written, long enough for a bit; the buffer is a copy. */
export interface WritableBits {
  readonly value: Buffer;
  /** There was no such key, or it had fewer bytes. */
  readonly hasGrown: boolean;
  /** Stores the value; `isChange` false: it is the same but for zero bytes at its end, which no event tells of. */
  store(isChange: boolean): void;
}

/** @throws ReplyError WRONGTYPE */
export function bitsToWrite(call: Call, key: Buffer, highestBit: number): WritableBits {
  const before = stringToWrite(call, key);
  const old = before === undefined ? EMPTY : call.db.stringValue(before);
  const length = Math.max(old.length, Math.floor(highestBit / 8) + 1);
  const value = Buffer.alloc(length);
  old.copy(value);
  return {
    value,
    hasGrown: before === undefined || length > old.length,
    store: (isChange) =>
      changeString(call, key, { before, value, event: isChange ? "setbit" : undefined, form: "appended" }),
  };
}

/** The part of a string that BITCOUNT and BITPOS look at, in bits; undefined: it is empty. */
export interface BitRange {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

/** What was given of a range; without an end it goes to the end of the string. */
export interface GivenRange {
  readonly start: bigint;
  readonly end: bigint | undefined;
  readonly isInBits: boolean;
}

/** Reads `start [end [BYTE | BIT]]` from args[first] on. @throws ReplyError for no integers, syntax error */
export function givenRange(args: readonly Buffer[], first: number): GivenRange {
  const [start, end, unit] = args.slice(first);
  if (start === undefined) return { start: 0n, end: undefined, isInBits: false };
  // The order in which Redis finds errors: BITPOS looks at the unit before the end.
  const from = integer(start);
  const isInBits = readsBits(unit);
  return { start: from, end: end === undefined ? undefined : integer(end), isInBits };
}

/** Whether a unit says BIT rather than BYTE, which is meant without one. @throws ReplyError syntax error */
export function readsBits(unit: Buffer | undefined): boolean {
  const word = unit === undefined ? "BYTE" : token(unit);
  if (word !== "BYTE" && word !== "BIT") throw errors.syntaxError();
  return word === "BIT";
}

/** The bits of a string of `byteCount` bytes that a range comprises; undefined when there are none. */
export function bitRange({ start, end, isInBits }: GivenRange, byteCount: number): BitRange | undefined {
  const total = BigInt(byteCount) * (isInBits ? 8n : 1n);
  const first = fromFront(start, total);
  const given = end === undefined ? total - 1n : fromFront(end, total);
  const last = given >= total ? total - 1n : given;
  if (first > last) return undefined;
  const scale = isInBits ? 1 : 8;
  return { first: Number(first) * scale, last: Number(last) * scale + scale - 1 };
}

function fromFront(position: bigint, total: bigint): bigint {
  const counted = position < 0n ? total + position : position;
  return counted < 0n ? 0n : counted;
}
