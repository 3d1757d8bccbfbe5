/** Metrics of a member of a cluster: requests that wait for a partition, and figures of each that it holds. */
import type { PartitionFigures } from "../commands/cluster/partition-figures.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Definer, Sample } from "./metric-definer.ts";

const BY_PARTITION = ["partition"];

export function partitionMetrics(
  { handovers }: ServerContext,
  figures: () => readonly PartitionFigures[],
  { gauge, counter }: Definer,
): void {
  const each = (value: (figures: PartitionFigures) => number) => () =>
    figures().map((one): Sample => [{ partition: one.number }, value(one)]);
  gauge("requests_held", "Requests that wait while their slots change hands.", () => handovers.heldCount);
  counter("requests_held_total", "Requests that have waited so.", () => handovers.heldTotal);
  gauge(
    "partition_served",
    "1 while this server serves the partition; summed over the servers of a cluster, 1 for each.",
    each(({ isServed }) => (isServed ? 1 : 0)),
    BY_PARTITION,
  );
  gauge(
    "partition_epoch",
    "How often it has changed hands.",
    each(({ epoch }) => epoch),
    BY_PARTITION,
  );
  gauge(
    "partition_keys",
    "Keys in it.",
    each(({ keys }) => keys),
    BY_PARTITION,
  );
  counter(
    "partition_commits_total",
    "Commits of it.",
    each(({ position }) => position),
    BY_PARTITION,
  );
  gauge(
    "partition_unconfirmed_commits",
    "Commits that the database has not confirmed yet.",
    each(({ unflushedCommits }) => unflushedCommits),
    BY_PARTITION,
  );
  gauge(
    "partition_commit_seconds",
    "How long the last commit took.",
    each(({ commitMs }) => commitMs / 1000),
    BY_PARTITION,
  );
  gauge(
    "partition_journal_bytes",
    "Bytes of its journal: what a takeover has to read.",
    each(({ journalBytes }) => journalBytes),
    BY_PARTITION,
  );
  gauge(
    "partition_pending_bytes",
    "Memory of what waits for its checkpoint.",
    each(({ pendingBytes }) => pendingBytes),
    BY_PARTITION,
  );
  letterMetrics(each, { gauge, counter });
}

type Each = (value: (figures: PartitionFigures) => number) => () => Iterable<Sample>;

function letterMetrics(each: Each, { gauge, counter }: Pick<Definer, "gauge" | "counter">): void {
  counter(
    "letters_written_total",
    "Events that were written to other partitions. Over all servers, those that are not taken yet are under way.",
    each(({ lettersWritten }) => lettersWritten),
    BY_PARTITION,
  );
  counter(
    "letters_taken_total",
    "Events of other partitions that were taken.",
    each(({ lettersTaken }) => lettersTaken),
    BY_PARTITION,
  );
  gauge(
    "letters_waiting",
    "Events that wait in the partition to be sent to others.",
    each(({ lettersWaiting }) => lettersWaiting),
    BY_PARTITION,
  );
  gauge(
    "letters_waiting_bytes",
    "Their bytes.",
    each(({ lettersWaitingBytes }) => lettersWaitingBytes),
    BY_PARTITION,
  );
  gauge(
    "letters_waiting_seconds",
    "How long the oldest of them has waited.",
    each(({ lettersWaitingMs }) => lettersWaitingMs / 1000),
    BY_PARTITION,
  );
}
