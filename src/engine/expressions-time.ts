/** Points in time: from and to ISO 8601 texts, and their parts in a time zone. */
import { parseNanos, textOfNanos } from "./expressions-lengths.ts";
import { charge, ZONE_COST } from "./expressions-meter.ts";
import { show } from "./expressions-show.ts";
import { Duration, Failure, Timestamp } from "./expressions-values.ts";

const NANOS_IN_MS = 1_000_000n;
const NANOS_IN_SECOND = 1_000_000_000n;
/** From the year 1 to the year 9999, as CEL has it. */
const TIMESTAMP_MS_MIN = -62_135_596_800_000n;
const TIMESTAMP_MS_MAX = 253_402_300_799_999n;
/** Ten thousand years. */
const DURATION_NANOS_MAX = 315_576_000_000n * NANOS_IN_SECOND;

/** A point in time within the years that there are. */
export function timestampOf(nanos: bigint): Timestamp | Failure {
  const ms = nanos < 0n ? (nanos - NANOS_IN_MS + 1n) / NANOS_IN_MS : nanos / NANOS_IN_MS;
  if (ms < TIMESTAMP_MS_MIN || ms > TIMESTAMP_MS_MAX) return new Failure("a time is in the years 1 to 9999");
  return new Timestamp(nanos);
}

/** A length of time up to ten thousand years. */
export function lengthOf(nanos: bigint): Duration | Failure {
  const size = nanos < 0n ? -nanos : nanos;
  return size > DURATION_NANOS_MAX
    ? new Failure("a duration is ten thousand years at most")
    : new Duration(nanos);
}

export function nanosOfMs(ms: number): bigint | undefined {
  if (!Number.isFinite(ms) || Math.abs(ms) > 1e15) return undefined;
  const whole = Math.floor(ms);
  return BigInt(whole) * NANOS_IN_MS + BigInt(Math.round((ms - whole) * 1e6));
}

/** The point in time of a number of milliseconds since 1970. */
export function timestampOfMs(ms: number): Timestamp | Failure {
  const nanos = nanosOfMs(ms);
  return nanos === undefined
    ? new Failure(`${ms} is not a time in milliseconds since 1970`)
    : timestampOf(nanos);
}

export function durationOfMs(ms: number): Duration | Failure {
  const nanos = nanosOfMs(ms);
  return nanos === undefined ? new Failure(`${ms} is not a length of time in milliseconds`) : lengthOf(nanos);
}

export function durationOfText(text: string): Duration | Failure {
  const nanos = parseNanos(text.trim());
  if (nanos !== undefined) return lengthOf(nanos);
  const advice = /^P.*[YM]/.test(text.split("T")[0] ?? "") ? "; years and months have no fixed length" : "";
  return new Failure(`${show(text)} is not a duration, such as '30s', '1h30m', '7d' or 'PT72H'${advice}`);
}

const ISO =
  /^(\d{4,5})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?([Zz]|[+-]\d\d:?\d\d)?)?$/;

/** The point in time of an ISO 8601 text; a date alone is its midnight in UTC. Days that there are not are refused. */
export function timestampOfText(text: string): Timestamp | Failure {
  const match = text.length > 40 ? null : ISO.exec(text.trim());
  if (match === null) {
    return new Failure(`${show(text)} is not a time, such as '2026-01-02T03:04:05Z' or '2026-01-02'`);
  }
  const [, year, month, day, hour, minute, second, fraction = "", zone] = match;
  if (hour !== undefined && zone === undefined) {
    return new Failure(`${show(text)} has no time zone; end it with Z or with an offset such as +02:00`);
  }
  const parts = [year, month, day, hour, minute, second].map((part) => Number(part ?? 0));
  const ms = utcOf(parts);
  const offset = offsetOf(zone ?? "Z");
  if (ms === undefined || offset === undefined)
    return new Failure(`${show(text)} is not a date and time that exists`);
  return timestampOf(BigInt(ms - offset) * NANOS_IN_MS + BigInt(fraction.padEnd(9, "0")));
}

/** Milliseconds of year, month, day, hour, minute, second in UTC; undefined where the calendar has no such time. */
function utcOf(parts: readonly number[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second);
}

/** Milliseconds of an offset such as `+02:00`, `-0330`, `02:00` or `Z`; undefined when it is none. */
function offsetOf(zone: string): number | undefined {
  if (/^(z|utc|)$/i.test(zone)) return 0;
  const match = /^([+-]?)(\d\d):?(\d\d)$/.exec(zone);
  if (match === null) return undefined;
  const [hours, minutes] = [Number(match[2]), Number(match[3])];
  if (hours > 23 || minutes > 59) return undefined;
  return (match[1] === "-" ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000);
}

/** The text of a point in time, in UTC, with as many decimals as it needs. */
export function textOfTimestamp({ nanos }: Timestamp): string {
  const second = (nanos - modulo(nanos, NANOS_IN_SECOND)) / NANOS_IN_SECOND;
  const fraction = String(modulo(nanos, NANOS_IN_SECOND)).padStart(9, "0").replace(/0+$/, "");
  const date = new Date(Number(second) * 1000).toISOString().slice(0, 19);
  return `${date}${fraction === "" ? "" : `.${fraction}`}Z`;
}

function modulo(value: bigint, by: bigint): bigint {
  return ((value % by) + by) % by;
}

export function textOfDuration({ nanos }: Duration): string {
  return textOfNanos(nanos);
}

/** A date in UTC whose parts are those of the time in the zone; a failure when there is no such zone. */
export function wallClock({ nanos }: Timestamp, zone: string): Date | Failure {
  const ms = Number((nanos - modulo(nanos, NANOS_IN_MS)) / NANOS_IN_MS);
  const offset = offsetOf(zone);
  if (offset !== undefined) return new Date(ms + offset);
  charge(ZONE_COST);
  const format = formatOf(zone);
  if (format === undefined) {
    return new Failure(
      `unknown time zone ${show(zone)}; write a name such as 'Europe/Berlin' or an offset such as '+02:00'`,
    );
  }
  const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of format.formatToParts(ms))
    if (type in parts) parts[type as keyof typeof parts] = Number(value);
  const date = new Date(0);
  date.setUTCFullYear(parts.year, parts.month - 1, parts.day);
  date.setUTCHours(parts.hour, parts.minute, parts.second, ((ms % 1000) + 1000) % 1000);
  return date;
}

/** Formats by zone. There are some hundred names in the platform's database, so their number is bounded. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone);
  if (known !== undefined || zone.length > 64) return known;
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    if (formats.size >= FORMATS_MAX) formats.clear();
    formats.set(zone, format);
    return format;
  } catch {
    // The platform knows no such zone.
    return undefined;
  }
}

/** Spellings of a name differ in case, so there are more than names. */
const FORMATS_MAX = 1000;
