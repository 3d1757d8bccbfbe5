/** The times of a lease, from what is configured. */
import type { LeaseTimes } from "./lease.ts";
import type { ShareTimes } from "./shares.ts";

/** Within a lease the owner has so many tries to renew it. */
const TRIES = 3;
const RETRY_MS_MAX = 100;

export function leaseTimes(leaseMs: number, marginMs: number): LeaseTimes {
  const everyMs = Math.floor(leaseMs / TRIES);
  return { leaseMs, marginMs, everyMs, answerMs: everyMs, retryMs: Math.min(RETRY_MS_MAX, everyMs) };
}

/** How many leases the members have to be the same before one of them gives a partition to another. */
const STEADY_LEASES = 2;

export function shareTimes({ leaseMs, everyMs }: LeaseTimes): ShareTimes {
  return {
    graceMs: Math.floor(everyMs / 2),
    steadyMs: STEADY_LEASES * leaseMs,
    giveEveryMs: Math.floor(everyMs / 2),
  };
}
