/** The parts of points and lengths of time. */
import { type Rule, rule } from "./expressions-rules.ts";
import { wallClock } from "./expressions-time.ts";
import { Failure, type Timestamp } from "./expressions-values.ts";

const DAY_MS = 86_400_000;

const PARTS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  /** From 1. */
  getDate: (date) => date.getUTCDate(),
  /** From 0, as CEL has it. */
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - new Date(date).setUTCMonth(0, 1)) / DAY_MS),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

function partOf(time: Timestamp, zone: string, part: (date: Date) => number): number | Failure {
  const date = wallClock(time, zone);
  return date instanceof Failure ? date : part(date);
}

/** Whole units that a length of time has; of milliseconds only those beyond the seconds, as CEL has it. */
const LENGTHS: Readonly<Record<string, (ms: number) => number>> = {
  getHours: (ms) => ms / 3_600_000,
  getMinutes: (ms) => ms / 60_000,
  getSeconds: (ms) => ms / 1000,
  getMilliseconds: (ms) => ms % 1000,
};

export const DATE_RULES: readonly Rule[] = [
  ...Object.entries(PARTS).flatMap(([name, part]) => [
    rule(`.${name}`, ["timestamp"], "number", (time) => partOf(time, "UTC", part)),
    rule(`.${name}`, ["timestamp", "string"], "number", (time, zone) => partOf(time, zone, part)),
  ]),
  ...Object.entries(LENGTHS).map(([name, count]) =>
    rule(`.${name}`, ["duration"], "number", ({ ms }) => Math.trunc(count(ms))),
  ),
];
