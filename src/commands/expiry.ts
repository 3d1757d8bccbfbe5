/** Times at which keys expire, as clients give them: integers of 64 bits. */
import { EXPIRY_TIME_MAX, type ExpiryTime, expiryTime } from "../keyspace/expiry-time.ts";
import * as errors from "../protocol/errors.ts";
import { integer } from "./arguments.ts";

/** How a time is given. */
export interface TimeForm {
  readonly unit: "seconds" | "milliseconds";
  /** Counted from now, or from the epoch. */
  readonly from: "now" | "epoch";
}

const INTEGER_MIN = -(2n ** 63n);

/** What is needed to read a time. */
export interface TimeContext {
  readonly nowMs: number;
  /** The command's full name in lower case, for the error. */
  readonly command: string;
}

/**
 * The time at which a key expires, in milliseconds since the epoch, where it must lie after the epoch (SET, GETEX).
 * @throws ReplyError when it is no integer, not positive or too large
 */
export function positiveExpiry(bytes: Buffer, form: TimeForm, context: TimeContext): ExpiryTime {
  const given = integer(bytes);
  if (given <= 0n) throw errors.invalidExpireTime(context.command);
  return expiryMs(given, form, context);
}

/** As positiveExpiry, with zero and negative times allowed (EXPIRE): they have passed. */
export function anyExpiry(bytes: Buffer, form: TimeForm, context: TimeContext): ExpiryTime {
  return expiryMs(integer(bytes), form, context);
}

function expiryMs(given: bigint, form: TimeForm, { nowMs, command }: TimeContext): ExpiryTime {
  const base = form.from === "now" ? BigInt(nowMs) : 0n;
  const ms = form.unit === "seconds" ? given * 1000n : given;
  if (ms > EXPIRY_TIME_MAX - base || ms < INTEGER_MIN) throw errors.invalidExpireTime(command);
  return expiryTime(ms + base);
}
