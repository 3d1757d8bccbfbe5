/** The times of a lease, from what is configured. */
import type { LeaseTimes } from "./lease.ts";

/** Within a lease the owner has so many tries to renew it. */
const TRIES = 3;
const RETRY_MS_MAX = 100;

export function leaseTimes(leaseMs: number, marginMs: number): LeaseTimes {
  const everyMs = Math.floor(leaseMs / TRIES);
  return { leaseMs, marginMs, everyMs, answerMs: everyMs, retryMs: Math.min(RETRY_MS_MAX, everyMs) };
}
