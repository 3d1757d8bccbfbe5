/** Lengths of time as people write them. */
const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];
/** Hours are shown up to this: `72h` says more than `3d`. */
const HOURS_MAX = 100;

/** `90m`, `72h`, `1500ms`: exact, in the largest unit that is whole. */
export function lengthText(ms: number): string {
  for (const [unit, length] of UNITS) {
    if (ms === 0 || ms % length !== 0) continue;
    if (unit === "d" && ms / 3_600_000 < HOURS_MAX) continue;
    return `${ms / length}${unit}`;
  }
  return `${ms}ms`;
}
