/** Real time, for who keeps leases. */
import type { Timers } from "./keeper.ts";

export const SYSTEM_TIMERS: Timers = {
  monotonicMs: () => performance.now(),
  after: (delayMs, callBack) => {
    let isCancelled = false;
    // Timers come before what has arrived meanwhile, and immediates behind it.
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (!isCancelled) callBack();
      });
    }, delayMs);
    return () => {
      isCancelled = true;
      clearTimeout(timer);
    };
  },
};
