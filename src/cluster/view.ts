/**
 * The cluster as one of its members sees it: who the members are, who owns which slots, and whether this one may serve.
 * Commands read it; the member loop writes it (`ClusterState`), from what the database says.
 */

/** How many slots all keys are spread over. */
export const SLOT_COUNT = 16_384;

export interface ClusterMember {
  /** 40 hexadecimal digits. */
  readonly id: string;
  /** Where clients reach it. */
  readonly host: string;
  /** 0: it takes no plain connections. */
  readonly port: number;
  /** 0: it takes no TLS connections. */
  readonly tlsPort: number;
  /** Whether it has shown itself lately. */
  readonly isAlive: boolean;
}

export interface ClusterPartition {
  readonly partition: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
  /** The id of the member that owns it by a lease that has not ended, as far as is known. */
  readonly ownerId: string | undefined;
  /** Rises whenever the partition changes hands. */
  readonly epoch: number;
}

export interface ClusterView {
  readonly ownId: string;
  /** By id; the member itself is among them. */
  readonly members: readonly ClusterMember[];
  /** By slots. */
  readonly partitions: readonly ClusterPartition[];
  /** The highest epoch of all partitions. */
  readonly epoch: number;
  /**
   * Whether this member may read requests of a partition, and answer them, at a moment of its monotonic clock. False as
   * soon as the lease may have ended, also before anything else has noticed.
   */
  isServing(partition: number, nowMonotonicMs: number): boolean;
  /**
   * Whether the time that it could serve a partition has passed: nothing of it may be answered then. False for one that it
   * never served: it says where else to ask.
   */
  isOver(partition: number, nowMonotonicMs: number): boolean;
  /** The partition of a slot; undefined where nothing is known of it. */
  partitionOf(slot: number): ClusterPartition | undefined;
  /** Whether this member owns the slot. Says nothing of the time: see `isServing`. */
  ownsSlot(slot: number): boolean;
  /** The owner of a slot; undefined where there is none at the moment. */
  ownerOf(slot: number): ClusterMember | undefined;
  /** Calls a listener after each change of members, owners or epochs, and when a partition begins to be served; returns what ends that. */
  onChange(listener: () => void): () => void;
}

/** What the database says of the cluster. */
export interface ClusterFacts {
  readonly members: readonly ClusterMember[];
  readonly partitions: readonly ClusterPartition[];
}

/** A view in memory, which whoever holds it writes. */
export class ClusterState implements ClusterView {
  readonly ownId: string;
  readonly #listeners = new Set<() => void>();
  #facts: ClusterFacts;
  /** By partition: before which moment of its monotonic clock it may serve; negative infinity: not any more. */
  readonly #untilMs = new Map<number, number>();
  /** Those that the member hands over: it answers what it has read, and reads no further requests. */
  readonly #leaving = new Set<number>();

  constructor(ownId: string, facts: ClusterFacts = { members: [], partitions: [] }) {
    this.ownId = ownId;
    this.#facts = sorted(facts);
  }

  get members(): readonly ClusterMember[] {
    return this.#facts.members;
  }

  get partitions(): readonly ClusterPartition[] {
    return this.#facts.partitions;
  }

  get epoch(): number {
    return this.partitions.reduce((highest, { epoch }) => Math.max(highest, epoch), 0);
  }

  isServing(partition: number, nowMonotonicMs: number): boolean {
    const untilMs = this.#untilMs.get(partition);
    return untilMs !== undefined && nowMonotonicMs < untilMs && !this.#leaving.has(partition);
  }

  isOver(partition: number, nowMonotonicMs: number): boolean {
    const untilMs = this.#untilMs.get(partition);
    return untilMs !== undefined && nowMonotonicMs >= untilMs;
  }

  ownsSlot(slot: number): boolean {
    return this.partitionOf(slot)?.ownerId === this.ownId;
  }

  ownerOf(slot: number): ClusterMember | undefined {
    const ownerId = this.partitionOf(slot)?.ownerId;
    return ownerId === undefined ? undefined : this.members.find(({ id }) => id === ownerId);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes what the database says; the listeners are called if that is news. */
  update(facts: ClusterFacts): void {
    const next = sorted(facts);
    if (JSON.stringify(next) === JSON.stringify(this.#facts)) return;
    this.#facts = next;
    this.#tell();
  }

  /** The member may serve a partition before this moment of its monotonic clock. */
  serveUntil(partition: number, monotonicMs: number): void {
    const begins = (this.#untilMs.get(partition) ?? Number.NEGATIVE_INFINITY) === Number.NEGATIVE_INFINITY;
    this.#untilMs.set(partition, monotonicMs);
    if (begins) this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** The member hands a partition over. */
  leave(partition: number): void {
    this.#leaving.add(partition);
  }

  /** The member does not own a partition any more: nothing of it is answered. */
  end(partition: number): void {
    this.#untilMs.set(partition, Number.NEGATIVE_INFINITY);
  }

  /** It is as if the member had never served the partition: whatever it had to say of it is gone. */
  forget(partition: number): void {
    this.#untilMs.delete(partition);
    this.#leaving.delete(partition);
  }

  partitionOf(slot: number): ClusterPartition | undefined {
    const { partitions } = this;
    let low = 0;
    let high = partitions.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((partitions[middle]?.firstSlot ?? 0) <= slot) low = middle;
      else high = middle - 1;
    }
    const found = partitions[low];
    return found !== undefined && found.firstSlot <= slot && slot <= found.lastSlot ? found : undefined;
  }
}

function sorted({ members, partitions }: ClusterFacts): ClusterFacts {
  return {
    members: members.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    partitions: partitions.toSorted((a, b) => a.firstSlot - b.firstSlot),
  };
}
