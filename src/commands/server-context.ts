/** What commands may ask of the server around them. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Pace } from "../base/pace.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { KeyUses } from "../clients/key-uses.ts";
import type { KeyspaceEvents } from "../clients/keyspace-events.ts";
import type { Monitors } from "../clients/monitors.ts";
import type { Pause } from "../clients/pause.ts";
import type { PushQueue } from "../clients/push-queue.ts";
import type { SessionList } from "../clients/session-list.ts";
import type { Subscriptions } from "../clients/subscriptions.ts";
import type { Tracking } from "../clients/tracking.ts";
import type { AclLog } from "../clients/users/acl-log.ts";
import type { UserLimits } from "../clients/users/limits.ts";
import type { Users } from "../clients/users/users.ts";
import type { WatchList } from "../clients/watch-list.ts";
import type { MessageBus } from "../cluster/message-bus.ts";
import type { ClusterView } from "../cluster/view.ts";
import type { Config } from "../config/config.ts";
import type { ConfigFiles } from "../config/config-files.ts";
import type { Partitions } from "../keyspace/partitions.ts";
import type { ChangeNotes } from "../machines/change-notes.ts";
import type { ChartCache } from "../machines/chart-cache.ts";
import type { Flow } from "../machines/flow.ts";
import type { LongCounts } from "../machines/long-counts.ts";
import type { OwnerRights } from "../machines/rights.ts";
import type { LatencyLog } from "../metrics/latency-log.ts";
import type { SlowLog } from "../metrics/slow-log.ts";
import type { Statistics } from "../metrics/statistics.ts";
import type { FunctionEngine } from "../scripts/function-engine.ts";
import type { ScriptEngine } from "../scripts/script-engine.ts";
import type { DemoControl } from "./demo-control.ts";
import type { HandoverState } from "./handover-state.ts";
import type { MemoryState } from "./memory-state.ts";
import type { OtherServers } from "./other-servers.ts";
import type { Saving } from "./saving.ts";
import type { WaiterControl } from "./waiter-control.ts";
import type { WhatIfControl } from "./what-if-control.ts";

/** A bound address, as INFO tells of it. */
export interface ListeningPlace {
  readonly place:
    | { readonly kind: "tcp" | "tls"; readonly host: string }
    | { readonly kind: "unix"; readonly path: string };
  readonly port: number;
}

export interface ServerContext {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  /** What it holds of the key space. */
  readonly partitions: Partitions;
  /** SAVE and BGSAVE. */
  readonly saving: Saving;
  readonly users: Users;
  /** What machines may do of their own accord. */
  readonly owners: OwnerRights;
  /** What users were refused. */
  readonly aclLog: AclLog;
  /** For the ACL file. */
  readonly files: ConfigFiles;
  readonly sessions: SessionList;
  readonly watches: WatchList;
  readonly subscriptions: Subscriptions;
  readonly pushes: PushQueue;
  readonly monitors: Monitors;
  readonly keyspaceEvents: KeyspaceEvents;
  readonly tracking: Tracking;
  /** Compiled definitions. */
  readonly charts: ChartCache;
  readonly scripts: ScriptEngine;
  readonly functions: FunctionEngine;
  readonly log: Log;
  readonly waiters: WaiterControl;
  /** The runs of SM.MIGRATION WHATIF. */
  readonly whatIf: WhatIfControl;
  readonly demo: DemoControl;
  /** How work is cut that runs beside requests. */
  readonly pace: Pace;
  readonly statistics: Statistics;
  /** How machines move, since the start. */
  readonly flow: Flow;
  /** Which machines have changed, for pages that follow them. */
  readonly changeNotes: ChangeNotes;
  /** Counts of all machines that take long walks. */
  readonly longCounts: LongCounts;
  readonly slowLog: SlowLog;
  readonly latencyLog: LatencyLog;
  /** Whether there is room for more. */
  memory: MemoryState;
  readonly userLimits: UserLimits;
  /** When keys were used last. */
  readonly keyUses: KeyUses;
  /** CLIENT PAUSE. */
  readonly pause: Pause;
  /** The cluster that the server is a member of, if it is one. */
  readonly cluster: ClusterView | undefined;
  readonly handovers: HandoverState;
  /** Messages of channels between its members. */
  readonly bus: MessageBus | undefined;
  /** Requests of users at its other members; undefined where there are none. */
  readonly asking: OtherServers | undefined;
  /** 40 hexadecimal digits, new at every start. */
  readonly runId: string;
  /** A number from 0 to below 1, for RANDOMKEY and the like. */
  random(): number;
  /** How many lines of the log could not be written. */
  droppedLogLineCount(): number;
  /** Where the server listens at the moment. */
  listeners(): readonly ListeningPlace[];
  /** Stops the server once this turn is committed. */
  shutdown(): void;
  /** Whether keys that are due are removed without anybody looking at them (DEBUG SET-ACTIVE-EXPIRE). */
  hasActiveExpiry: boolean;
}
