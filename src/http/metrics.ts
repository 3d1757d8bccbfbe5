/** /metrics: the figures of the server in the text format of Prometheus. */
import { collectDefaultMetrics, Registry } from "prom-client";
import { assert } from "../base/assert.ts";
import { type PartitionFigures, partitionFigures } from "../commands/cluster/partition-figures.ts";
import { ownRole } from "../commands/cluster/topology.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { DETENT_VERSION } from "../commands/versions.ts";
import { decodedFigures, readEverywhere, statusOf, timersFrom } from "../keyspace/held.ts";
import { machineCounts, streamFigures } from "../machines/figures.ts";
import { untilLoaded } from "../storage/until-loaded.ts";
import { type MachineFigures, machineMetrics, stayMetrics, streamMetrics } from "./machine-metrics.ts";
import { type Definer, definer, type Sample } from "./metric-definer.ts";
import { partitionMetrics } from "./partition-metrics.ts";

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
  partitionMetrics(server, () => figures().partitions, define);
  storeMetrics(server, figures, define);
  machineMetrics(figures, define);
  stayMetrics(server, define);
  streamMetrics(figures, define);
  const facts = processFacts();
  return {
    contentType: registry.contentType,
    text: async () => {
      known = await untilLoaded(() => figuresOf(server));
      return `${await define.text()}\n${await facts.metrics()}`;
    },
  };
}

interface Figures extends MachineFigures {
  readonly status: ReturnType<typeof statusOf>;
  readonly partitions: readonly PartitionFigures[];
}

function figuresOf(server: ServerContext): Figures {
  const { config, clock, partitions, longCounts } = server;
  const everywhere = readEverywhere(partitions, config.get("databases"), clock.now());
  return {
    status: statusOf(partitions),
    partitions: partitionFigures(server, everywhere),
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
