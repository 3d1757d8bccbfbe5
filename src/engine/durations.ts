/**
 * Lengths of time in definitions: milliseconds, `"500ms" "30s" "5m" "72h" "7d"`, ISO 8601 (`"PT72H"`), or a point in
 * time, which is as long as it is away. What is zero or past is due at once.
 */
import type { Json } from "../base/json.ts";

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest delay: ten thousand years, so that now + delay stays an exact integer and a valid date. */
export const DELAY_MS_MAX = 315_360_000_000_000;

/** How messages say what a length of time is. */
export const DELAY_FORMS =
  'milliseconds, a text such as "30s", "72h", "7d" or "PT72H", a point in time ("2027-01-01T00:00:00Z"), or an expression for one of these';

/** Milliseconds of a text such as `72h`, `1.5s`, `1000`, `-5m` or `PT72H`; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  const match = /^(-?\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)?$/.exec(trimmed);
  if (match === null) return parseIsoDuration(trimmed);
  return durationOf(Number(match[1]) * (UNITS_MS[match[2] ?? "ms"] ?? 1));
}

const ISO_UNITS_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];

/** `P1W2DT3H4M5.6S`. Years and months are no lengths of time: they have no fixed number of days. */
function parseIsoDuration(text: string): number | undefined {
  const number = "(\\d{1,12}(?:\\.\\d{1,9})?)";
  const pattern = `^(-?)P(?=[\\dT])(?:${number}W)?(?:${number}D)?(?:T(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`;
  const match = new RegExp(pattern).exec(text);
  if (match === null) return undefined;
  const [, sign, ...parts] = match;
  const ms = parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (ISO_UNITS_MS[index] ?? 0), 0);
  return durationOf(sign === "-" ? -ms : ms);
}

/** The number as whole milliseconds, 0 for a negative one; undefined when it is no number or too long. */
export function durationOf(ms: number): number | undefined {
  const whole = Math.round(ms);
  return whole <= DELAY_MS_MAX ? Math.max(0, whole) : undefined;
}

/** Milliseconds since the epoch of a point in time with its zone, as expressions give them; undefined for other texts. */
export function parseInstant(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-)(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const ms = Date.parse(text.trim());
  if (Number.isNaN(ms)) return undefined;
  // Date.parse takes 30 February for 2 March.
  const day = Number(match[2]);
  return new Date(Date.parse(`${match[1]}${match[2]}T00:00:00Z`)).getUTCDate() === day ? ms : undefined;
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
