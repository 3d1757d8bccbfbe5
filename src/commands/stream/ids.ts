/** Ids of stream entries as clients write them: `ms-seq`, `ms` alone, `-`, `+`, and with `(` before it an open bound. */
import * as errors from "../../protocol/errors.ts";
import {
  type EntryId,
  entryIdOf,
  formatId,
  ID_MAX,
  ID_MIN,
  idAfter,
  idBefore,
} from "../../streams/entry-id.ts";

const U64_MAX = 2n ** 64n - 1n;
/** Redis gives up on longer texts. */
const ID_TEXT_BYTES_MAX = 127;

/** An id, `ms` alone standing for `ms-0`. @throws ReplyError when it is none, or is `-` or `+` */
export function exactId(arg: Buffer): EntryId {
  return parseExactId(arg) ?? raise(errors.invalidStreamId());
}

/** As exactId; undefined when it is none. */
export function parseExactId(arg: Buffer): EntryId | undefined {
  const text = textOf(arg);
  return text === "-" || text === "+" ? undefined : parseId(text, 0n);
}

/** As exactId, with `-` for the lowest id and `+` for the highest. @throws ReplyError when it is none */
export function idOrEnd(arg: Buffer): EntryId {
  return parseIdOrEnd(arg, 0n) ?? raise(errors.invalidStreamId());
}

/** The id, or the milliseconds of `ms-*`. @throws ReplyError when it is neither */
export function exactIdOrMs(arg: Buffer): EntryId | bigint {
  const text = textOf(arg);
  if (!text.endsWith("-*")) return exactId(arg);
  return parseU64(text.slice(0, -2)) ?? raise(errors.invalidStreamId());
}

/** The first id of an interval. @throws ReplyError when it is no bound */
export function intervalStart(arg: Buffer): EntryId {
  if (arg[0] !== OPEN) return parseIdOrEnd(arg, 0n) ?? raise(errors.invalidStreamId());
  return idAfter(exactId(arg.subarray(1))) ?? raise(errors.invalidIntervalStart());
}

/** The last id of an interval; `ms` alone is the whole millisecond. @throws ReplyError when it is no bound */
export function intervalEnd(arg: Buffer): EntryId {
  if (arg[0] !== OPEN) return parseIdOrEnd(arg, U64_MAX) ?? raise(errors.invalidStreamId());
  const text = textOf(arg.subarray(1));
  const end = text === "-" || text === "+" ? undefined : parseId(text, U64_MAX);
  return idBefore(end ?? raise(errors.invalidStreamId())) ?? raise(errors.invalidIntervalEnd());
}

/** An id in a reply. */
export function idReply(id: EntryId): Buffer {
  const text = formatId(id);
  const bytes = Buffer.allocUnsafe(text.length);
  // Digits and a dash: sooner done here than by a call into the runtime.
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}

const OPEN = "(".charCodeAt(0);

function parseIdOrEnd(arg: Buffer, missingSeq: bigint): EntryId | undefined {
  const text = textOf(arg);
  if (text === "-") return ID_MIN;
  if (text === "+") return ID_MAX;
  return parseId(text, missingSeq);
}

function parseId(text: string, missingSeq: bigint): EntryId | undefined {
  if (text.length > ID_TEXT_BYTES_MAX) return undefined;
  const dash = text.indexOf("-");
  const ms = parseU64(dash < 0 ? text : text.slice(0, dash));
  const seq = dash < 0 ? missingSeq : parseU64(text.slice(dash + 1));
  return ms === undefined || seq === undefined ? undefined : entryIdOf(ms, seq);
}

/** Digits, with what else C's strtoull takes: white space and a plus before them, and leading zeros. */
function parseU64(text: string): bigint | undefined {
  const digits = /^[ \t-\r]*\+?([0-9]+)$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  return value > U64_MAX ? undefined : value;
}

/** The argument as C reads it, up to a zero byte. */
function textOf(arg: Buffer): string {
  const zero = arg.indexOf(0);
  return arg.toString("latin1", 0, zero < 0 ? arg.length : zero);
}

function raise(error: Error): never {
  throw error;
}
