/** What commands may ask of the server around them. */
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import type { Store } from "../store/store.ts";
import type { Catalogue } from "./catalogue.ts";
import type { KeyspaceEvents } from "./keyspace-events.ts";
import type { LatencyLog } from "./latency-log.ts";
import type { Pause } from "./pause.ts";
import type { PushQueue } from "./push-queue.ts";
import type { SessionList } from "./session-list.ts";
import type { SlowLog } from "./slow-log.ts";
import type { ChartCache } from "./statechart/chart-cache.ts";
import type { Statistics } from "./statistics.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Tracking } from "./tracking.ts";
import type { WaiterControl } from "./wait.ts";
import type { WatchList } from "./watch-list.ts";

export interface ServerContext {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly store: Store;
  readonly sessions: SessionList;
  readonly watches: WatchList;
  readonly subscriptions: Subscriptions;
  readonly pushes: PushQueue;
  readonly keyspaceEvents: KeyspaceEvents;
  readonly tracking: Tracking;
  /** Compiled definitions. */
  readonly charts: ChartCache;
  readonly waiters: WaiterControl;
  readonly statistics: Statistics;
  readonly slowLog: SlowLog;
  readonly latencyLog: LatencyLog;
  /** CLIENT PAUSE. */
  readonly pause: Pause;
  /** 40 hexadecimal digits, new at every start. */
  readonly runId: string;
  /** A number from 0 to below 1, for RANDOMKEY and the like. */
  random(): number;
  /** Stops the server once this turn is committed. */
  shutdown(): void;
  /** Whether keys that are due are removed without anybody looking at them (DEBUG SET-ACTIVE-EXPIRE). */
  hasActiveExpiry: boolean;
}
