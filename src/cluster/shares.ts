/**
 * Which partitions a member takes, and which it gives back: all members decide by the same facts, each for itself, and come to
 * the same result without asking one another. No clock, no database: whoever holds it hands in what was seen, and when.
 *
 * - A free partition goes to the member that has the fewest, the first by id among equals. So several members take
 *   different ones at the same moment. One that nobody has taken after a while is taken by whoever sees it.
 * - While nothing is free, the member that has the most gives one back if another one has at least two fewer. Shares then
 *   differ by one at most, and stay where they are.
 * - It gives only to members that have been there for a while, and one at a time: a member that starts again and again is
 *   given nothing, and nobody gives while somebody else comes or goes.
 */

export interface SeenPartition {
  readonly partition: number;
  readonly epoch: number;
  /** Whose lease runs. */
  readonly ownerId: string | undefined;
  /** Whose lease has run out, without having been released. */
  readonly lastOwnerId: string | undefined;
}

export interface ShareFacts {
  /** The members that are alive and take partitions. */
  readonly takers: readonly string[];
  readonly partitions: readonly SeenPartition[];
}

export interface ShareTimes {
  /** How long a free partition is left to the member that it is for. */
  readonly graceMs: number;
  /** How long the members have to be the same before one gives. */
  readonly steadyMs: number;
  /** How long after a gift the next one waits. */
  readonly giveEveryMs: number;
}

export interface Shares {
  /** To be taken now; it is not this member's in the facts. */
  readonly take: readonly number[];
  /** To be handed over to another one. */
  readonly give: number | undefined;
}

const NOTHING: Shares = { take: [], give: undefined };

export class SharePolicy {
  readonly #times: ShareTimes;
  readonly #ownId: string;
  /** Since when each partition has been free. */
  readonly #freeSinceMs = new Map<number, number>();
  /** The members as they were last, and since when. */
  #members = "";
  #sameSinceMs = Number.POSITIVE_INFINITY;
  #gaveMs = Number.NEGATIVE_INFINITY;

  constructor(ownId: string, times: ShareTimes) {
    this.#ownId = ownId;
    this.#times = times;
  }

  /** @param nowMs by the member's monotonic clock */
  decide(facts: ShareFacts, nowMs: number): Shares {
    const counts = this.#counts(facts);
    this.#noteMembers(counts, nowMs);
    const free = this.#free(facts, nowMs);
    // It ends, or cannot work: whatever it has, it hands over.
    if (!counts.has(this.#ownId)) return NOTHING;
    const take = free.filter((partition) => this.#isForThis(partition, counts, nowMs));
    return { take, give: free.length === 0 ? this.#gift(facts, counts, nowMs) : undefined };
  }

  /** How many partitions each member has that takes some. */
  #counts({ takers, partitions }: ShareFacts): Map<string, number> {
    const dead = new Set(partitions.map(({ lastOwnerId }) => lastOwnerId));
    const alive = takers.filter((id) => id === this.#ownId || !dead.has(id)).toSorted();
    const counts = new Map(alive.map((id) => [id, 0]));
    for (const { ownerId } of partitions) {
      const count = ownerId === undefined ? undefined : counts.get(ownerId);
      if (ownerId !== undefined && count !== undefined) counts.set(ownerId, count + 1);
    }
    return counts;
  }

  #noteMembers(counts: ReadonlyMap<string, number>, nowMs: number): void {
    const members = [...counts.keys()].join(" ");
    if (members === this.#members) return;
    this.#members = members;
    this.#sameSinceMs = nowMs;
  }

  #free({ partitions }: ShareFacts, nowMs: number): number[] {
    const free = partitions.filter(({ ownerId }) => ownerId === undefined).map(({ partition }) => partition);
    for (const known of this.#freeSinceMs.keys()) if (!free.includes(known)) this.#freeSinceMs.delete(known);
    for (const partition of free)
      if (!this.#freeSinceMs.has(partition)) this.#freeSinceMs.set(partition, nowMs);
    return free.toSorted((a, b) => a - b);
  }

  /** Whether this member takes a free partition, which counts for the one that it is for. */
  #isForThis(partition: number, counts: Map<string, number>, nowMs: number): boolean {
    const [id, count] = this.poorest(counts);
    counts.set(id, count + 1);
    return id === this.#ownId || nowMs - (this.#freeSinceMs.get(partition) ?? nowMs) >= this.#times.graceMs;
  }

  protected poorest(counts: ReadonlyMap<string, number>): readonly [string, number] {
    const [first, ...others] = counts;
    if (first === undefined) throw new Error("this member is among those that take");
    return others.reduce((least, one) => (one[1] < least[1] ? one : least), first);
  }

  #gift({ partitions }: ShareFacts, counts: ReadonlyMap<string, number>, nowMs: number): number | undefined {
    const { steadyMs, giveEveryMs } = this.#times;
    if (nowMs - this.#sameSinceMs < steadyMs || nowMs - this.#gaveMs < giveEveryMs) return undefined;
    const [richestId, most] = [...counts].reduce((richest, one) => (one[1] > richest[1] ? one : richest));
    if (richestId !== this.#ownId || most - this.poorest(counts)[1] < this.differenceMin) return undefined;
    this.#gaveMs = nowMs;
    return partitions.findLast(({ ownerId }) => ownerId === this.#ownId)?.partition;
  }

  /** From which difference on one gives to another: by one less they would go to and fro. */
  protected get differenceMin(): number {
    return 2;
  }
}
