/** The operations of BITFIELD: read from the arguments, and run one after the other. */
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument, integer, parseInteger, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { stringAt } from "../values.ts";
import { bitOffset, bitsToWrite } from "./bits.ts";
import { addToField, type FieldType, type Overflow, readField, writeField } from "./field.ts";

interface FieldOperation {
  readonly kind: "GET" | "SET" | "INCRBY";
  readonly type: FieldType;
  readonly offset: number;
  /** Of SET the new value, of INCRBY the increment. */
  readonly operand: bigint;
  readonly overflow: Overflow;
}

const EMPTY = Buffer.alloc(0);

/** @throws ReplyError for arguments that are none, WRONGTYPE */
export function runFieldOperations(
  call: Call,
  key: Buffer,
  { mayWrite }: { readonly mayWrite: boolean },
): Reply {
  const operations = parseOperations(call);
  const writes = operations.filter(({ kind }) => kind !== "GET");
  if (writes.length === 0) {
    const value = stringAt(call, key) ?? EMPTY;
    return operations.map(({ offset, type }) => readField(value, offset, type));
  }
  if (!mayWrite) throw errors.bitfieldReadOnly();
  return runWrites(
    call,
    key,
    operations,
    Math.max(...writes.map(({ offset, type }) => offset + type.width - 1)),
  );
}

function runWrites(
  call: Call,
  key: Buffer,
  operations: readonly FieldOperation[],
  highestBit: number,
): Reply {
  const bits = bitsToWrite(call, key, highestBit);
  let isChange = false;
  const replies = operations.map(({ kind, type, offset, operand, overflow }): Reply => {
    const old = readField(bits.value, offset, type);
    if (kind === "GET") return old;
    const next =
      kind === "SET" ? addToField(type, operand, 0n, overflow) : addToField(type, old, operand, overflow);
    if (next === undefined) return null;
    writeField(bits.value, offset, type, next);
    if (bits.hasGrown || old !== next) isChange = true;
    return kind === "SET" ? old : next;
  });
  if (bits.hasGrown || isChange) bits.store(isChange);
  return replies;
}

function parseOperations(call: Call): FieldOperation[] {
  const { args } = call;
  const operations: FieldOperation[] = [];
  let overflow: Overflow = "WRAP";
  for (let at = 2; at < args.length; ) {
    const word = token(args[at]);
    const following = args.length - at - 1;
    if (word === "OVERFLOW" && following >= 1) {
      overflow = overflowOf(token(args[at + 1]));
      at += 2;
      continue;
    }
    const isGet = word === "GET" && following >= 2;
    const isWrite = (word === "SET" || word === "INCRBY") && following >= 3;
    if (!isGet && !isWrite) throw errors.syntaxError();
    const type = fieldType(argument(args, at + 1));
    const offset = bitOffset(call, argument(args, at + 2), type.width);
    const operand = isGet ? 0n : integer(argument(args, at + 3));
    operations.push({
      kind: isGet ? "GET" : word === "SET" ? "SET" : "INCRBY",
      type,
      offset,
      operand,
      overflow,
    });
    at += isGet ? 3 : 4;
  }
  return operations;
}

function overflowOf(word: string): Overflow {
  if (word === "WRAP" || word === "SAT" || word === "FAIL") return word;
  throw errors.invalidOverflowType();
}

/** `i` or `u` and a width. */
function fieldType(given: Buffer): FieldType {
  const isSigned = given[0] === 0x69;
  const width = parseInteger(given.subarray(1));
  const widthMax = isSigned ? 64n : 63n;
  if ((!isSigned && given[0] !== 0x75) || width === undefined || width < 1n || width > widthMax)
    throw errors.invalidBitfieldType();
  return { isSigned, width: Number(width) };
}
