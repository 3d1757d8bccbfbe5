/**
 * The composition root, shared by the program and by tests that want the whole of it: opens the store, puts
 * dispatcher and executor over it and listens. Effects come in as options, so that a test turns the clock.
 */

import type { Clock } from "./base/clock.ts";
import { roundsOfEventLoop } from "./base/event-loop.ts";
import type { Log } from "./base/log.ts";
import { Stopwatch } from "./base/stopwatch.ts";
import type { Users } from "./clients/users/users.ts";
import type { MessageBus } from "./cluster/message-bus.ts";
import type { ClusterView } from "./cluster/view.ts";
import { HANDLERS } from "./commands/registry.ts";
import type { ServerContext } from "./commands/server-context.ts";
import type { Config } from "./config/config.ts";
import type { HttpOptions, HttpServer } from "./http/server.ts";
import { Partition, Partitions } from "./keyspace/partitions.ts";
import type { Store } from "./keyspace/store.ts";
import { connections } from "./net/connections.ts";
import { type Listening, type SecureHttp, startListening } from "./net/listening.ts";
import { processMemory } from "./process-memory.ts";
import { BackgroundSave } from "./server/background-save.ts";
import { linkBus } from "./server/bus-link.ts";
import { newServerContext } from "./server/context.ts";
import { CommandDispatcher } from "./server/dispatch.ts";
import { DueWork } from "./server/due-work.ts";
import { Executor, type ExecutorOptions } from "./server/executor.ts";
import { faultLog } from "./server/faults.ts";
import { addPartition, removePartition, sharedChanges } from "./server/held-partitions.ts";
import { Holding } from "./server/holding.ts";
import { mailOf } from "./server/mail.ts";
import { MemoryGuard, type ProcessMemory } from "./server/memory-guard.ts";
import { migrate } from "./server/migrations.ts";
import type { SharedChangesOptions } from "./server/shared-changes.ts";
import { Waiters } from "./server/waiters.ts";

export interface StartOptions {
  readonly config: Config;
  /** All keys there are; with `partitions`, what requests without keys see while none is held. */
  readonly store: Store;
  /** What the server holds of the key space, instead of all of it. */
  readonly partitions?: readonly Partition[];
  readonly clock: Clock;
  readonly log: Log;
  /** The cluster that the server is a member of, if it is one. */
  readonly cluster?: ClusterView | undefined;
  /** Instead of those of the configuration: of a run before this one. */
  readonly users?: Users | undefined;
  /** Messages of channels between its members. */
  readonly bus?: MessageBus | undefined;
  /** Where the cluster has several partitions, what belongs to all of them is changed through it. */
  readonly clusterLog?: SharedChangesOptions["log"] | undefined;
  /** How many lines of the log could not be written. */
  readonly droppedLogLineCount?: () => number;
  /** Instead of the directive's port; 0 lets the system choose one. */
  readonly port?: number | "none";
  /** Instead of `http-port`; 0 lets the system choose one. */
  readonly httpPort?: number | "none";
  /** SHUTDOWN was asked for and its turn is committed. */
  readonly onShutdown: () => void;
  /** Instead of that of the process: for tests. */
  readonly memory?: ProcessMemory;
  /** For tests: see RunnerOptions. */
  readonly rehearses?: boolean;
  /** How turns go, where not in the ordinary way. */
  readonly turns?: Pick<ExecutorOptions, "alwaysOverlaps" | "waitsForDue" | "loadLimits">;
}

export interface RunningServer {
  readonly context: ServerContext;
  /** The TCP port; 0 when there is none. */
  readonly port: number;
  /** The port of HTTP; 0 when there is none. */
  readonly httpPort: number;
  /** Where it listens, as an operator reads it, and by which kinds of socket. */
  readonly addresses: readonly string[];
  readonly listenerKinds: readonly string[];
  /** Commits what is ready, lets clients take their replies, ends the connections and closes the store. */
  close(): Promise<void>;
  /** Ends at once: nothing is committed or answered any more, for who may not serve any longer. */
  abandon(): Promise<void>;
  /**
   * Holds a partition from now on, whose store is open; the view says when it is served.
   * @param owner as the row of the partition names it
   */
  addPartition(partition: Partition, owner?: string): Promise<void>;
  /**
   * Does not hold it any more: whoever waits at its keys reads UNBLOCKED, and what its store has not settled is never answered,
   * the connections of that being closed. The store stays open.
   */
  removePartition(partition: Partition): Promise<void>;
}

/**
 * The store is left open when this throws.
 * @throws ListenError when an address cannot be listened on, UsersError when the configured users cannot be
 */
