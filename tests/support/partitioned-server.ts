/**
 * A server that is a member of a cluster and holds several partitions, each with a store in memory whose commits a test may hold
 * up. The cluster has another member, which owns what this one has given up; what a member loop does, the test does by hand.
 */
import { ClusterState, SLOT_COUNT } from "../../src/cluster/view.ts";
import { Partition } from "../../src/keyspace/partitions.ts";
import { type Place, WHOLE } from "../../src/keyspace/place.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { placesOf, type SlotRange } from "../../src/places.ts";
import type { OrderedStore } from "../../src/storage/ordered-store.ts";
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
  const parts = ranges.map((range, number) => heldPartition(places[number] ?? WHOLE, range, over));
  const owned = new Set(held ?? parts.keys());
  const view = new ClusterState(memberId("a"));
  const say = (): void => {
    const partitions = parts.map(({ partition: { number, firstSlot, lastSlot } }) => {
      const ownerId = memberId(owned.has(number) ? "a" : "b");
      return { partition: number, firstSlot, lastSlot, ownerId, epoch: 1 };
    });
    view.update({ members: [member("a", 7001), member("b", 7002)], partitions });
  };
  say();
  for (const number of owned) view.serveUntil(number, Number.POSITIVE_INFINITY);
  const server = await startTestServer({
    ...options,
    cluster: view,
    partitions: parts.filter((_, number) => owned.has(number)).map(({ partition }) => partition),
  });
  const part = (number: number): HeldPartition => {
    const found = parts[number];
    if (found === undefined) throw new Error(`there is no partition ${number}`);
    return found;
  };
  return {
    ...server,
    view,
    parts,
    part,
    add: async (number) => {
      await server.running.addPartition(part(number).partition);
      owned.add(number);
      view.serveUntil(number, Number.POSITIVE_INFINITY);
      say();
    },
    remove: async (number) => {
      owned.delete(number);
      view.end(number);
      say();
      await server.running.removePartition(part(number).partition);
    },
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
): HeldPartition {
  const disk = lateStore();
  const store = Store.over(over(disk.store), OBJECT_TYPES);
  const partition = new Partition({ store, place, ...slots });
  return { partition, store, disk, key: (name) => `{${place.tag}}${name}` };
}
