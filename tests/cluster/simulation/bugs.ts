/** Faults that the simulation must find: variants of the lease; those of statements and of the server are where these are. */
import { Lease, type LeaseRequest } from "../../../src/cluster/lease.ts";
import type { DatabaseBug } from "./database.ts";
import type { ServerBug } from "./member.ts";

class CountsFromTheAnswer extends Lease {
  protected override servesUntilMs(_request: LeaseRequest, nowMs: number): number {
    return nowMs + this.times.leaseMs - this.times.marginMs;
  }
}

class HasNoMargin extends Lease {
  protected override servesUntilMs(request: LeaseRequest): number {
    return request.sentAtMs + this.times.leaseMs;
  }
}

class NeverExpires extends Lease {
  override get untilMs(): number {
    return this.isHolding ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  protected override expiresAt(): boolean {
    return false;
  }
}

/** It leaves the end to its timer, which comes late to a process that was stopped. */
class ChecksByTheTimerAlone extends Lease {
  override get untilMs(): number {
    return this.isHolding ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
}

class TakesAnyAnswer extends Lease {
  protected override isAnswerTo(): boolean {
    return true;
  }
}

class NeverGivesUpWaiting extends Lease {
  override get wakeAtMs(): number {
    return this.pending === undefined ? super.wakeAtMs : Number.POSITIVE_INFINITY;
  }

  override tick(nowMs: number) {
    return this.pending === undefined ? super.tick(nowMs) : [];
  }
}

class AsksWithoutAPause extends Lease {
  override failed(id: number, nowMs: number) {
    const orders = super.failed(id, nowMs);
    return [...orders, ...super.hinted(nowMs)];
  }
}

export const LEASE_BUGS: ReadonlyMap<string, typeof Lease> = new Map<string, typeof Lease>([
  ["counts from the answer", CountsFromTheAnswer],
  ["has no margin", HasNoMargin],
  ["never expires", NeverExpires],
  ["checks by the timer alone", ChecksByTheTimerAlone],
  ["takes any answer", TakesAnyAnswer],
  ["never gives up waiting", NeverGivesUpWaiting],
  ["asks without a pause", AsksWithoutAPause],
]);

const DATABASE_BUGS: readonly DatabaseBug[] = [
  "insert without the epoch",
  "carry without the epoch",
  "read without the epoch",
  "take that keeps the epoch",
  "take without a look at the lease",
  "renewal by anybody",
];

const SERVER_BUGS: readonly ServerBug[] = [
  "an unknown commit counts as done",
  "an unknown commit is sent again",
  "a fenced commit counts as done",
  "replies before the commit",
  "serves before it has read the journal",
  "goes on by the epoch that has fenced it",
  "carries on beside a carry that is not known to have failed",
];

export const BUGS: readonly string[] = [...LEASE_BUGS.keys(), ...DATABASE_BUGS, ...SERVER_BUGS];
