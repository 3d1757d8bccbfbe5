/** Time as a value handed in: the wall clock of the program, or a dial in tests. */
export interface Clock {
  /** Milliseconds since the epoch. Never goes backwards within one process. */
  now(): number;
  /** Calls `wake` once, at or after `atMs`; returns a function that takes the call back. */
  wakeAt(atMs: number, wake: () => void): () => void;
}

/** setTimeout fires at once for longer delays; a later wake-up simply arms again. */
const DELAY_MS_MAX = 0x7fff_ffff;

/** The wall clock. A step backwards of the system's time is held until it has caught up. */
export function systemClock(): Clock {
  let latest = 0;
  const now = () => {
    latest = Math.max(latest, Date.now());
    return latest;
  };
  const wakeAt = (atMs: number, wake: () => void): (() => void) => {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const delay = atMs - Date.now();
      timer = setTimeout(delay > DELAY_MS_MAX ? arm : wake, Math.min(Math.max(delay, 0), DELAY_MS_MAX));
    };
    arm();
    return () => clearTimeout(timer);
  };
  return { now, wakeAt };
}
