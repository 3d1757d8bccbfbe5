/** The time line of a history: how long a machine was in its states, and pieces of a strip that shows each stretch. */

/** A change of a machine: since when it is in which states. */
interface Step {
  readonly rev: number;
  readonly at: number;
  readonly to: readonly string[];
}

export interface Stay {
  readonly state: string;
  readonly ms: number;
}

/** Time in each combination of states, the longest first. `untilMs` ends the last one. */
export function staysOf(entries: readonly Step[], untilMs: number): readonly Stay[] {
  const sums = new Map<string, number>();
  for (const [index, { at, to }] of entries.entries()) {
    const state = to.join(", ");
    const end = entries[index + 1]?.at ?? untilMs;
    sums.set(state, (sums.get(state) ?? 0) + Math.max(0, end - at));
  }
  return Array.from(sums, ([state, ms]) => ({ state, ms })).sort((a, b) => b.ms - a.ms);
}

export interface Piece {
  readonly rev: number;
  readonly state: string;
  readonly ms: number;
  readonly x: number;
  readonly width: number;
}

/**
 * A piece for each entry, from left to right. Long stretches are compressed, by their logarithm, and none is narrower than one.
 * @param width of all of them; it is exceeded where there are more entries
 */
export function stripOf(entries: readonly Step[], untilMs: number, width: number): readonly Piece[] {
  const gaps = entries.map(({ at }, index) => Math.max(0, (entries[index + 1]?.at ?? untilMs) - at));
  const weights = gaps.map((ms) => Math.log2(1 + ms / 100));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const room = Math.max(0, width - entries.length);
  let x = 0;
  return entries.map(({ rev, to }, index) => {
    const share = sum === 0 ? 1 / entries.length : (weights[index] ?? 0) / sum;
    const piece = { rev, state: to.join(", "), ms: gaps[index] ?? 0, x, width: 1 + room * share };
    x += piece.width;
    return piece;
  });
}
