/** Time as the system gives it, turned by a test: real time that passes, and a wall clock that may be set. */
import type { TimeSources } from "../../src/base/clock.ts";

/** An ordinary time to start from, in milliseconds since the epoch. */
export const START_MS = 1_700_000_000_000;

export class HandTurnedTime implements TimeSources {
  #wallMs = START_MS;
  #monotonicMs = 17.25;
  readonly #sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  sleepCount = 0;

  wallMs(): number {
    return Math.floor(this.#wallMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, wake: () => void): () => void {
    this.sleepCount += 1;
    // As the timers of Node, which know no less than a millisecond.
    const sleeper = { atMs: this.#monotonicMs + Math.max(delayMs, 1), wake };
    this.#sleepers.add(sleeper);
    return () => this.#sleepers.delete(sleeper);
  }

  /** Sets the wall clock ahead, or back. */
  setWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Real time passes; who is to wake meanwhile wakes at its time. */
  pass(ms: number): void {
    const untilMs = this.#monotonicMs + ms;
    for (;;) {
      const [next] = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#sleepers.delete(next);
      this.#moveTo(next.atMs);
      next.wake();
    }
    this.#moveTo(untilMs);
  }

  #moveTo(atMs: number): void {
    this.#wallMs += atMs - this.#monotonicMs;
    this.#monotonicMs = atMs;
  }
}
