/** Time, for who keeps leases. */

export interface Timers {
  monotonicMs(): number;
  /**
   * Calls back after a time, and after what has arrived by then: after a stall an answer that is there is read first. Returns a
   * function that takes the call back.
   */
  after(delayMs: number, callBack: () => void): () => void;
}
/** Real time. */
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
