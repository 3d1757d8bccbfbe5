/**
 * Lengths of time in definitions: milliseconds, `"500ms" "30s" "5m" "72h" "7d"`, ISO 8601 (`"PT72H"`), or a point in
 * time, which is as long as it is away. What is zero or past is due at once.
 */
import type { Json } from "../base/json.ts";
import { parseNanos } from "./expressions-lengths.ts";
import { timestampOfText } from "./expressions-time.ts";
import { Timestamp } from "./expressions-values.ts";

/** The longest delay: ten thousand years, so that now + delay stays an exact integer and a valid date. */
export const DELAY_MS_MAX = 315_360_000_000_000;

/** How messages say what a length of time is. */
export const DELAY_FORMS =
  'milliseconds, a string such as "30s", "72h", "7d" or "PT72H", a point in time ("2027-01-01T00:00:00Z"), or an expression for one of these';

/** Milliseconds of a text such as `72h`, `1h30m`, `1000`, `-5m` or `PT72H`; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^-?\d{1,15}(\.\d{1,9})?$/.test(trimmed)) return durationOf(Number(trimmed));
  const nanos = parseNanos(trimmed);
  return nanos === undefined ? undefined : durationOf(Number(nanos) / 1e6);
}

/** The number as whole milliseconds, 0 for a negative one; undefined when it is no number or too long. */
export function durationOf(ms: number): number | undefined {
  const whole = Math.round(ms);
  return whole <= DELAY_MS_MAX ? Math.max(0, whole) : undefined;
}

/** Milliseconds since the epoch of a point in time, as expressions give them; undefined for other texts. */
export function parseInstant(text: string): number | undefined {
  const time = timestampOfText(text);
  return time instanceof Timestamp ? Math.floor(time.ms) : undefined;
}

/** The length of time a value stands for at `now`; undefined when it stands for none. */
export function durationIn(value: Json, now: number): number | undefined {
  if (typeof value === "number") return durationOf(value);
  if (typeof value !== "string") return undefined;
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  const instant = parseInstant(value);
  return instant === undefined ? undefined : durationOf(instant - now);
}
