/**
 * A server that is a member of a cluster and holds several partitions, each with a store in memory whose commits a test may hold
 * up. The cluster has another member, which owns what this one has given up; what a member loop does, the test does by hand.
 */

import type { SlotRange } from "../../src/cluster/tags.ts";
import { ClusterState, SLOT_COUNT } from "../../src/cluster/view.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { Partition } from "../../src/keyspace/partitions.ts";
import { type Place, WHOLE } from "../../src/keyspace/place.ts";
import { Store } from "../../src/keyspace/store.ts";
import { putDefinition } from "../../src/machines/definitions.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { placesOf } from "../../src/places.ts";
import { MemoryPosts } from "../../src/storage/memory-post.ts";
import type { OrderedStore } from "../../src/storage/ordered-store.ts";
import type { Post } from "../../src/storage/post.ts";
import { member, memberId } from "./cluster-view.ts";
import { type LateStore, lateStore } from "./late-store.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./server.ts";

export interface HeldPartition {
  readonly partition: Partition;
  readonly store: Store;
  /** What holds its commits up. */
  readonly disk: LateStore;
  /** A key of this partition, whose name ends so. */
  key(name: string): string;
}

export interface PartitionedServer extends TestServer {
  readonly view: ClusterState;
  /** All partitions there are, in the order of slots, whoever owns them. */
  readonly parts: readonly HeldPartition[];
  part(number: number): HeldPartition;
  /** Each partition has the definition, as the log of a cluster sees to. */
  define(name: string, document: unknown): void;
  /** The server hands a partition over: it takes no further request of it. */
  leave(number: number): void;
  /** Nobody owns a partition, which the server holds no longer if it did. */
  release(number: number): Promise<void>;
  /** The server has the lease of a partition, and does not hold it yet. */
  grant(number: number): void;
  /** The server owns a partition, which it has not held, from now on. */
  add(number: number): Promise<void>;
  /** It does not any more: the other member does. */
  remove(number: number): Promise<void>;
}

export interface PartitionedOptions extends Omit<TestServerOptions, "store" | "cluster" | "partitions"> {
  /** How many partitions there are. */
  readonly count?: number;
  /** Which the server holds at first: all, when nothing is said. */
  readonly held?: readonly number[];
  /** What is put over the store of each partition. */
  readonly over?: (store: OrderedStore) => OrderedStore;
}

export async function startPartitionedServer({
  count = 3,
  held,
  over = (store) => store,
  ...options
}: PartitionedOptions = {}): Promise<PartitionedServer> {
  const ranges = Array.from({ length: count }, (_, number) => rangeOf(number, count));
  const places = placesOf(ranges);
  const posts = new MemoryPosts();
  const parts = ranges.map((range, number) =>
    heldPartition(places[number] ?? WHOLE, range, over, posts.of(number)),
  );
  /** By partition: the member that owns it, if there is one. */
  const owners = new Map<number, "a" | "b" | undefined>(
    [...parts.keys()].map((number) => [number, held === undefined || held.includes(number) ? "a" : "b"]),
  );
  const view = new ClusterState(memberId("a"));
  const say = (): void => {
    const partitions = parts.map(({ partition: { number, firstSlot, lastSlot } }) => {
      const owner = owners.get(number);
      const ownerId = owner && memberId(owner);
      return { partition: number, firstSlot, lastSlot, ownerId, epoch: 1 };
    });
    view.update({ members: [member("a", 7001), member("b", 7002)], partitions });
  };
  say();
  for (const [number, owner] of owners) if (owner === "a") view.serveUntil(number, Number.POSITIVE_INFINITY);
  const server = await startTestServer({
    ...options,
    cluster: view,
    partitions: parts.filter((_, number) => owners.get(number) === "a").map(({ partition }) => partition),
  });
  const part = (number: number): HeldPartition => {
    const found = parts[number];
    if (found === undefined) throw new Error(`there is no partition ${number}`);
    return found;
  };
  const give = async (number: number, owner: "b" | undefined): Promise<void> => {
    const isHeld = owners.get(number) === "a";
    owners.set(number, owner);
    if (isHeld) view.end(number);
    say();
    if (!isHeld) return;
    await server.running.removePartition(part(number).partition);
    view.forget(number);
  };
  const define = (name: string, document: unknown): void => {
    const head = { name, version: "v1", createdMs: 0, owner: "default", references: {} };
    for (const { partition, store } of parts) {
      const transaction = store.begin();
      const db = new Databases(transaction, 1, server.context.clock.now(), partition.place).at(0);
      putDefinition(db, { ...head, document: JSON.stringify(document) });
      store.commit(transaction);
    }
  };
  return {
    ...server,
    define,
    view,
    parts,
    part,
    leave: (number) => view.leave(number),
    release: (number) => give(number, undefined),
    grant: (number) => {
      owners.set(number, "a");
      say();
    },
    add: async (number) => {
      await server.running.addPartition(part(number).partition);
      owners.set(number, "a");
      say();
      view.serveUntil(number, Number.POSITIVE_INFINITY);
    },
    remove: (number) => give(number, "b"),
  };
}

function rangeOf(number: number, count: number): SlotRange {
  const firstSlot = Math.ceil((number * SLOT_COUNT) / count);
  const lastSlot = Math.ceil(((number + 1) * SLOT_COUNT) / count) - 1;
  return { firstSlot, lastSlot };
}

function heldPartition(
  place: Place,
  slots: SlotRange,
  over: (store: OrderedStore) => OrderedStore,
  post: Post,
): HeldPartition {
  const disk = lateStore();
  const store = Store.over(over(disk.store), OBJECT_TYPES);
  const partition = new Partition({ store, place, post, ...slots });
  return { partition, store, disk, key: (name) => `{${place.tag}}${name}` };
}
