/** INFO memory: under Redis' names, where there is something of the kind; what monitoring reads and is not here is 0. */
import { totalmem } from "node:os";
import { statusOf } from "../../keyspace/held.ts";
import { libraryFigures } from "../../keyspace/libraries.ts";
import { ownMemoryBytes } from "../../metrics/own-memory.ts";
import type { Call } from "../handler.ts";

export function memoryLines({ server, databases }: Call): readonly string[] {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  const used = heapUsed + external;
  const allocated = heapTotal + external;
  const peak = process.resourceUsage().maxRSS * 1024;
  const { pendingKeys, pendingBytes, pendingBytesMax, dataBytes, usedBytes } = statusOf(server.partitions);
  const maxmemory = server.config.get("maxmemory");
  return [
    `used_memory:${used}`,
    `used_memory_human:${human(used)}`,
    `used_memory_rss:${rss}`,
    `used_memory_rss_human:${human(rss)}`,
    // What maxmemory bounds.
    `used_memory_own:${ownMemoryBytes()}`,
    `used_memory_peak:${peak}`,
    `used_memory_peak_human:${human(peak)}`,
    `used_memory_peak_perc:${percent(used, peak)}`,
    `used_memory_overhead:${used}`,
    "used_memory_startup:0",
    `used_memory_heap_total:${heapTotal}`,
    `used_memory_buffers:${arrayBuffers}`,
    // The keys are in the data file.
    `used_memory_dataset:${dataBytes}`,
    `used_memory_dataset_perc:${percent(dataBytes, dataBytes + used)}`,
    `store_used_bytes:${usedBytes}`,
    `pending_keys:${pendingKeys}`,
    `pending_bytes:${pendingBytes}`,
    `pending_bytes_max:${pendingBytesMax}`,
    `allocator_allocated:${used}`,
    `allocator_active:${allocated}`,
    `allocator_resident:${rss}`,
    `total_system_memory:${totalmem()}`,
    `total_system_memory_human:${human(totalmem())}`,
    ...scriptLines(server, databases),
    `maxmemory:${maxmemory}`,
    `maxmemory_human:${human(maxmemory)}`,
    `maxmemory_policy:${server.config.get("maxmemory-policy")}`,
    `allocator_frag_ratio:${(allocated / used).toFixed(2)}`,
    `allocator_frag_bytes:${allocated - used}`,
    `allocator_rss_ratio:${(rss / allocated).toFixed(2)}`,
    `allocator_rss_bytes:${rss - allocated}`,
    "rss_overhead_ratio:1.00",
    "rss_overhead_bytes:0",
    `mem_fragmentation_ratio:${(rss / used).toFixed(2)}`,
    `mem_fragmentation_bytes:${rss - used}`,
    "mem_not_counted_for_evict:0",
    "mem_replication_backlog:0",
    "mem_total_replication_buffers:0",
    "mem_clients_slaves:0",
    `mem_clients_normal:${clientBytes(server)}`,
    "mem_cluster_links:0",
    "mem_aof_buffer:0",
    "mem_allocator:v8",
    "active_defrag_running:0",
    "lazyfree_pending_objects:0",
    "lazyfreed_objects:0",
  ];
}

/** Of scripts, as they are kept in memory, and of functions, whose libraries are in the store. */
function scriptLines(
  { scripts, functions }: Call["server"],
  { transaction }: Call["databases"],
): readonly string[] {
  const figures = libraryFigures(transaction);
  const total = scripts.bytes.machine + functions.bytes;
  const kept = scripts.bytes.scripts + figures.bytes;
  return [
    `used_memory_lua:${scripts.bytes.machine}`,
    `used_memory_vm_eval:${scripts.bytes.machine}`,
    `used_memory_lua_human:${human(scripts.bytes.machine)}`,
    `used_memory_scripts_eval:${scripts.bytes.scripts}`,
    `number_of_cached_scripts:${scripts.count}`,
    `number_of_functions:${figures.functions}`,
    `number_of_libraries:${figures.libraries}`,
    `used_memory_vm_functions:${functions.bytes}`,
    `used_memory_vm_total:${total}`,
    `used_memory_vm_total_human:${human(total)}`,
    `used_memory_functions:${figures.bytes}`,
    `used_memory_scripts:${kept}`,
    `used_memory_scripts_human:${human(kept)}`,
  ];
}

function clientBytes({ sessions }: Call["server"]): number {
  let bytes = 0;
  for (const session of sessions.all()) {
    const connection = sessions.connectionOf(session);
    bytes += (connection?.queryBytes ?? 0) + (connection?.outputBytes ?? 0) + session.queueBytes;
  }
  return bytes;
}

function percent(part: number, whole: number): string {
  return `${((part / Math.max(1, whole)) * 100).toFixed(2)}%`;
}

/** Redis' short form: 1.50M. */
function human(bytes: number): string {
  const units = ["B", "K", "M", "G", "T"];
  const exponent = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${exponent === 0 ? bytes : (bytes / 1024 ** exponent).toFixed(2)}${units[exponent]}`;
}
