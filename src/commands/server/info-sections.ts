/**
 * The sections of INFO, with the fields that clients and dashboards read. A field of Redis that has no meaning here
 * is left out, unless somebody is known to stumble over its absence.
 */
import { release } from "node:os";
import { statusOf } from "../../keyspace/held.ts";
import { partitionLines } from "../cluster/partition-figures.ts";
import { ownMaster, ownRole, portFor } from "../cluster/topology.ts";
import type { Call } from "../handler.ts";
import type { ListeningPlace } from "../server-context.ts";
import { DETENT_VERSION, REDIS_VERSION } from "../versions.ts";
import { memoryLines } from "./info-memory.ts";
import { statemachineLines } from "./info-statemachine.ts";
import { MODULE_NAME, MODULE_VERSION } from "./module-list.ts";

export interface InfoSection {
  readonly title: string;
  /** Whether INFO without arguments has it. */
  readonly isDefault: boolean;
  /** `field:value`, without line breaks. */
  readonly lines: (call: Call) => readonly string[];
}

export const INFO_SECTIONS: readonly InfoSection[] = [
  { title: "Server", isDefault: true, lines: serverLines },
  { title: "Clients", isDefault: true, lines: clientLines },
  { title: "Memory", isDefault: true, lines: memoryLines },
  { title: "Persistence", isDefault: true, lines: persistenceLines },
  { title: "Stats", isDefault: true, lines: statsLines },
  { title: "Replication", isDefault: true, lines: replicationLines },
  { title: "CPU", isDefault: true, lines: cpuLines },
  { title: "Modules", isDefault: true, lines: moduleLines },
  { title: "Statemachine", isDefault: false, lines: statemachineLines },
  { title: "Commandstats", isDefault: false, lines: commandLines },
  { title: "Latencystats", isDefault: false, lines: latencyLines },
  { title: "Errorstats", isDefault: true, lines: errorLines },
  { title: "Cluster", isDefault: true, lines: clusterLines },
  { title: "Keyspace", isDefault: true, lines: keyspaceLines },
];

function serverLines({ server, nowMs }: Call): readonly string[] {
  const uptimeSeconds = Math.floor((nowMs - server.statistics.startedAtMs) / 1000);
  return [
    `redis_version:${REDIS_VERSION}`,
    "redis_git_sha1:00000000",
    "redis_git_dirty:0",
    "redis_build_id:0",
    `redis_mode:${server.cluster === undefined ? "standalone" : "cluster"}`,
    `detent_version:${DETENT_VERSION}`,
    `os:${process.platform} ${release()} ${process.arch}`,
    "arch_bits:64",
    "monotonic_clock:POSIX clock_gettime",
    "multiplexing_api:epoll",
    `node_version:${process.versions.node}`,
    `process_id:${process.pid}`,
    "process_supervised:no",
    `run_id:${server.runId}`,
    `tcp_port:${server.config.get("port") || server.config.get("tls-port")}`,
    `server_time_usec:${nowMs * 1000}`,
    `uptime_in_seconds:${uptimeSeconds}`,
    `uptime_in_days:${Math.floor(uptimeSeconds / 86_400)}`,
    `hz:${server.config.get("hz")}`,
    `configured_hz:${server.config.get("hz")}`,
    `lru_clock:${Math.floor(nowMs / 1000) & 0xff_ffff}`,
    `executable:${process.execPath}`,
    `config_file:${server.config.file ?? ""}`,
    "io_threads_active:0",
    ...listenerLines(server.listeners()),
  ];
}

/** A line for each kind of socket, with its addresses as `bind` has them. */
function listenerLines(places: readonly ListeningPlace[]): readonly string[] {
  const kinds = [...new Set(places.map(({ place }) => place.kind))];
  return kinds.map((kind, index) => {
    const ofKind = places.filter(({ place }) => place.kind === kind);
    const binds = ofKind.map(({ place }) => `,bind=${place.kind === "unix" ? place.path : place.host}`);
    const [first] = ofKind;
    const port = kind === "unix" ? "" : `,port=${first?.port}`;
    return `listener${index}:name=${kind}${binds.join("")}${port}`;
  });
}

function clientLines({ server }: Call): readonly string[] {
  const all = [...server.sessions.all()];
  const connections = all.map((session) => server.sessions.connectionOf(session));
  const longest = (bytes: readonly number[]) => bytes.reduce((most, one) => Math.max(most, one), 0);
  return [
    `connected_clients:${all.length}`,
    "cluster_connections:0",
    `maxclients:${server.config.get("maxclients")}`,
    `client_recent_max_input_buffer:${longest(connections.map((one) => one?.queryBytes ?? 0))}`,
    `client_recent_max_output_buffer:${longest(connections.map((one) => one?.outputBytes ?? 0))}`,
    `blocked_clients:${server.waiters.size + server.waiters.heldCount}`,
    `tracking_clients:${server.tracking.sessionCount}`,
    "clients_in_timeout_table:0",
  ];
}

