/**
 * The whole server in the process of the test: on a port the system chooses, over a store in memory unless another
 * is given.
 */
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { MessageBus } from "../../src/cluster/message-bus.ts";
import type { ClusterView } from "../../src/cluster/view.ts";
import type { ServerContext } from "../../src/commands/server-context.ts";
import type { ConfigValues } from "../../src/config/directives.ts";
import { configOf } from "../../src/config/load.ts";
import type { Partition } from "../../src/keyspace/partitions.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { LoadLimits } from "../../src/server/loads.ts";
import type { ProcessMemory } from "../../src/server/memory-guard.ts";
import { type RunningServer, start } from "../../src/start.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { untilLoaded } from "../../src/storage/until-loaded.ts";
import { TestClient } from "./client.ts";
import { clusterAt } from "./cluster-database.ts";
import { forgetfulStore } from "./forgetful-store.ts";
import { assertSound } from "./stores.ts";

export interface TestServerOptions {
  /** The system's clock when none is given. */
  readonly clock?: Clock;
  /** Closed with the server, after a self-check. */
  readonly store?: Store;
  /** What it holds instead of a whole store at first, see `startPartitionedServer`; closed with it as well. */
  readonly partitions?: readonly Partition[];
  readonly config?: Partial<ConfigValues>;
  /** The cluster that it is a member of. */
  readonly cluster?: ClusterView;
  /** Messages of channels between its members. */
  readonly bus?: MessageBus;
  /** A port of the loopback interface; the system chooses one when none is given. */
  readonly port?: number;
  /** Instead of that of the process. */
  readonly memory?: ProcessMemory;
  /** Handlers that read or write keys run twice, the first time for nothing. */
  readonly rehearses?: boolean;
  /** Whether every turn lets the next ones run while it goes to disk, however small it is. */
  readonly overlaps?: boolean;
  /** See ExecutorOptions; where reads may miss, it waits when not told otherwise. */
  readonly waitsForDue?: boolean;
  readonly loadLimits?: LoadLimits;
  /** Whether it answers HTTP too, on a port that the system chooses. */
  readonly http?: boolean;
}

export interface TestServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly context: ServerContext;
  readonly running: RunningServer;
  /** A new connection, closed with the server. Speaks RESP2 until it says HELLO 3. */
  client(): Promise<TestClient>;
  /** @throws Error when the server answered with an internal error or its store does not agree with itself */
  close(): Promise<void>;
}

/**
 * With DETENT_FORGETFUL, a seed, it forgets: every read may miss and has to be loaded. With DETENT_POSTGRES, the address of a
 * PostgreSQL server for tests, it is a partition there, of which little is kept in memory.
 */
function memoryStore(): Promise<Store> {
  const { DETENT_FORGETFUL, DETENT_POSTGRES } = process.env;
  if (DETENT_POSTGRES !== undefined) return postgresStore(DETENT_POSTGRES);
  const ordered = new MemoryStore();
  if (DETENT_FORGETFUL === undefined) return Promise.resolve(Store.over(ordered, OBJECT_TYPES));
  const forgetful = forgetfulStore(ordered, { seed: Number(DETENT_FORGETFUL) });
  return untilLoaded(() => Store.over(forgetful, OBJECT_TYPES));
}

async function postgresStore(server: string): Promise<Store> {
  const url = await clusterAt(server, "owner");
  const limits = {
    journalBytesMax: 100_000,
    tableBytesMax: 100_000,
    derivedBytesMax: 50_000,
    cacheBytesMax: 50_000,
  };
  return Store.openPostgres({ url, partition: 0, owner: "owner", epoch: 1, limits }, OBJECT_TYPES);
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const store = options.store ?? (await memoryStore());
  const logged: string[] = [];
  const server = await start({
    config: configOf({ port: 0, bind: ["127.0.0.1"], ...options.config }),
    store,
    ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
    clock: options.clock ?? systemClock(),
    log: (line) => logged.push(line),
    onShutdown: () => undefined,
    cluster: options.cluster,
    bus: options.bus,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.memory === undefined ? {} : { memory: options.memory }),
    rehearses: options.rehearses === true,
    turns: {
      alwaysOverlaps: options.overlaps,
      waitsForDue: options.waitsForDue ?? store.mayMiss,
      loadLimits: options.loadLimits,
    },
    httpPort: options.http === true ? 0 : "none",
  });
  const clients: TestClient[] = [];
  const client = async (): Promise<TestClient> => {
    const opened = await TestClient.connect(server.port);
    clients.push(opened);
    return opened;
  };
  /** Those that are sound, as far as is known. */
  const stores = (): readonly Store[] => {
    const { all } = server.context.partitions;
    const held = options.partitions === undefined ? [store] : [store, ...all.map((one) => one.store)];
    return held.filter(({ failure }) => failure === undefined);
  };
  const close = async (): Promise<void> => {
    for (const opened of clients) await opened.close();
    const { internalErrors } = server.context.statistics;
    try {
      if (internalErrors > 0) {
        throw new Error(`${internalErrors} requests ended in an internal error:\n${logged.join("\n")}`);
      }
      for (const each of stores()) await untilLoaded(() => assertSound(each.begin()));
    } finally {
      const held = stores();
      await server.close();
      for (const each of held) if (each !== store) await each.close();
    }
  };
  const url = `http://127.0.0.1:${server.httpPort}`;
  return { port: server.port, url, context: server.context, running: server, client, close };
}
