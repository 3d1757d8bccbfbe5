/** What TTL, PTTL, EXPIRETIME and PEXPIRETIME answer; they differ in unit and in where they count from. */
import type { Reply } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { TimeForm } from "../expiry.ts";
import type { Call } from "../handler.ts";
import { look } from "../values.ts";

const NO_KEY = -2;
const NO_EXPIRY = -1;

/** The time to live or of expiry, to the nearest second where it is in seconds. */
export function readExpiry(call: Call, form: TimeForm): Reply {
  const record = look(call, argument(call.args, 1));
  if (record === undefined) return NO_KEY;
  if (record.expireAtMs === 0) return NO_EXPIRY;
  // Very late times are beyond the integers a number can hold exactly.
  const ms = BigInt(record.expireAtMs) - (form.from === "now" ? BigInt(call.nowMs) : 0n);
  return form.unit === "milliseconds" ? ms : (ms + 500n) / 1000n;
}