export async function start(options: StartOptions): Promise<RunningServer> {
  const { config, clock, store, log } = options;
  const partitions = await partitionsOf(options);
  const waiters = new Waiters();
  let listening: Listening | undefined;
  const saving = new BackgroundSave({ config, store, partitions, clock, log });
  const context = newServerContext({
    config,
    clock,
    partitions,
    saving,
    waiters,
    cluster: options.cluster,
    users: options.users,
    bus: options.bus,
    requests: {
      wake: (endpoint) => executor.wake(endpoint),
      forget: (endpoint) => executor.forget(endpoint),
    },
    log,
    ...(options.droppedLogLineCount === undefined
      ? {}
      : { droppedLogLineCount: options.droppedLogLineCount }),
    listeners: () => listening?.listeners ?? [],
    onShutdown: options.onShutdown,
  });
  const stopwatch = new Stopwatch(() => clock.monotonicMs());
  const onFault = faultLog(log, context.statistics);
  const shared = sharedChanges({
    ...{ server: context, clock, log, clusterLog: options.clusterLog },
    onWork: () => executor.lookForWork(),
  });
  const executor = new Executor({
    clock,
    stopwatch,
    server: context,
    waiters,
    databaseCount: config.get("databases"),
    ...options.turns,
    dueWork: (partition) => new DueWork({ server: context, partition, onFault }),
    mail: mailOf({ server: context, clock, onFault }),
    dispatcher: new CommandDispatcher({
      server: context,
      handlers: HANDLERS,
      stopwatch,
      onFault,
      shared,
      rehearses: options.rehearses === true,
    }),
    onCommitted: (changes) => {
      context.flow.note(changes);
      context.changeNotes.note(changes);
    },
    onCommitFailed: (error) => {
      context.charts.clear();
      log(`the store takes no more writes: ${error.message}`, "warning");
    },
  });
  const holding = new Holding({ config, clock, partitions, executor, log });
  const endWatch = config.onChange((change) => {
    if (change.name === "sm-cache-bytes") holding.divideCache();
    if (change.name === "sm-ingest-stream") executor.lookForWork();
    if (change.name === "appendfsync") holding.setFlushPolicy();
    if (change.name === "requirepass") context.users.setDefaultPassword(config.get("requirepass"));
    return undefined;
  });
  const guard = new MemoryGuard({
    config,
    clock,
    partitions,
    log,
    memory: options.memory ?? processMemory(),
    forget: () => context.charts.clear(),
  });
  context.memory = guard;
  const clients = connections({ server: context, executor, log });
  const unlinkBus = linkBus(options.bus, context);
  const endWork = (): void => {
    unlinkBus();
    context.asking?.close();
    endWatch();
    shared?.stop();
    holding.end();
    context.whatIf.stop();
    context.demo.close();
    guard.stop();
  };
  let http: HttpServer | undefined;
  try {
    http = await startHttp(options, { server: context, executor, onFault });
    listening = await startListening({
      config,
      connections: clients,
      log,
      port: options.port ?? config.get("port"),
      onRefused: () => {
        context.statistics.rejectedConnectionCount += 1;
      },
      secureHttp: secureHttpOf(config, http),
    });
  } catch (error) {
    listening?.close();
    await http?.close();
    executor.stop();
    endWork();
    await clients.close(0);
    throw error;
  }
  const held = { server: context, holding, shared, waiters, log };
  const abandon = async (): Promise<void> => {
    executor.abandon();
    listening?.close();
    clients.abandon();
    endWork();
    await http?.close();
    await saving.close();
  };
  const close = async (): Promise<void> => {
    listening?.close();
    // Those who wait can go on at another server of the cluster.
    if (options.cluster !== undefined) waiters.endAll();
    // What clients had sent before the end may still lie with the system: two rounds of the event loop read it.
    await roundsOfEventLoop(2);
    executor.stop();
    endWork();
    await http?.close();
    await clients.close(config.get("shutdown-timeout") * 1000);
    await saving.close();
    await store.close();
  };
  const { listeners } = listening;
  return {
    context,
    port: listeners.find(({ place }) => place.kind === "tcp")?.port ?? 0,
    httpPort: http?.port ?? 0,
    addresses: addressesOf(listening, http),
    listenerKinds: [...new Set(listeners.map(({ place }) => place.kind))],
    close,
    abandon,
    addPartition: (partition, owner = "") => addPartition(held, partition, owner),
    removePartition: (partition) => removePartition(held, partition),
  };
}

/** What the server holds at first. */
async function partitionsOf({ store, partitions: given, log }: StartOptions): Promise<Partitions> {
  const whole = new Partition({ store });
  const partitions = new Partitions(whole);
  for (const partition of given ?? [whole]) {
    await migrate(partition.store, log);
    partitions.add(partition);
  }
  return partitions;
}

/** What HTTP needs is loaded where there is a port for it alone: it takes a tenth of a second and some megabytes. */
async function startHttp(
  { config, httpPort }: StartOptions,
  parts: Pick<HttpOptions, "server" | "executor" | "onFault">,
): Promise<HttpServer | undefined> {
  const port = httpPort ?? (config.get("http-port") === 0 ? "none" : config.get("http-port"));
  if (port === "none" && config.get("http-tls-port") === 0) return undefined;
  const { serveHttp } = await import("./http/server.ts");
  return serveHttp({ ...parts, port, hosts: httpHosts(config) });
}

function httpHosts(config: Config): readonly string[] {
  return config.get("http-bind").length > 0 ? config.get("http-bind") : config.get("bind");
}

function addressesOf({ listeners, secureHttp }: Listening, http: HttpServer | undefined): readonly string[] {
  return [
    ...listeners.map(({ address }) => address),
    ...(http?.addresses ?? []),
    ...secureHttp.map(({ address }) => `https://${address}`),
  ];
}

/** HTTP over TLS, whose port is looked after where TLS is. */
function secureHttpOf(config: Config, http: HttpServer | undefined): SecureHttp | undefined {
  const port = config.get("http-tls-port");
  if (port === 0 || http === undefined) return undefined;
  return {
    port,
    hosts: httpHosts(config),
    isFull: (pendingCount) => http.isFull(pendingCount),
    accept: (socket, commonName) => http.accept(socket, commonName),
  };
}
