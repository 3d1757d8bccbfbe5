/** /metrics: the figures of the server in the text format of Prometheus. */
import { collectDefaultMetrics, Registry } from "prom-client";
import { assert } from "../base/assert.ts";
import { ownRole } from "../commands/cluster/topology.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { DETENT_VERSION } from "../commands/versions.ts";
import { decodedFigures, readEverywhere, statusOf, timersFrom } from "../keyspace/held.ts";
import {
  type MachineCount,
  machineCounts,
  type OverdueCount,
  type StreamFigures,
  streamFigures,
  type TimerFigures,
} from "../machines/figures.ts";
import { untilLoaded } from "../storage/until-loaded.ts";
import { type Definer, definer, type Sample } from "./metric-definer.ts";

/** Codes of errors that refuse an event or a change of a machine. */
const REFUSALS: ReadonlySet<string> = new Set([
  "NOMACHINE",
  "NODEF",
  "ILLEGAL",
  "GUARD",
  "REJECTED",
  "INVARIANT",
  "DUPID",
  "STALE",
  "SUSPENDED",
  "DONE",
  "NOSTATE",
  "EXECFAIL",
]);

/** Four series for each state. */
const STAYS_MAX = 2500;
const QUANTILES = [0.5, 0.95];

/** The facts of the process: one set, whichever servers run in it. */
let processRegistry: Registry | undefined;

function processFacts(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry, eventLoopMonitoringPrecision: 20 });
    // Gauges that are named as counters are: checkers refuse them, and the metrics without the suffix tell more.
    for (const kind of ["handles", "requests", "resources"])
      processRegistry.removeSingleMetric(`nodejs_active_${kind}_total`);
  }
  return processRegistry;
}

export interface Metrics {
  readonly contentType: string;
  /** The figures of this moment. */
  text(): Promise<string>;
}

export function metricsOf(server: ServerContext): Metrics {
  const registry = new Registry();
  const define = definer(registry);
  // What several metrics are made of is read once for all of them.
  let known: Figures | undefined;
  const figures = () => {
    assert(known !== undefined, "figures are read before they are written down");
    return known;
  };
  serverMetrics(server, define);
  clusterMetrics(server, define);
  storeMetrics(server, figures, define);
  machineMetrics(figures, define);
  stayMetrics(server, define);
  const facts = processFacts();
  return {
    contentType: registry.contentType,
    text: async () => {
      known = await untilLoaded(() => figuresOf(server));
      return `${await define.text()}\n${await facts.metrics()}`;
    },
  };
}

interface Figures {
  readonly status: ReturnType<typeof statusOf>;
  readonly counts: readonly MachineCount[];
  readonly timers: TimerFigures;
  readonly overdue: readonly OverdueCount[];
  readonly streams: readonly StreamFigures[];
}

function figuresOf({ config, clock, partitions, longCounts }: ServerContext): Figures {
  const everywhere = readEverywhere(partitions, config.get("databases"), clock.now());
  return {
    status: statusOf(partitions),
    counts: machineCounts(everywhere),
    timers: longCounts.timers(everywhere, timersFrom(partitions)),
    overdue: longCounts.overdue(everywhere),
    streams: streamFigures(everywhere),
  };
}

function serverMetrics(server: ServerContext, { gauge, counter, durations }: Definer): void {
  const { sessions, waiters, clock, slowLog } = server;
  const statistics = () => server.statistics;
  gauge("info", "The version of the server, as a label.", () => [[{ version: DETENT_VERSION }, 1]], [
    "version",
  ]);
  gauge("uptime_seconds", "Time since the start.", () => (clock.now() - statistics().startedAtMs) / 1000);
  durations(
    "command_duration_seconds",
    "How long commands took to run, without the commit of their turn.",
    function* () {
      for (const [command, { durations }] of statistics().commands)
        if (durations.count > 0) yield [{ command }, durations];
    },
  );
  counter(
    "command_rejected_total",
    "Requests that were refused before their command ran: arity, permissions, a store that takes no writes.",
    function* () {
      for (const [command, { rejectedCalls }] of statistics().commands)
        if (rejectedCalls > 0) yield [{ command }, rejectedCalls];
    },
    ["command"],
  );
  durations("turn_duration_seconds", "How long turns of the executor took, commit included.", () => [
    [{}, statistics().turns],
  ]);
  counter("errors_total", "Error replies by their code.", () => codes(() => true), ["code"]);
  counter(
    "refusals_total",
    "Error replies that refuse an event or a change of a machine, by their code.",
    () => codes((code) => REFUSALS.has(code)),
    ["code"],
  );
  function* codes(isWanted: (code: string) => boolean): Iterable<Sample> {
    for (const [code, count] of statistics().errors) if (isWanted(code)) yield [{ code }, count];
  }
  counter(
    "internal_errors_total",
    "Requests that met a fault of the server.",
    () => statistics().internalErrors,
  );
  gauge("connections", "Sessions that are open, those of HTTP among them.", () => sessions.size);
  gauge("blocked_clients", "Sessions that wait for a key to change.", () => waiters.size);
  counter("connections_total", "Connections accepted.", () => statistics().connectionCount);
  counter(
    "connections_rejected_total",
    "Connections turned away.",
    () => statistics().rejectedConnectionCount,
  );
  counter("net_input_bytes_total", "Bytes received from clients.", () => statistics().netInputBytes);
  counter("net_output_bytes_total", "Bytes sent to clients.", () => statistics().netOutputBytes);
  counter("keyspace_hits_total", "Reads that found their key.", () => statistics().keyspaceHits);
  counter("keyspace_misses_total", "Reads that found no key.", () => statistics().keyspaceMisses);
  counter("expired_keys_total", "Keys removed because they expired.", () => statistics().expiredKeys);
  gauge("slowlog_entries", "Entries of the slow log.", () => slowLog.length);
}

