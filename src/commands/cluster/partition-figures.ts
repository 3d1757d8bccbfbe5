/** What is to be said of each partition that a server holds: in INFO, and as metrics. */
import type { Databases } from "../../keyspace/databases.ts";
import type { Partitions } from "../../keyspace/partitions.ts";
import { mailFigures } from "../../machines/mail/check.ts";
import { waitingLetters } from "../../machines/mail/outgoing.ts";
import type { ServerContext } from "../server-context.ts";

export interface PartitionFigures {
  readonly number: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
  /** How often it has changed hands. */
  readonly epoch: number;
  /** Whether this server serves it: not while it is handed over. */
  readonly isServed: boolean;
  readonly keys: number;
  /** Commits, and those that the database has not confirmed yet. */
  readonly position: number;
  readonly unflushedCommits: number;
  readonly journalBytes: number;
  readonly pendingBytes: number;
  /** How long the last commit took, in milliseconds. */
  readonly commitMs: number;
  readonly lettersWaiting: number;
  readonly lettersWaitingBytes: number;
  /** How long the oldest has waited. */
  readonly lettersWaitingMs: number;
  readonly lettersWritten: number;
  readonly lettersTaken: number;
}

interface FiguresServer extends Pick<ServerContext, "cluster" | "clock"> {
  readonly partitions: Pick<Partitions, "get">;
}

/** In the order of slots; none without a cluster. @throws NotLoaded */
export function partitionFigures(
  { cluster, clock, partitions }: FiguresServer,
  everywhere: readonly Databases[],
): readonly PartitionFigures[] {
  if (cluster === undefined) return [];
  return everywhere.flatMap((databases) => {
    const { place, transaction, nowMs } = databases;
    const held = partitions.get(place.number);
    if (held === undefined) return [];
    const { position, unflushedCommits, journalBytes, pendingBytes, flushMs } = held.store.status();
    const waiting = waitingLetters(transaction);
    const { written, taken } = mailFigures(transaction);
    return [
      {
        number: held.number,
        firstSlot: held.firstSlot,
        lastSlot: held.lastSlot,
        epoch: cluster.partitions.find(({ partition }) => partition === held.number)?.epoch ?? 0,
        isServed: cluster.isServing(held.number, clock.monotonicMs()),
        keys: databases.at(0).size,
        ...{ position, unflushedCommits, journalBytes, pendingBytes },
        commitMs: flushMs,
        lettersWaiting: waiting.count,
        lettersWaitingBytes: waiting.bytes,
        lettersWaitingMs: Math.max(0, nowMs - (waiting.sinceMs ?? nowMs)),
        lettersWritten: written,
        lettersTaken: taken,
      },
    ];
  });
}

/** A server with more partitions has them in its metrics. */
const LINES_MAX = 256;

/** Lines of INFO. */
export function partitionLines(server: FiguresServer, everywhere: readonly Databases[]): readonly string[] {
  return partitionFigures(server, everywhere).slice(0, LINES_MAX).map(partitionLine);
}

/** `partition_3:slots=768-1023,epoch=7,…` */
function partitionLine(figures: PartitionFigures): string {
  const { number, firstSlot, lastSlot, isServed, ...others } = figures;
  const facts = {
    slots: `${firstSlot}-${lastSlot}`,
    epoch: others.epoch,
    served: isServed ? 1 : 0,
    keys: others.keys,
    commits: others.position,
    unconfirmed: others.unflushedCommits,
    commit_ms: Math.round(others.commitMs * 1000) / 1000,
    journal_bytes: others.journalBytes,
    pending_bytes: others.pendingBytes,
    letters_waiting: others.lettersWaiting,
    letters_written: others.lettersWritten,
    letters_taken: others.lettersTaken,
  };
  const shown = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  return `partition_${number}:${shown.join(",")}`;
}
