/** Positions in an index as words for clients. Opaque: 0 begins, 0 ends. */
import { type Bytes, bufferOf, bytesOf } from "../../base/bytes.ts";
import * as errors from "../../protocol/errors.ts";
import { safeInteger } from "../arguments.ts";

export const END = "0";

export const COUNT_DEFAULT = 10;

/** How many entries a page looks at. @throws ReplyError for none */
export function readCount(value: Buffer | undefined): number {
  if (value === undefined) return COUNT_DEFAULT;
  const count = safeInteger(value);
  if (count < 1) throw errors.countNotPositive();
  return count;
}

export function writeCursor(position: Bytes): string {
  return bufferOf(position).toString("base64url");
}

/** Undefined for the beginning. @throws ReplyError for a word that is no cursor */
export function readCursor(bytes: Buffer): Bytes | undefined {
  const word = bytes.toString("latin1");
  if (word === END) return undefined;
  if (!/^[A-Za-z0-9_-]{2,4096}$/.test(word)) throw errors.invalidCursor();
  return bytesOf(Buffer.from(word, "base64url"));
}
