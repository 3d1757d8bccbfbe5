/** Three servers, each with two partitions of a cluster and a log of what belongs to all of them. */
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { ClusterLog } from "../../src/cluster/cluster-log.ts";
import type { BusMessage } from "../../src/cluster/message-bus.ts";
import { PostgresLog } from "../../src/cluster/postgres-log.ts";
import { ClusterState, SLOT_COUNT } from "../../src/cluster/view.ts";
import { configOf } from "../../src/config/load.ts";
import { Partition } from "../../src/keyspace/partitions.ts";
import type { Place } from "../../src/keyspace/place.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { placesOf } from "../../src/places.ts";
import { type RunningServer, start } from "../../src/start.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { SharedLines } from "../../src/storage/postgres/shared-lines.ts";
import { MemoryLog } from "../cluster/memory-log.ts";
import { TestClient } from "./client.ts";
import { connectedTo } from "./cluster-database.ts";
import { member, memberId } from "./cluster-view.ts";
import { localBus } from "./local-bus.ts";

const LETTERS = ["a", "b", "c"] as const;
const PARTITION_COUNT = 6;

interface SharedOptions {
  readonly log: (letter: string, onHint: () => void) => ClusterLog;
  /** The store of a partition that a member has taken, whose row names the owner so. */
  readonly store: (partition: number, owner: string) => Promise<Store>;
  /** Nobody owns the partition any more. */
  readonly release: (partition: number) => Promise<void>;
  /** They listen for HTTP too. */
  readonly hasHttp?: boolean;
  /** The next owner gets the store of this one. */
  readonly keepsStores?: boolean;
}

interface SharedServer {
  readonly running: RunningServer;
  readonly client: TestClient;
  /** The numbers of its partitions. */
  readonly held: number[];
}

export class SharedServers {
  readonly servers: SharedServer[] = [];
  readonly #options: SharedOptions;
  /** Messages between the servers that get lost. */
  isLost: (message: BusMessage) => boolean = () => false;
  readonly #bus = localBus((message) => this.isLost(message));
  readonly #views: ClusterState[] = [];
  #gone: number | undefined;
  readonly #owners = new Map<number, number>();
  readonly #partitions = new Map<number, Partition>();

  constructor(options: SharedOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    for (const [index, letter] of LETTERS.entries()) {
      const view = new ClusterState(memberId(letter));
      this.#views.push(view);
      const running = await start({
        config: configOf({ port: 0, bind: ["127.0.0.1"] }),
        store: Store.over(new MemoryStore(), OBJECT_TYPES),
        partitions: [],
        clock: systemClock(),
        log: () => undefined,
        onShutdown: () => undefined,
        cluster: view,
        clusterLog: (onHint) => this.#options.log(letter, onHint),
        bus: this.#bus(),
        httpPort: this.#options.hasHttp === true ? 0 : "none",
      });
      const client = await TestClient.connect(running.port);
      onTestFinished(async () => {
        await client.close();
        await running.abandon();
      });
      this.servers.push({ running, client, held: [] });
      await this.take(index, index);
      await this.take(index, index + 3);
    }
  }

  server(index: number): SharedServer {
    const server = this.servers[index];
    if (server === undefined) throw new Error(`there is no server ${index}`);
    return server;
  }

  /** A server takes a partition that nobody owns, and serves it. */
  async take(index: number, number: number): Promise<void> {
    const owner = `${memberId(LETTERS[index] ?? "")}:${number}`;
    const store = await this.#options.store(number, owner);
    const partition = partitionOver(store, number);
    this.#partitions.set(number, partition);
    const { running, held } = this.server(index);
    await running.addPartition(partition, owner);
    held.push(number);
    this.#owners.set(number, index);
    this.#views[index]?.serveUntil(number, Number.POSITIVE_INFINITY);
    this.#say();
  }

