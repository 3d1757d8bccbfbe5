/** Metrics of a member of a cluster: requests that wait for a partition, and figures of each that it holds. */
import type { PartitionFigures } from "../commands/cluster/partition-figures.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Definer, Sample } from "./metric-definer.ts";

/** One of each partition. */
type Row = readonly [
  kind: "gauge" | "counter",
  name: string,
  help: string,
  value: (figures: PartitionFigures) => number,
];

const ROWS: readonly Row[] = [
  [
    "gauge",
    "partition_served",
    "1 while this server serves the partition; summed over the servers of a cluster, 1 for each.",
    ({ isServed }) => (isServed ? 1 : 0),
  ],
  ["gauge", "partition_epoch", "How often it has changed hands.", ({ epoch }) => epoch],
  ["gauge", "partition_keys", "Keys in it.", ({ keys }) => keys],
  ["counter", "partition_commits_total", "Commits of it.", ({ position }) => position],
  [
    "gauge",
    "partition_unconfirmed_commits",
    "Commits that the database has not confirmed yet.",
    ({ unflushedCommits }) => unflushedCommits,
  ],
  ["gauge", "partition_commit_seconds", "How long the last commit took.", ({ commitMs }) => commitMs / 1000],
  [
    "gauge",
    "partition_journal_bytes",
    "Bytes of its journal: what a takeover has to read.",
    ({ journalBytes }) => journalBytes,
  ],
  [
    "gauge",
    "partition_pending_bytes",
    "Memory of what waits for its checkpoint.",
    ({ pendingBytes }) => pendingBytes,
  ],
  [
    "counter",
    "letters_written_total",
    "Events that were written to other partitions. Over all servers, those that are not taken yet are under way.",
    ({ lettersWritten }) => lettersWritten,
  ],
  [
    "counter",
    "letters_taken_total",
    "Events of other partitions that were taken.",
    ({ lettersTaken }) => lettersTaken,
  ],
  [
    "gauge",
    "letters_waiting",
    "Events that wait in the partition to be sent to others.",
    ({ lettersWaiting }) => lettersWaiting,
  ],
  ["gauge", "letters_waiting_bytes", "Their bytes.", ({ lettersWaitingBytes }) => lettersWaitingBytes],
  [
    "gauge",
    "letters_waiting_seconds",
    "How long the oldest of them has waited.",
    ({ lettersWaitingMs }) => lettersWaitingMs / 1000,
  ],
];

export function partitionMetrics(
  { handovers }: ServerContext,
  figures: () => readonly PartitionFigures[],
  define: Definer,
): void {
  define.gauge(
    "requests_held",
    "Requests that wait while their slots change hands.",
    () => handovers.heldCount,
  );
  define.counter("requests_held_total", "Requests that have waited so.", () => handovers.heldTotal);
  for (const [kind, name, help, value] of ROWS) {
    const samples = () => figures().map((one): Sample => [{ partition: one.number }, value(one)]);
    define[kind](name, help, samples, ["partition"]);
  }
}
