/**
 * Changes of what belongs to the whole cluster, such as definitions: a request is tried against the copy of one partition, what it
 * has written becomes an entry of the log, and it is answered when all partitions with an owner have applied that. What is
 * tried is taken back, so that each copy changes by the log alone. Entries are committed between turns.
 */
import type { Clock } from "../base/clock.ts";
import type { ClusterLog, CopyState, LogEntry, LogRecord, NamedDefinition } from "../cluster/cluster-log.ts";
import { type LogCopy, LogFollower } from "../cluster/log-follower.ts";
import { Databases } from "../keyspace/databases.ts";
import type { Partition, Partitions } from "../keyspace/partitions.ts";
import * as errors from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Write } from "../storage/ordered-store.ts";
import { untilLoaded } from "../storage/until-loaded.ts";
import { applyToCopy, copyStateOf, sharedWrites } from "./shared-copy.ts";

/** How often it looks for entries that nothing has hinted at. */
const POLL_MS = 250;
/** How long a change waits for all partitions: a server that does not answer loses its lease long before. */
const WAIT_MS = 15_000;
/** How often a request is tried anew, because others have changed something meanwhile. */
const TRIES_MAX = 100;

export interface SharedChangesOptions {
  readonly partitions: Partitions;
  readonly clock: Clock;
  /** @param onHint to be called when the log has grown, or a copy of another server is further */
  readonly log: (onHint: () => void) => ClusterLog;
  readonly onTrouble: (error: Error) => void;
}

/** What a request comes to in a partition, all of which is taken back. */
export interface Trial {
  readonly reply: Reply;
  readonly writes: readonly Write[];
}

export interface SharedRequest {
  /** @throws ReplyError, and NotLoaded */
  readonly attempt: (partition: Partition) => Trial;
  /** The definition that it removes, if it removes one: partitions are asked for machines that need it. */
  readonly removes: NamedDefinition | undefined;
}

export class SharedChanges {
  readonly #options: SharedChangesOptions;
  readonly #follower: LogFollower;
  readonly #gone = new WeakSet<Partition>();

  constructor(options: SharedChangesOptions) {
    const { clock, onTrouble } = options;
    this.#options = options;
    const log = options.log(() => this.#follower.hint());
    const timers = {
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs: number, callBack: () => void) =>
        clock.wakeAt(clock.now() + delayMs, callBack, "housekeeping"),
    };
    this.#follower = new LogFollower({ log, timers, pollMs: POLL_MS, waitMs: WAIT_MS, onTrouble });
  }

  /** Brings the copy of a partition to where the log is. Nothing of the partition may be served before. */
  async add(partition: Partition, owner: string): Promise<void> {
    await this.#follower.add(this.#copyOf(partition, owner));
  }

  remove(partition: Partition): void {
    this.#gone.add(partition);
    this.#follower.remove(partition.number);
  }

  stop(): void {
    this.#follower.stop();
  }

  /** Makes a change in all partitions. @throws ReplyError */
  async change({ attempt, removes }: SharedRequest): Promise<Reply> {
    let hasAsked = false;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const [home] = this.#options.partitions.all;
      if (home === undefined) throw errors.notYetShared("this server holds no slots any more");
      const at = await this.#stateOf(home);
      if (at.isOpen) {
        await this.#follower.pass();
        continue;
      }
      const { reply, writes } = await untilLoaded(() => attempt(home));
      if ((await this.#stateOf(home)).sequence !== at.sequence) continue;
      if (writes.length === 0) return await this.#unchanged(at, reply);
      const shared = sharedWrites(this.#databaseOf(home), writes);
      const asks = removes !== undefined && !hasAsked;
      const result = await this.#follower.submit(recordOf(shared, removes, asks), at);
      if (result.kind === "late") {
        if (result.isKnown) throw errors.notYetShared("the change is made, but not everywhere yet");
        throw errors.notYetShared("it is not known whether the change is made");
      }
      hasAsked = result.kind === "applied";
      if (result.kind === "grown") continue;
      if (result.users > 0) throw errors.definitionInUse(result.users);
      if (!asks) return reply;
    }
    throw errors.notYetShared("others change definitions or libraries all the time");
  }

  /** A request that changes nothing relies on a change that may be under way. */
  async #unchanged({ sequence }: CopyState, reply: Reply): Promise<Reply> {
    if (await this.#follower.reached(sequence)) return reply;
    throw errors.notYetShared("the change is made, but not everywhere yet");
  }

  #copyOf(partition: Partition, owner: string): LogCopy {
    const { store } = partition;
    return {
      partition: partition.number,
      owner,
      apply: async (entries: readonly LogEntry[]): Promise<CopyState> => {
        for (const entry of entries) await untilLoaded(() => this.#apply(partition, entry));
        await store.drained();
        return await this.#stateOf(partition);
      },
    };
  }

  #stateOf(partition: Partition): Promise<CopyState> {
    return untilLoaded(() => copyStateOf(this.#databaseOf(partition)));
  }

  #apply(partition: Partition, entry: LogEntry): void {
    if (this.#gone.has(partition)) throw new Error("the partition is another server's");
    const { store } = partition;
    store.attempt((transaction) => {
      const nowMs = this.#options.clock.now();
      const db = new Databases(transaction, 1, nowMs, partition.place).at(0);
      if (copyStateOf(db).sequence >= entry.sequence) return;
      applyToCopy(db, entry);
      store.commit(transaction, nowMs, true);
    });
  }

  /** To be read. */
  #databaseOf({ store, place }: Partition) {
    return new Databases(store.begin(), 1, this.#options.clock.now(), place).at(0);
  }
}

function recordOf(
  writes: ReturnType<typeof sharedWrites>,
  definition: NamedDefinition | undefined,
  asks: boolean,
): LogRecord {
  if (definition === undefined) return { kind: "change", writes };
  return asks ? { kind: "ask", definition } : { kind: "remove", definition, writes };
}
