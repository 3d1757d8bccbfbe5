/** What commands may ask of the server around them. */
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import type { Store } from "../store/store.ts";
import type { Catalogue } from "./catalogue.ts";
import type { SessionList } from "./session-list.ts";
import type { ChartCache } from "./statechart/chart-cache.ts";
import type { Statistics } from "./statistics.ts";
import type { WatchList } from "./watch-list.ts";

export interface ServerContext {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly store: Store;
  readonly sessions: SessionList;
  readonly watches: WatchList;
  /** Compiled definitions. */
  readonly charts: ChartCache;
  readonly statistics: Statistics;
  /** 40 hexadecimal digits, new at every start. */
  readonly runId: string;
  /** A number from 0 to below 1, for RANDOMKEY and the like. */
  random(): number;
  /** Stops the server once this turn is committed; with `save` false the last flush is left out. */
  shutdown(): void;
  /** Holds back requests of clients until a time (CLIENT PAUSE); "write" holds only those that may write. */
  pause(untilMs: number, mode: "all" | "write"): void;
}