function persistenceLines({ server }: Call): readonly string[] {
  const { saving, partitions, config } = server;
  const status = statusOf(partitions);
  const state = partitions.failure === undefined ? "ok" : "err";
  return [
    "loading:0",
    "async_loading:0",
    `rdb_changes_since_last_save:${saving.changeCount}`,
    `rdb_bgsave_in_progress:${saving.isRunning ? 1 : 0}`,
    `rdb_last_save_time:${Math.floor(saving.lastSaveAtMs / 1000)}`,
    `rdb_last_bgsave_status:${saving.lastFailure === undefined ? "ok" : "err"}`,
    `rdb_last_bgsave_time_sec:${saving.lastSeconds ?? -1}`,
    `rdb_current_bgsave_time_sec:${saving.currentSeconds ?? -1}`,
    `rdb_saves:${saving.count}`,
    "rdb_last_cow_size:0",
    `aof_enabled:${config.get("appendonly") ? 1 : 0}`,
    "aof_rewrite_in_progress:0",
    "aof_rewrite_scheduled:0",
    "aof_last_rewrite_time_sec:-1",
    "aof_current_rewrite_time_sec:-1",
    "aof_last_bgrewrite_status:ok",
    "aof_last_cow_size:0",
    "module_fork_in_progress:0",
    "module_fork_last_cow_size:0",
    `aof_last_write_status:${state}`,
    `store_position:${status.position}`,
    `store_fsync_policy:${config.get("appendfsync")}`,
    `store_fsync_last_ms:${status.flushMs.toFixed(3)}`,
    `store_unflushed_commits:${status.unflushedCommits}`,
    `store_data_bytes:${status.dataBytes}`,
    `store_journal_bytes:${status.journalBytes}`,
    `store_congested:${partitions.isCongested ? 1 : 0}`,
    `store_checkpoint_in_progress:${status.isCheckpointing ? 1 : 0}`,
    `store_checkpoints:${status.checkpointCount}`,
    `store_checkpoint_last_ms:${status.checkpointMs.toFixed(0)}`,
  ];
}

function statsLines({ server }: Call): readonly string[] {
  const { statistics } = server;
  const { rates } = statistics;
  const tracked = server.tracking.counts;
  const errorCount = [...statistics.errors.values()].reduce((sum, count) => sum + count, 0);
  return [
    `total_connections_received:${statistics.connectionCount}`,
    `total_commands_processed:${statistics.commandCount}`,
    `instantaneous_ops_per_sec:${Math.round(rates.commands)}`,
    `total_net_input_bytes:${statistics.netInputBytes}`,
    `total_net_output_bytes:${statistics.netOutputBytes}`,
    `instantaneous_input_kbps:${(rates.inputBytes / 1024).toFixed(2)}`,
    `instantaneous_output_kbps:${(rates.outputBytes / 1024).toFixed(2)}`,
    `rejected_connections:${statistics.rejectedConnectionCount}`,
    "sync_full:0",
    "sync_partial_ok:0",
    "sync_partial_err:0",
    `expired_keys:${statistics.expiredKeys}`,
    "expired_stale_perc:0.00",
    "expired_time_cap_reached_count:0",
    "expire_cycle_cpu_milliseconds:0",
    "evicted_keys:0",
    "evicted_clients:0",
    `keyspace_hits:${statistics.keyspaceHits}`,
    `keyspace_misses:${statistics.keyspaceMisses}`,
    `acl_access_denied_auth:${server.aclLog.counts.auth}`,
    `acl_access_denied_cmd:${server.aclLog.counts.command}`,
    `acl_access_denied_key:${server.aclLog.counts.key}`,
    `acl_access_denied_channel:${server.aclLog.counts.channel}`,
    `acl_access_denied_definition:${server.aclLog.counts.definition}`,
    `pubsub_channels:${server.subscriptions.count("channel")}`,
    `pubsub_patterns:${server.subscriptions.count("pattern")}`,
    `pubsubshard_channels:${server.subscriptions.count("shard")}`,
    `tracking_total_keys:${tracked.keys}`,
    `tracking_total_items:${tracked.items}`,
    `tracking_total_prefixes:${tracked.prefixes}`,
    "latest_fork_usec:0",
    "total_forks:0",
    "migrate_cached_sockets:0",
    "slave_expires_tracked_keys:0",
    "active_defrag_hits:0",
    "active_defrag_misses:0",
    "active_defrag_key_hits:0",
    "active_defrag_key_misses:0",
    "unexpected_error_replies:0",
    "dump_payload_sanitizations:0",
    `total_reads_processed:${statistics.readCount}`,
    `total_writes_processed:${statistics.writeCount}`,
    "io_threaded_reads_processed:0",
    "io_threaded_writes_processed:0",
    `clients_peak:${statistics.sessionCountPeak}`,
    `slowlog_entries:${server.slowLog.length}`,
    `total_error_replies:${errorCount}`,
    `internal_errors:${statistics.internalErrors}`,
    `log_lines_dropped:${server.droppedLogLineCount()}`,
  ];
}

