/**
 * Requests to a partition that changes hands. Between the moment when one server takes no further request of it and the moment
 * when another one serves it, nobody can answer. Each request waits for that instead of reading CLUSTERDOWN at once: it then runs
 * here, or is redirected. How many wait is bounded, and how long: the time counts from the first request that finds the partition
 * unserved, so that a partition that has no owner for long refuses requests as soon as they are read.
 */
import type { Clock } from "../base/clock.ts";
import type { ClusterView } from "../cluster/view.ts";
import type { HandoverState } from "../commands/handover-state.ts";
import type { Config } from "../config/config.ts";
import type { Partitions } from "../keyspace/partitions.ts";
import { NotLoaded } from "../storage/not-loaded.ts";

export interface HandoverLimits {
  /** Of the server; what is beyond is refused at once. */
  readonly countMax: number;
  readonly bytesMax: number;
}

export const HANDOVER_LIMITS: HandoverLimits = { countMax: 10_000, bytesMax: 64 << 20 };

export interface HandoverOptions {
  readonly clock: Clock;
  readonly config: Pick<Config, "get">;
  readonly cluster: ClusterView | undefined;
  readonly partitions: Pick<Partitions, "get">;
  readonly limits?: HandoverLimits;
}

/** A partition that nobody serves. */
interface Gap {
  /** Until when its requests wait. */
  readonly untilMs: number;
  /** What ends the wait of each. */
  readonly waits: Set<() => void>;
  readonly cancel: () => void;
}

export class Handovers implements HandoverState {
  readonly #options: HandoverOptions;
  readonly #limits: HandoverLimits;
  /** By the number of the partition. */
  readonly #gaps = new Map<number, Gap>();
  #heldCount = 0;
  #heldBytes = 0;
  #heldTotal = 0;
  #onReleased: (() => void)[] = [];

  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#limits = options.limits ?? HANDOVER_LIMITS;
    options.cluster?.onChange(() => this.#look());
  }

  get heldCount(): number {
    return this.#heldCount;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get heldTotal(): number {
    return this.#heldTotal;
  }

  async released(): Promise<void> {
    if (this.#heldCount > 0) await new Promise<void>((resolve) => this.#onReleased.push(resolve));
  }

  hold(partition: number, bytes: number): NotLoaded | undefined {
    const { countMax, bytesMax } = this.#limits;
    if (this.#heldCount >= countMax || this.#heldBytes + bytes > bytesMax) return undefined;
    const gap = this.#gaps.get(partition) ?? this.#open(partition);
    if (gap === undefined || this.#options.clock.now() >= gap.untilMs) return undefined;
    return new NotLoaded(
      (hold) =>
        new Promise((resolve) => {
          this.#heldCount += 1;
          this.#heldTotal += 1;
          this.#heldBytes += bytes;
          const end = (): void => {
            if (!gap.waits.delete(end)) return;
            this.#heldCount -= 1;
            this.#heldBytes -= bytes;
            resolve();
            if (this.#heldCount === 0) for (const tell of this.#onReleased.splice(0)) tell();
          };
          gap.waits.add(end);
          // Its connection may end before that.
          hold.keep(0, end);
        }),
    );
  }

  #open(partition: number): Gap | undefined {
    const { clock, config } = this.#options;
    const waitMs = config.get("cluster-hold");
    if (waitMs === 0) return undefined;
    const untilMs = clock.now() + waitMs;
    // They are asked again, and refused. That the time is over is known until somebody serves the partition.
    const cancel = clock.wakeAt(untilMs, () => end(gap));
    const gap: Gap = { untilMs, waits: new Set(), cancel };
    this.#gaps.set(partition, gap);
    return gap;
  }

  /** The view has changed: requests whose partition is served somewhere are asked again. */
  #look(): void {
    for (const [partition, gap] of this.#gaps) {
      if (!this.#isServed(partition)) continue;
      this.#gaps.delete(partition);
      gap.cancel();
      end(gap);
    }
  }

  #isServed(partition: number): boolean {
    const { cluster, clock, partitions } = this.#options;
    const ownerId = cluster?.partitions.find((known) => known.partition === partition)?.ownerId;
    if (cluster === undefined || ownerId === undefined) return false;
    if (ownerId !== cluster.ownId) return true;
    return partitions.get(partition) !== undefined && cluster.isServing(partition, clock.monotonicMs());
  }
}

function end({ waits }: Gap): void {
  for (const wait of [...waits]) wait();
}
