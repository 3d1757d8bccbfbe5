/**
 * `maxmemory` and `sm-max-store-bytes`: looks from time to time at what the process has of its own and at what the store
 * holds. When memory is short the store gets by with less of it and garbage is collected; when that does not help, or
 * when the store is full, commands that may add something are refused. What removes something is served, and nothing
 * is removed that no client has asked for.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { MemoryState } from "../commands/memory-state.ts";
import type { Config } from "../config/config.ts";
import type { Partitions } from "../keyspace/partitions.ts";

/** How the guard knows of memory and gets some back; handed in, so that a test has any memory it likes. */
export interface ProcessMemory {
  /** Bytes that are the process' own: not those of files, which the system can have back. */
  ownBytes(): number;
  /** Collects garbage at once. */
  collect(): void;
}

export interface MemoryGuardOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly partitions: Partitions;
  readonly memory: ProcessMemory;
  readonly log: Log;
  /** Forgets what can be made anew. */
  readonly forget: () => void;
}

const LOOK_MS = 100;
/** Between collections of garbage: one of a large heap takes a tenth of a second and more. */
const COLLECT_MS = 2000;
/** Between checkpoints of a store that is full, which make deletions count. */
const CHECKPOINT_MS = 1000;
/** From this share of maxmemory on the store gets by with less. */
const SHORT_SHARE = 0.85;
/** Of the memory it has otherwise. */
const STORE_SHARE = 1 / 8;

export class MemoryGuard implements MemoryState {
  readonly #options: MemoryGuardOptions;
  isOverMemory = false;
  isStoreFull = false;
  #collectFromMs = 0;
  #checkpointFromMs = 0;
  #cancel: () => void = () => undefined;
  readonly #endWatch: () => void;

  constructor(options: MemoryGuardOptions) {
    this.#options = options;
    this.#endWatch = options.config.onChange(({ name }) => {
      if (name === "maxmemory" || name === "sm-max-store-bytes") this.#look();
      return undefined;
    });
    this.#look();
  }

  stop(): void {
    this.#endWatch();
    this.#cancel();
  }

  #look(): void {
    const { clock } = this.#options;
    this.#cancel();
    const nowMs = clock.now();
    const isBounded = [this.#lookAtMemory(nowMs), this.#lookAtStore(nowMs)].includes(true);
    this.#cancel = isBounded
      ? clock.wakeAt(nowMs + LOOK_MS, () => this.#look(), "housekeeping")
      : () => undefined;
  }

  /** True when there is a limit. */
  #lookAtMemory(nowMs: number): boolean {
    const { config, log, memory, partitions } = this.#options;
    const bytesMax = config.get("maxmemory");
    const bytes = bytesMax === 0 ? 0 : memory.ownBytes();
    const share = bytesMax > 0 && bytes >= bytesMax * SHORT_SHARE ? STORE_SHARE : 1;
    for (const { store } of partitions.all) store.limitMemory(share / partitions.all.length);
    const isOver = bytesMax > 0 && bytes > bytesMax && !this.#fitsAfterCollection(bytesMax, nowMs);
    if (isOver && !this.isOverMemory) {
      log(`maxmemory is ${bytesMax} bytes and the process has ${bytes}: writes are refused`, "warning");
    } else if (!isOver && this.isOverMemory) log("The memory is below maxmemory again: writes are accepted");
    this.isOverMemory = isOver;
    return bytesMax > 0;
  }

  #fitsAfterCollection(bytesMax: number, nowMs: number): boolean {
    if (nowMs < this.#collectFromMs) return false;
    const { forget, memory } = this.#options;
    this.#collectFromMs = nowMs + COLLECT_MS;
    forget();
    memory.collect();
    return memory.ownBytes() <= bytesMax;
  }

  /** True when there is a limit. */
  #lookAtStore(nowMs: number): boolean {
    const { config, log, partitions } = this.#options;
    const bytesMax = config.get("sm-max-store-bytes");
    const bytes = bytesMax === 0 ? 0 : partitions.all.reduce((sum, { store }) => sum + store.heldBytes(), 0);
    const isFull = bytesMax > 0 && bytes > bytesMax;
    if (isFull && !this.isStoreFull) {
      log(`The store holds ${bytes} bytes, sm-max-store-bytes is ${bytesMax}: writes are refused`, "warning");
    } else if (!isFull && this.isStoreFull)
      log("The store is below sm-max-store-bytes again: writes are accepted");
    this.isStoreFull = isFull;
    if (isFull && nowMs >= this.#checkpointFromMs) {
      this.#checkpointFromMs = nowMs + CHECKPOINT_MS;
      for (const { store } of partitions.all) store.checkpoint();
    }
    return bytesMax > 0;
  }
}
