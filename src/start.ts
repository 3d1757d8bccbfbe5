/**
 * The composition root, shared by the program and by tests that want the whole of it: opens the store, puts
 * dispatcher and executor over it and listens. Effects come in as options, so that a test turns the clock.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "./base/clock.ts";
import { CATALOGUE } from "./commands/catalogue.ts";
import { dispatcher } from "./commands/dispatch.ts";
import { HANDLERS } from "./commands/registry.ts";
import type { ServerContext } from "./commands/server-context.ts";
import { SessionList } from "./commands/session-list.ts";
import { newStatistics } from "./commands/statistics.ts";
import { WatchList } from "./commands/watch-list.ts";
import type { Config } from "./config/config.ts";
import { type Listener, listen } from "./net/listener.ts";
import { Executor } from "./server/executor.ts";
import type { Store } from "./store/store.ts";

export interface StartOptions {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** SHUTDOWN was asked for and its turn is committed. */
  readonly onShutdown: () => void;
}

export interface RunningServer {
  readonly context: ServerContext;
  readonly port: number;
  /** Commits what is ready, ends the connections and closes the store. */
  close(): Promise<void>;
}

/** @throws Error of the system when an address cannot be bound */
export async function start(options: StartOptions): Promise<RunningServer> {
  const { config, clock, store, log } = options;
  const context: ServerContext = {
    config,
    catalogue: CATALOGUE,
    clock,
    store,
    sessions: new SessionList(),
    watches: new WatchList(),
    statistics: newStatistics(clock.now()),
    runId: randomBytes(20).toString("hex"),
    random: Math.random,
    shutdown: () => setImmediate(options.onShutdown),
    pause: () => undefined,
  };
  const executor = new Executor({
    store,
    clock,
    databaseCount: config.get("databases"),
    dispatcher: dispatcher({
      server: context,
      handlers: HANDLERS,
      monotonicMs: () => performance.now(),
      onInternalError: (error) =>
        log(`internal error: ${error instanceof Error ? error.stack : String(error)}`),
    }),
    onCommitted: () => undefined,
    onCommitFailed: (error) => log(`the store takes no more writes: ${error.message}`),
  });
  const listener: Listener = await listen({
    port: config.get("port"),
    hosts: config.get("bind"),
    server: context,
    executor,
  });
  const close = async (): Promise<void> => {
    executor.stop();
    await listener.close();
    await store.close();
  };
  return { context, port: listener.port, close };
}
