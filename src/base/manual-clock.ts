/** A clock that is moved by hand: time stands still otherwise. */
import type { Clock } from "./clock.ts";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
  readonly isHousekeeping: boolean;
}

export class ManualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wakeAt(atMs: number, wake: () => void, purpose?: "housekeeping"): () => void {
    const sleeper = { atMs, wake, isHousekeeping: purpose === "housekeeping" };
    this.#sleepers.add(sleeper);
    return () => this.#sleepers.delete(sleeper);
  }

  /** Moves to the next time at which something wakes, and wakes it; false when there is none up to a time. */
  moveToNext(untilMs: number): boolean {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers)
      if (!sleeper.isHousekeeping && sleeper.atMs < (next?.atMs ?? Number.POSITIVE_INFINITY)) next = sleeper;
    if (next === undefined || next.atMs > untilMs) return false;
    this.#sleepers.delete(next);
    this.moveTo(next.atMs);
    next.wake();
    return true;
  }

  /** Moves to a time and does once what housekeeping is due by then. Time never goes back. */
  moveTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
    const due = [...this.#sleepers].filter(
      (sleeper) => sleeper.isHousekeeping && sleeper.atMs <= this.#nowMs,
    );
    for (const sleeper of due) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
