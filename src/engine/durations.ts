/** Lengths of time in definitions: milliseconds, `"500ms" "30s" "5m" "72h" "7d"`, or an expression. */

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest delay: ten thousand years, so that now + delay stays an exact integer and a valid date. */
export const DELAY_MS_MAX = 315_360_000_000_000;

/** Milliseconds of a text such as `72h`, `1.5s` or `1000`; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)?$/.exec(text.trim());
  if (match === null) return undefined;
  return durationOf(Math.round(Number(match[1]) * (UNITS_MS[match[2] ?? "ms"] ?? 1)));
}

/** The number as whole milliseconds, undefined when it is negative, no number or too long. */
export function durationOf(ms: number): number | undefined {
  const whole = Math.round(ms);
  return whole >= 0 && whole <= DELAY_MS_MAX ? whole : undefined;
}
