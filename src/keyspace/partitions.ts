/**
 * The parts of the key space that a server holds, each with a store of its own: without a cluster one that is whole; in a cluster
 * those that it owns at the moment, which change between two turns and never within one.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Post } from "../storage/post.ts";
import { duesAt } from "./layouts.ts";
import { type Place, WHOLE } from "./place.ts";
import type { Store } from "./store.ts";

export interface PartitionOptions {
  readonly store: Store;
  readonly place?: Place;
  readonly firstSlot?: number;
  readonly lastSlot?: number;
  /** Where there are several: what carries events to machines of other partitions. */
  readonly post?: Post | undefined;
}

export class Partition {
  readonly number: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
  readonly store: Store;
  readonly place: Place;
  readonly post: Post | undefined;
  /** In the index of what of machines falls due, nothing stands before this place. */
  timersFrom: Bytes = duesAt(0);

  /** Without a place it holds all keys there are. */
  constructor({
    store,
    place = WHOLE,
    firstSlot = 0,
    lastSlot = Number.POSITIVE_INFINITY,
    post,
  }: PartitionOptions) {
    this.number = place.number;
    this.firstSlot = firstSlot;
    this.lastSlot = lastSlot;
    this.store = store;
    this.place = place;
    this.post = post;
  }
}

export class Partitions {
  readonly #nothing: Partition;
  #all: readonly Partition[] = [];
  /** For requests without keys: the first that is held. Where none is, an empty one, which only stands there for them. */
  home: Partition;

  /** @param nothing what requests see that need no key, where no partition is held */
  constructor(nothing: Partition) {
    this.#nothing = nothing;
    this.home = nothing;
  }

  /** Those that are held, in the order of slots. */
  get all(): readonly Partition[] {
    return this.#all;
  }

  /** The one that holds a slot, the home for none; undefined where that is not held. */
  of(slot: number | undefined): Partition | undefined {
    const { home } = this;
    if (slot === undefined || (slot >= home.firstSlot && slot <= home.lastSlot)) return home;
    return this.#all.find(({ firstSlot, lastSlot }) => slot >= firstSlot && slot <= lastSlot);
  }

  /** Whether a partition was held once and is not any more. */
  isLost(partition: Partition): boolean {
    return partition !== this.#nothing && !this.#all.includes(partition);
  }

  get(number: number): Partition | undefined {
    return this.#all.find((partition) => partition.number === number);
  }

  /** Between turns. */
  add(partition: Partition): void {
    this.#set([...this.#all, partition].sort((a, b) => a.firstSlot - b.firstSlot));
  }

  /** Between turns. */
  remove(partition: Partition): void {
    this.#set(this.#all.filter((one) => one !== partition));
  }

  /** Why one of the stores takes no commit any more, if that is so. */
  get failure(): Error | undefined {
    for (const { store } of this.#all) if (store.failure !== undefined) return store.failure;
    return undefined;
  }

  /** True while whoever can wait with writes should, as a store does not keep up. */
  get isCongested(): boolean {
    // Asked for each request.
    if (this.#all.length === 1) return this.home.store.isCongested;
    for (const { store } of this.#all) if (store.isCongested) return true;
    return false;
  }

  #set(all: readonly Partition[]): void {
    this.#all = all;
    this.home = all[0] ?? this.#nothing;
  }
}