function clusterLines(call: Call): readonly string[] {
  const { server } = call;
  if (server.cluster === undefined) return ["cluster_enabled:0"];
  const { heldCount, heldTotal } = server.handovers;
  return [
    "cluster_enabled:1",
    `cluster_requests_held:${heldCount}`,
    `cluster_requests_held_total:${heldTotal}`,
    ...partitionLines(server, call.everywhere()),
  ];
}

function replicationLines(call: Call): readonly string[] {
  const { server } = call;
  return [
    ...roleLines(call),
    "master_failover_state:no-failover",
    `master_replid:${server.runId}`,
    `master_replid2:${"0".repeat(40)}`,
    "master_repl_offset:0",
    "second_repl_offset:-1",
    "repl_backlog_active:0",
    `repl_backlog_size:${server.config.get("repl-backlog-size")}`,
    "repl_backlog_first_byte_offset:0",
    "repl_backlog_histlen:0",
  ];
}

/** A standby is what clients know as a replica, whose link to the master is up while there is one. */
function roleLines({ server: { cluster }, session }: Call): readonly string[] {
  if (cluster === undefined || ownRole(cluster) === "master") return ["role:master", "connected_slaves:0"];
  const master = ownMaster(cluster);
  return [
    "role:slave",
    `master_host:${master?.host ?? ""}`,
    `master_port:${master === undefined ? 0 : portFor(session, master)}`,
    `master_link_status:${master === undefined ? "down" : "up"}`,
    "master_sync_in_progress:0",
    "slave_repl_offset:0",
    "slave_priority:100",
    "slave_read_only:1",
    "connected_slaves:0",
  ];
}

function cpuLines(): readonly string[] {
  const { user, system } = process.cpuUsage();
  return [
    `used_cpu_sys:${(system / 1e6).toFixed(6)}`,
    `used_cpu_user:${(user / 1e6).toFixed(6)}`,
    "used_cpu_sys_children:0.000000",
    "used_cpu_user_children:0.000000",
    `used_cpu_sys_main_thread:${(system / 1e6).toFixed(6)}`,
    `used_cpu_user_main_thread:${(user / 1e6).toFixed(6)}`,
  ];
}

function moduleLines(): readonly string[] {
  return [`module:name=${MODULE_NAME},ver=${MODULE_VERSION},api=1,filters=0,usedby=[],using=[],options=[]`];
}

function commandLines({ server }: Call): readonly string[] {
  const used = [...server.statistics.commands].filter(
    ([, { calls, rejectedCalls, failedCalls }]) => calls + rejectedCalls + failedCalls > 0,
  );
  return used.map(([name, { calls, microseconds, rejectedCalls, failedCalls }]) => {
    const each = calls === 0 ? 0 : microseconds / calls;
    return (
      `cmdstat_${name}:calls=${calls},usec=${Math.round(microseconds)},usec_per_call=${each.toFixed(2)},` +
      `rejected_calls=${rejectedCalls},failed_calls=${failedCalls}`
    );
  });
}

function latencyLines({ server }: Call): readonly string[] {
  const { values } = server.config;
  if (!values["latency-tracking"]) return [];
  return [...server.statistics.commands].flatMap(([name, { durations }]) => {
    if (durations.count === 0) return [];
    const shown = values["latency-tracking-info-percentiles"].map(
      (percent) => `p${percent}=${durations.percentile(percent).toFixed(3)}`,
    );
    return [`latency_percentiles_usec_${name}:${shown.join(",")}`];
  });
}

function errorLines({ server }: Call): readonly string[] {
  return [...server.statistics.errors].map(([code, count]) => `errorstat_${code}:count=${count}`);
}

function keyspaceLines(call: Call): readonly string[] {
  const lines: string[] = [];
  const everywhere = call.everywhere();
  for (let index = 0; index < call.databases.count; index += 1) {
    let [keys, expires] = [0, 0];
    for (const databases of everywhere) {
      const { size, expiringSize } = databases.at(index);
      keys += size;
      expires += expiringSize;
    }
    if (keys > 0) lines.push(`db${index}:keys=${keys},expires=${expires},avg_ttl=0`);
  }
  return lines;
}
