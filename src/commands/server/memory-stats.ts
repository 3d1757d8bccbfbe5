/** MEMORY STATS: where memory goes, under Redis' names. What Redis has and this server has not is 0. */
import { statusOf } from "../../keyspace/held.ts";
import { libraryFigures } from "../../keyspace/libraries.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";

export const memoryStats = {
  name: "MEMORY|STATS",
  run: (call) => {
    const { server, databases } = call;
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const used = heapUsed + external;
    const allocated = heapTotal + external;
    const peak = Math.max(used, process.resourceUsage().maxRSS * 1024);
    const keys = call
      .everywhere()
      .flatMap((part) => Array.from({ length: part.count }, (_, index) => part.at(index).size))
      .reduce((sum, size) => sum + size, 0);
    const { dataBytes } = statusOf(server.partitions);
    const clients = [...server.sessions.all()].reduce((sum, session) => {
      const connection = server.sessions.connectionOf(session);
      return sum + (connection?.queryBytes ?? 0) + (connection?.outputBytes ?? 0);
    }, 0);
    return map([
      ["peak.allocated", peak],
      ["total.allocated", used],
      ["startup.allocated", 0],
      ["replication.backlog", 0],
      ["clients.slaves", 0],
      ["clients.normal", clients],
      ["cluster.links", 0],
      ["aof.buffer", 0],
      ["lua.caches", server.scripts.bytes.scripts],
      ["functions.caches", libraryFigures(databases.transaction).bytes],
      ["overhead.total", used],
      ["keys.count", keys],
      ["keys.bytes-per-key", keys === 0 ? 0 : Math.round(dataBytes / keys)],
      // The keys are in the data file.
      ["dataset.bytes", dataBytes],
      ["dataset.percentage", double((dataBytes / (dataBytes + used)) * 100)],
      ["peak.percentage", double((used / peak) * 100)],
      ["allocator.allocated", used],
      ["allocator.active", allocated],
      ["allocator.resident", rss],
      ["allocator-fragmentation.ratio", double(allocated / used)],
      ["allocator-fragmentation.bytes", allocated - used],
      ["allocator-rss.ratio", double(rss / allocated)],
      ["allocator-rss.bytes", rss - allocated],
      ["rss-overhead.ratio", double(1)],
      ["rss-overhead.bytes", 0],
      ["fragmentation", double(rss / used)],
      ["fragmentation.bytes", rss - used],
    ]);
  },
} as const satisfies Handler;

function double(value: number): Reply {
  return { kind: "double", value };
}
