/**
 * Counts that walk through an index, up to a bound. One of a few entries is made each time; one of thousands takes
 * milliseconds, for which all others wait, and is remembered for a second, however often it is asked for.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Databases } from "../keyspace/databases.ts";
import { type OverdueCount, overdueCounts, type TimerFigures, timerFigures } from "./figures.ts";

/** Entries from which a walk is long. */
const LONG = 1000;
const REMEMBERED_MS = 1000;

export class LongCounts {
  readonly #timers = new Remembered<TimerFigures>(({ pending }) => pending);
  readonly #overdue = new Remembered<readonly OverdueCount[]>((counts) =>
    counts.reduce((sum, { count }) => sum + count, 0),
  );

  /** As `timerFigures`, at most a second old. */
  timers(databases: Databases, from: Bytes): TimerFigures {
    return this.#timers.of(databases.nowMs, () => timerFigures(databases, from));
  }

  /** As `overdueCounts`, at most a second old. */
  overdue(databases: Databases): readonly OverdueCount[] {
    return this.#overdue.of(databases.nowMs, () => overdueCounts(databases));
  }
}

class Remembered<T> {
  readonly #lengthOf: (value: T) => number;
  #known: { readonly value: T; readonly untilMs: number } | undefined;

  constructor(lengthOf: (value: T) => number) {
    this.#lengthOf = lengthOf;
  }

  of(nowMs: number, walk: () => T): T {
    if (this.#known !== undefined && nowMs < this.#known.untilMs) return this.#known.value;
    const value = walk();
    this.#known = this.#lengthOf(value) < LONG ? undefined : { value, untilMs: nowMs + REMEMBERED_MS };
    return value;
  }
}