function clusterMetrics({ cluster }: ServerContext, { gauge }: Definer): void {
  gauge(
    "cluster_owner",
    "1 while this server owns slots of its cluster, and where it is part of none.",
    () => (cluster === undefined || ownRole(cluster) === "master" ? 1 : 0),
  );
  gauge(
    "cluster_members",
    "Servers of the cluster that show themselves; 0 where there is none.",
    () => (cluster?.members ?? []).filter(({ isAlive }) => isAlive).length,
  );
  gauge(
    "cluster_epoch",
    "How often the slots of the cluster have changed hands; 0 where there is none.",
    () => cluster?.epoch ?? 0,
  );
}

function storeMetrics(
  { partitions }: ServerContext,
  figures: () => Figures,
  { gauge, counter }: Definer,
): void {
  const status = () => figures().status;
  gauge("store_up", "1 while the store takes writes.", () => (partitions.failure === undefined ? 1 : 0));
  gauge("store_congested", "1 while writes wait for the disk.", () => (partitions.isCongested ? 1 : 0));
  gauge("store_journal_bytes", "Bytes of the journals' files.", () => status().journalBytes);
  gauge("store_data_bytes", "Bytes of the data file.", () => status().dataBytes);
  gauge("store_pending_bytes", "Memory of what waits for the checkpoint.", () => status().pendingBytes);
  gauge("store_pending_bytes_max", "How much that may be.", () => status().pendingBytesMax);
  gauge(
    "store_unflushed_commits",
    "Commits that are not known to be on disk.",
    () => status().unflushedCommits,
  );
  counter("store_syncs_total", "Syncs of a journal.", () => status().flushCount);
  counter("store_sync_seconds_total", "Time that syncs took.", () => status().flushTotalMs / 1000);
  counter("store_checkpoints_total", "Checkpoints that were finished.", () => status().checkpointCount);
  gauge("store_checkpoint_seconds", "How long the last checkpoint took.", () => status().checkpointMs / 1000);
  counter(
    "store_cache_hits_total",
    "Reads of the data file that the cache answered.",
    () => status().cacheHits,
  );
  counter("store_cache_misses_total", "Reads that went to the data file.", () => status().cacheMisses);
  gauge(
    "machine_cache_bytes",
    "Memory for machines that were read, about.",
    () => decodedFigures(partitions).bytes,
  );
  counter(
    "machine_cache_hits_total",
    "Machines that were found decoded.",
    () => decodedFigures(partitions).hits,
  );
  counter(
    "machine_cache_misses_total",
    "Machines that had to be decoded.",
    () => decodedFigures(partitions).misses,
  );
}

function machineMetrics(figures: () => Figures, { gauge }: Definer): void {
  const timers = () => figures().timers;
  const streams = () => figures().streams;
  gauge(
    "machines",
    "Machines by database, definition and status.",
    function* () {
      for (const { database, definition, state, status, count } of figures().counts)
        if (state === undefined) yield [{ db: database, definition, status }, count];
    },
    ["db", "definition", "status"],
  );
  gauge(
    "machines_in_state",
    "Machines by active state, outer states too; a machine counts once for each.",
    function* () {
      for (const { database, definition, state, status, count } of figures().counts)
        if (state !== undefined) yield [{ db: database, definition, state, status }, count];
    },
    ["db", "definition", "state", "status"],
  );
  gauge(
    "machines_overdue",
    "States of machines that have lasted longer than their sla; 10000 stands for more.",
    () => figures().overdue.map(({ database, count }): Sample => [{ db: database }, count]),
    ["db"],
  );
  gauge(
    "machines_overdue_seconds",
    "By how much the longest of them has.",
    () => figures().overdue.map(({ database, longestMs }): Sample => [{ db: database }, longestMs / 1000]),
    ["db"],
  );
  gauge(
    "timers_pending",
    "Timers and scheduled events that are armed; 10000 stands for more.",
    () => timers().pending,
  );
  gauge("timers_late", "Timers that have been due for a second or more.", () => timers().late);
  gauge(
    "timers_lateness_seconds",
    "How long the first of them has been due.",
    () => timers().latenessMs / 1000,
  );
  gauge(
    "stream_length",
    "Entries of the streams that machines write; sm:dead holds dead letters.",
    () => streams().map(({ database, name, length }): Sample => [{ db: database, stream: name }, length]),
    ["db", "stream"],
  );
  const groupSamples = (pick: (group: { pending: number; lag: number | undefined }) => number | undefined) =>
    streams().flatMap(({ database, name, groups }) =>
      groups.flatMap((group): Sample[] => {
        const value = pick(group);
        return value === undefined ? [] : [[{ db: database, stream: name, group: group.name }, value]];
      }),
    );
  const groupLabels = ["db", "stream", "group"];
  gauge(
    "group_lag",
    "Entries that a consumer group has not been given yet.",
    () => groupSamples(({ lag }) => lag),
    groupLabels,
  );
  gauge(
    "group_pending",
    "Entries that a consumer group was given and has not acknowledged.",
    () => groupSamples(({ pending }) => pending),
    groupLabels,
  );
}

function stayMetrics({ flow }: ServerContext, { summaries }: Definer): void {
  summaries(
    "state_stay_seconds",
    "How long machines stayed in the states that they have left, to one part in eight.",
    function* () {
      for (const { database, definition, state, stays } of flow.stays(STAYS_MAX))
        yield [
          { db: database, definition, state },
          {
            quantiles: new Map(QUANTILES.map((one) => [one, stays.percentile(one * 100) / 1000])),
            sum: stays.totalMs / 1000,
            count: stays.count,
          },
        ];
    },
  );
}
