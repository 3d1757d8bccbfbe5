/** What commands may ask of the server around them, as a server that starts has it. */
import { randomBytes } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { Pace } from "../base/pace.ts";
import { CATALOGUE } from "../catalogue/catalogue.ts";
import { renameCommands } from "../catalogue/renaming.ts";
import { KeyUses } from "../clients/key-uses.ts";
import { KeyspaceEvents } from "../clients/keyspace-events.ts";
import { Monitors } from "../clients/monitors.ts";
import { Pause } from "../clients/pause.ts";
import { PushQueue } from "../clients/push-queue.ts";
import { SessionList } from "../clients/session-list.ts";
import { Subscriptions } from "../clients/subscriptions.ts";
import { Tracking } from "../clients/tracking.ts";
import { AclLog } from "../clients/users/acl-log.ts";
import { UserLimits } from "../clients/users/limits.ts";
import { ownerRights } from "../clients/users/owners.ts";
import { startingUsers } from "../clients/users/starting.ts";
import type { Users } from "../clients/users/users.ts";
import { WatchList } from "../clients/watch-list.ts";
import type { MessageBus } from "../cluster/message-bus.ts";
import type { ClusterView } from "../cluster/view.ts";
import { ROOM } from "../commands/memory-state.ts";
import type { Saving } from "../commands/saving.ts";
import type { ListeningPlace, ServerContext } from "../commands/server-context.ts";
import { REDIS_VERSION } from "../commands/versions.ts";
import type { WaiterControl } from "../commands/waiter-control.ts";
import type { Config } from "../config/config.ts";
import { nodeConfigFiles } from "../config/config-files.ts";
import type { Partitions } from "../keyspace/partitions.ts";
import { ChangeNotes } from "../machines/change-notes.ts";
import { ChartCache } from "../machines/chart-cache.ts";
import { Flow } from "../machines/flow.ts";
import { LongCounts } from "../machines/long-counts.ts";
import { LatencyLog } from "../metrics/latency-log.ts";
import { SlowLog } from "../metrics/slow-log.ts";
import { newStatistics } from "../metrics/statistics.ts";
import { FunctionEngine } from "../scripts/function-engine.ts";
import { ScriptEngine } from "../scripts/script-engine.ts";
import { Asking } from "./asking.ts";
import { DemoWork } from "./demo/demo-work.ts";
import { faultLog } from "./faults.ts";
import { Handovers } from "./handovers.ts";
import type { Requests } from "./inner-session.ts";
import { WhatIfWork } from "./what-if-work.ts";

export interface ContextOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly partitions: Partitions;
  readonly saving: Saving;
  readonly waiters: WaiterControl;
  /** The executor, for sessions of the server's own; without one they are not served. */
  readonly requests?: Requests;
  /** The cluster that the server is a member of; none, when it is not given. */
  readonly cluster?: ClusterView | undefined;
  /** Instead of those of the configuration: of a run before this one. */
  readonly users?: Users | undefined;
  /** Messages of channels between its members. */
  readonly bus?: MessageBus | undefined;
  /** Without one, nothing is logged. */
  readonly log?: Log;
  /** How many lines of the log could not be written; none, when it is not given. */
  readonly droppedLogLineCount?: () => number;
  /** Where the server listens at the moment; nowhere, when it is not given. */
  readonly listeners?: () => readonly ListeningPlace[];
  /** SHUTDOWN was asked for and its turn is committed. */
  readonly onShutdown: () => void;
}

/** @throws UsersError when the configuration names users that cannot be */
export function newServerContext({
  config,
  clock,
  partitions,
  saving,
  waiters,
  cluster,
  users = startingUsers({ catalogue: CATALOGUE, config }, nodeConfigFiles),
  bus,
  requests = { wake: () => undefined, forget: () => undefined },
  log = () => undefined,
  droppedLogLineCount = () => 0,
  listeners = () => [],
  onShutdown,
}: ContextOptions): ServerContext {
  const engineOptions = { config, redisVersion: REDIS_VERSION, monotonicMs: () => clock.monotonicMs() };
  const sessions = new SessionList();
  const pushes = new PushQueue();
  const subscriptions = new Subscriptions(pushes, bus);
  const statistics = newStatistics(clock.now());
  const onFault = faultLog(log, statistics);
  const context: ServerContext = {
    config,
    catalogue: renameCommands(CATALOGUE, config.get("rename-command")),
    clock,
    partitions,
    users,
    owners: ownerRights(users, CATALOGUE),
    saving,
    aclLog: new AclLog(),
    files: nodeConfigFiles,
    sessions,
    watches: new WatchList(),
    subscriptions,
    pushes,
    monitors: new Monitors(pushes),
    tracking: new Tracking({ config, sessions, pushes }),
    keyspaceEvents: new KeyspaceEvents(config, subscriptions),
    charts: new ChartCache(),
    scripts: new ScriptEngine(engineOptions),
    functions: new FunctionEngine(engineOptions),
    log,
    waiters,
    whatIf: new WhatIfWork({ clock, onFault, server: () => context }),
    demo: new DemoWork({ clock, requests, server: () => context }),
    pace: new Pace(() => clock.monotonicMs()),
    statistics,
    flow: new Flow(clock.now()),
    changeNotes: new ChangeNotes(clock),
    longCounts: new LongCounts(),
    cluster,
    handovers: new Handovers({ clock, config, cluster, partitions }),
    bus,
    asking: bus && cluster && new Asking({ bus, cluster, clock, requests, server: () => context }),
    runId: randomBytes(20).toString("hex"),
    random: Math.random,
    droppedLogLineCount,
    listeners,
    shutdown: () => setImmediate(onShutdown),
    slowLog: new SlowLog(),
    latencyLog: new LatencyLog(),
    pause: new Pause(),
    keyUses: new KeyUses(config, clock.now(), Math.random),
    userLimits: new UserLimits(config, sessions),
    memory: ROOM,
    hasActiveExpiry: true,
  };
  return context;
}
