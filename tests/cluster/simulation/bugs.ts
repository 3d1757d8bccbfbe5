/** Faults that the simulation must find: variants of the lease; those of statements and of the server are where these are. */
import { Lease, type LeaseRequest } from "../../../src/cluster/lease.ts";
import { SharePolicy, type Shares } from "../../../src/cluster/shares.ts";
import { Takeovers } from "../../../src/cluster/takeovers.ts";
import type { DatabaseBug } from "./database.ts";
import type { ServerBug } from "./tenure.ts";

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
    return [...orders, ...super.want(-1 - nowMs, nowMs)];
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

class NeverGives extends SharePolicy {
  protected override get differenceMin(): number {
    return Number.POSITIVE_INFINITY;
  }
}

class GivesAtADifferenceOfOne extends SharePolicy {
  protected override get differenceMin(): number {
    return 1;
  }
}

/** What is free goes to the first by id, whatever it has. */
class KnowsOnlyTheFirst extends SharePolicy {
  protected override poorest(counts: ReadonlyMap<string, number>): readonly [string, number] {
    const [first] = counts;
    return first ?? super.poorest(counts);
  }
}

export const SHARE_BUGS: ReadonlyMap<string, typeof SharePolicy> = new Map<string, typeof SharePolicy>([
  ["never gives", NeverGives],
  ["gives at a difference of one", GivesAtADifferenceOfOne],
  ["knows only the first", KnowsOnlyTheFirst],
]);

class TakesAllAtOnce extends Takeovers {
  override limited(shares: Shares): Shares {
    return shares;
  }

  override async pass(read: () => Promise<boolean>): Promise<void> {
    await read();
  }
}

/** Only members that are slow suffer from it: what was replayed is thrown away with the lease, again and again. */
export const ALL_WITHOUT_A_REST = "reads all at once, without a rest";

export const TAKEOVER_BUGS: ReadonlyMap<string, typeof Takeovers> = new Map([
  [ALL_WITHOUT_A_REST, TakesAllAtOnce],
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
  "answers after it has released",
  "serves all by the lease of one",
];

export const BUGS: readonly string[] = [
  ...LEASE_BUGS.keys(),
  ...SHARE_BUGS.keys(),
  ...DATABASE_BUGS,
  ...SERVER_BUGS,
];