  /** A server loses a partition. */
  async lose(index: number, number: number): Promise<void> {
    const { running, held } = this.server(index);
    held.splice(held.indexOf(number), 1);
    this.#owners.delete(number);
    this.#views[index]?.end(number);
    this.#say();
    const partition = this.#partitions.get(number);
    if (partition === undefined) return;
    await running.removePartition(partition);
    if (this.#options.keepsStores !== true) partition.store.abandon();
    await this.#options.release(number);
  }

  /** A key of a partition. */
  keyOf(number: number, name: string): string {
    return `{${placeOf(number).tag}}${name}`;
  }

  /** To the others, a server has not shown itself lately. */
  set gone(index: number) {
    this.#gone = index;
    this.#say();
  }

  #say(): void {
    const members = LETTERS.map((letter, index) =>
      member(letter, this.servers[index]?.running.port ?? 0, { isAlive: index !== this.#gone }),
    );
    const partitions = Array.from({ length: PARTITION_COUNT }, (_, number) => {
      const owner = this.#owners.get(number);
      const ownerId = owner === undefined ? undefined : memberId(LETTERS[owner] ?? "");
      return { partition: number, ...slotsOf(number), ownerId, epoch: 1 };
    });
    for (const view of this.#views) view.update({ members, partitions });
  }
}

/** Over a log and stores in memory, which outlive their owners. */
export async function sharedInMemory({ hasHttp = false } = {}): Promise<SharedServers> {
  const log = new MemoryLog(6);
  const hints: (() => void)[] = [];
  log.onChange = () => {
    for (const hint of hints) hint();
  };
  const stores = new Map<number, Store>();
  const servers = new SharedServers({
    log: (_, onHint) => {
      hints.push(() => setImmediate(onHint));
      return log;
    },
    store: async (partition, owner) => {
      const row = log.rows.get(partition);
      if (row !== undefined) row.owner = owner;
      const store = stores.get(partition) ?? Store.over(new MemoryStore(), OBJECT_TYPES);
      stores.set(partition, store);
      return store;
    },
    hasHttp,
    keepsStores: true,
    release: async (partition) => {
      const row = log.rows.get(partition);
      if (row !== undefined) row.owner = undefined;
    },
  });
  await servers.start();
  return servers;
}

/** Over an empty schema of a database. */
export async function sharedOverPostgres(url: string): Promise<SharedServers> {
  const control = await connectedTo(url);
  await createSchema(control, PARTITION_COUNT);
  const lines = new SharedLines({ url });
  const stores: Store[] = [];
  onTestFinished(async () => {
    for (const store of stores) store.abandon();
    await lines.close();
  });
  const servers = new SharedServers({
    log: (_, onHint) => {
      const log = new PostgresLog({ url, answerMs: 10_000, onHint });
      onTestFinished(() => log.close());
      return log;
    },
    store: async (partition, owner) => {
      const { rows } = await control.query<{ epoch: string }>(
        `update detent_partition set owner = $2, epoch = epoch + 1, lease_until = now() + interval '1 hour'
         where p = $1 returning epoch`,
        [partition, owner],
      );
      const epoch = Number(rows[0]?.epoch);
      const store = await Store.openPostgres({ url, partition, owner, epoch, lines }, OBJECT_TYPES);
      stores.push(store);
      return store;
    },
    release: async (partition) => {
      await control.query("update detent_partition set owner = null where p = $1", [partition]);
    },
  });
  await servers.start();
  return servers;
}

function slotsOf(number: number) {
  const bound = (p: number) => Math.floor((p * SLOT_COUNT) / PARTITION_COUNT);
  return { firstSlot: bound(number), lastSlot: bound(number + 1) - 1 };
}

function placeOf(number: number): Place {
  const ranges = Array.from({ length: PARTITION_COUNT }, (_, each) => slotsOf(each));
  const place = placesOf(ranges)[number];
  if (place === undefined) throw new Error(`there is no partition ${number}`);
  return place;
}

function partitionOver(store: Store, number: number): Partition {
  return new Partition({ store, place: placeOf(number), ...slotsOf(number) });
}
