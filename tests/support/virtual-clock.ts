/** A clock that a test turns: time stands still until `advance`, which wakes whoever is due, in order. */
import type { Clock } from "../../src/base/clock.ts";

/** An ordinary time to start from, in milliseconds since the epoch. */
export const START_MS = 1_700_000_000_000;

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(nowMs = START_MS) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wakeAt(atMs: number, wake: () => void): () => void {
    const sleeper = { atMs, wake };
    this.#sleepers.add(sleeper);
    return () => this.#sleepers.delete(sleeper);
  }

  /** Moves time on; sleepers that come due wake at their own time, those that are set meanwhile included. */
  advance(ms: number): void {
    const target = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#sleepers]
        .filter(({ atMs }) => atMs <= target)
        .sort((a, b) => a.atMs - b.atMs)
        .at(0);
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#nowMs = target;
  }

  /** Moves time on at once, as for a process that was stopped: those that are due wake at the new time, each once. */
  jump(ms: number): void {
    this.#nowMs += ms;
    const due = [...this.#sleepers].filter(({ atMs }) => atMs <= this.#nowMs);
    for (const sleeper of due.sort((a, b) => a.atMs - b.atMs)) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
