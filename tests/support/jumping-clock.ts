/** The system's clock, but each look at its monotonic time lets `stepMs` pass: a limit of time is met without a wait. */
import { type Clock, systemClock } from "../../src/base/clock.ts";

export class JumpingClock implements Clock {
  stepMs = 0;
  readonly #clock = systemClock();
  #passedMs = 0;

  now(): number {
    return this.#clock.now();
  }

  wakeAt(...args: Parameters<Clock["wakeAt"]>): ReturnType<Clock["wakeAt"]> {
    return this.#clock.wakeAt(...args);
  }

  monotonicMs(): number {
    this.#passedMs += this.stepMs;
    return this.#clock.monotonicMs() + this.#passedMs;
  }
}
