/** Time as a value handed in: the wall clock of the program, or a dial in tests. */
export interface Clock {
  /** Milliseconds since the epoch. Never goes backwards within one process. */
  now(): number;
  /** Milliseconds since any moment, with a fraction: what durations are measured by. */
  monotonicMs(): number;
  /**
   * Calls `wake` once, at or after `atMs`; returns a function that takes the call back. What looks again and again says
   * that it is housekeeping: a clock that is moved by hand passes over all looks but the last.
   */
  wakeAt(atMs: number, wake: () => void, purpose?: "housekeeping"): () => void;
}

/** Where the time of the system's clock comes from. */
export interface TimeSources {
  /** Whole milliseconds since the epoch; may jump either way. */
  wallMs(): number;
  /** Milliseconds since any moment; only ever grows, at the speed of real time. */
  monotonicMs(): number;
  /** Calls `wake` after a real time; returns a function that takes the call back. */
  after(delayMs: number, wake: () => void): () => void;
}

export interface SystemClockOptions {
  readonly sources?: TimeSources;
  /** The system's time was set back by so many milliseconds. */
  readonly onSetBack?: (byMs: number) => void;
}

/** How fast time passes, of real time, until the wall clock has caught up: a minute takes ten. */
const CATCH_UP_SPEED = 0.9;
/** The longest sleep in one piece: a wall clock that jumps ahead, or a system that was asleep, is noticed after it. */
const SLEEP_MS_MAX = 1000;
/** Smaller steps back are what the keeping of time by NTP and rounding look like: nobody needs to know. */
const SET_BACK_MS_MIN = 1000;

const SYSTEM: TimeSources = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, wake) => {
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * The wall clock. When the system's time is set back, time goes on from where it was, a little slower than real time,
 * until the wall clock has caught up: deadlines come, stamps and stream ids stay in order, and there is no jump.
 */
export function systemClock({ sources = SYSTEM, onSetBack }: SystemClockOptions = {}): Clock {
  /** What `now` said last, with its fraction of a millisecond, and when that was. */
  let latestMs = sources.wallMs();
  let latestAtMs = sources.monotonicMs();
  /** How far ahead of the wall clock that was. */
  let aheadMs = 0;

  const now = (): number => {
    const wallMs = sources.wallMs();
    const atMs = sources.monotonicMs();
    const slowMs = latestMs + (atMs - latestAtMs) * CATCH_UP_SPEED;
    const isAhead = aheadMs > 0 ? wallMs < slowMs : wallMs < latestMs;
    latestMs = isAhead ? slowMs : wallMs;
    latestAtMs = atMs;
    const wasAheadMs = aheadMs;
    aheadMs = latestMs - wallMs;
    if (aheadMs - wasAheadMs >= SET_BACK_MS_MIN) onSetBack?.(Math.round(aheadMs));
    return Math.floor(latestMs);
  };

  const wakeAt = (atMs: number, wake: () => void): (() => void) => {
    let cancel: () => void;
    const sleep = () => {
      cancel = sources.after(Math.min(Math.max(atMs - now(), 0), SLEEP_MS_MAX), check);
    };
    const check = () => {
      if (now() >= atMs) wake();
      else sleep();
    };
    sleep();
    return () => cancel();
  };
  return { now, monotonicMs: () => sources.monotonicMs(), wakeAt };
}
