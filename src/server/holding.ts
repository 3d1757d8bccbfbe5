/** What the server does for each partition that it holds, as long as it does, beside requests and what falls due. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import type { Partition, Partitions } from "../keyspace/partitions.ts";
import type { Executor } from "./executor.ts";
import { startUpkeep } from "./upkeep.ts";

export interface HoldingOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** Those that are held at first. */
  readonly partitions: Partitions;
  readonly executor: Executor;
  readonly log: Log;
}

export class Holding {
  readonly #options: HoldingOptions;
  /** What ends the upkeep of a partition. */
  readonly #ends = new Map<Partition, () => void>();

  constructor(options: HoldingOptions) {
    this.#options = options;
    for (const partition of options.partitions.all) this.#keepUp(partition);
    this.divideCache();
    this.setFlushPolicy();
  }

  add(partition: Partition): void {
    const { partitions, executor } = this.#options;
    partitions.add(partition);
    this.#keepUp(partition);
    this.divideCache();
    this.setFlushPolicy();
    executor.add(partition);
  }

  remove(partition: Partition): void {
    const { partitions, executor } = this.#options;
    partitions.remove(partition);
    this.#ends.get(partition)?.();
    this.#ends.delete(partition);
    executor.remove(partition);
    this.divideCache();
  }

  /** Each store has its share of what decoded machines may take. */
  divideCache(): void {
    const { config, partitions } = this.#options;
    const bytes = Math.floor(config.get("sm-cache-bytes") / Math.max(1, partitions.all.length));
    for (const { store } of partitions.all) store.decoded.limit(bytes);
  }

  setFlushPolicy(): void {
    const { config, partitions } = this.#options;
    for (const { store } of partitions.all) store.setFlushPolicy(config.get("appendfsync"));
  }

  end(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }

  #keepUp(partition: Partition): void {
    const { clock, executor, log } = this.#options;
    const { store } = partition;
    store.onRelieved(() => executor.resume());
    const end = startUpkeep({
      store,
      clock,
      onReopened: () => {
        log("the store takes writes again");
        executor.resume();
      },
    });
    this.#ends.set(partition, end);
  }
}
