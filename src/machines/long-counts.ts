/**
 * Counts that walk through an index, up to a bound. One of a few entries is made each time; one of thousands takes
 * milliseconds, for which all others wait, and is remembered for a second, or for ten once it has come to its bound.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Databases } from "../keyspace/databases.ts";
import {
  lateTimers,
  type OverdueCount,
  overdueCounts,
  pendingTimers,
  TIMERS_MAX,
  type TimerFigures,
} from "./figures.ts";

/** Entries from which a walk is long. */
const LONG = 1000;
const REMEMBERED_MS = 1000;
const REMEMBERED_AT_BOUND_MS = 10_000;

export class LongCounts {
  readonly #pending = new Remembered<number>((count) => count);
  readonly #late = new Remembered<Omit<TimerFigures, "pending">>(({ late }) => late);
  readonly #overdue = new Remembered<readonly OverdueCount[]>((counts) =>
    counts.reduce((sum, { count }) => sum + count, 0),
  );

  /** Of all partitions. @param fromOf in the index of due times of a partition nothing stands before this place */
  timers(everywhere: readonly Databases[], fromOf: (databases: Databases) => Bytes): TimerFigures {
    const nowMs = nowMsOf(everywhere);
    const pending = this.#pending.of(
      nowMs,
      () => everywhere.reduce((sum, databases) => sum + pendingTimers(databases, fromOf(databases)), 0),
      (count) => (count >= TIMERS_MAX ? REMEMBERED_AT_BOUND_MS : REMEMBERED_MS),
    );
    return { pending, ...this.#late.of(nowMs, () => lateEverywhere(everywhere, fromOf)) };
  }

  overdue(everywhere: readonly Databases[]): readonly OverdueCount[] {
    return this.#overdue.of(nowMsOf(everywhere), () => overdueCounts(everywhere));
  }
}

function lateEverywhere(
  everywhere: readonly Databases[],
  fromOf: (databases: Databases) => Bytes,
): Omit<TimerFigures, "pending"> {
  const all = everywhere.map((databases) => lateTimers(databases, fromOf(databases)));
  return {
    late: all.reduce((sum, { late }) => sum + late, 0),
    latenessMs: Math.max(0, ...all.map(({ latenessMs }) => latenessMs)),
  };
}

function nowMsOf([first]: readonly Databases[]): number {
  return first?.nowMs ?? 0;
}

class Remembered<T> {
  readonly #lengthOf: (value: T) => number;
  #known: { readonly value: T; readonly untilMs: number } | undefined;

  constructor(lengthOf: (value: T) => number) {
    this.#lengthOf = lengthOf;
  }

  of(nowMs: number, walk: () => T, rememberedMs: (value: T) => number = () => REMEMBERED_MS): T {
    if (this.#known !== undefined && nowMs < this.#known.untilMs) return this.#known.value;
    const value = walk();
    const isLong = this.#lengthOf(value) >= LONG;
    this.#known = isLong ? { value, untilMs: nowMs + rememberedMs(value) } : undefined;
    return value;
  }
}
