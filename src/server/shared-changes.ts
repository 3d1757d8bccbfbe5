/**
 * Changes of what belongs to the whole cluster, such as definitions and migrations: a request is tried against the copy of one partition, what it
 * has written becomes an entry of the log, and it is answered when all partitions with an owner have applied that. What is
 * tried is taken back, so that each copy changes by the log alone. Entries are committed between turns.
 */
import type { Clock } from "../base/clock.ts";
import type {
  ClusterLog,
  CopyState,
  LogEntry,
  LogRecord,
  NamedDefinition,
  SharedMigration,
} from "../cluster/cluster-log.ts";
import { type LogCopy, LogFollower, type Submitted } from "../cluster/log-follower.ts";
import { Databases } from "../keyspace/databases.ts";
import type { Partition, Partitions } from "../keyspace/partitions.ts";
import * as errors from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Write } from "../storage/ordered-store.ts";
import { untilLoaded } from "../storage/until-loaded.ts";
import { applyToCopy, copyStateOf, refusalOf, sharedWrites } from "./shared-copy.ts";

/** How often it looks for entries that nothing has hinted at. */
const POLL_MS = 250;
/** How long a change waits for all partitions: a server that does not answer loses its lease long before. */
const WAIT_MS = 15_000;
/** How long it waits for all partitions to look at the machines that are to move. */
const SURVEY_WAIT_MS = 120_000;
/** How often a request is tried anew, because others have changed something meanwhile. */
const TRIES_MAX = 100;

export interface SharedChangesOptions {
  readonly partitions: Partitions;
  readonly clock: Clock;
  /** @param onHint to be called when the log has grown, or a copy of another server is further */
  readonly log: (onHint: () => void) => ClusterLog;
  readonly onTrouble: (error: Error) => void;
  /** How many machines of a partition would not fit; rejects when `isGone`. */
  readonly survey: (
    partition: Partition,
    migration: SharedMigration,
    isGone: () => boolean,
  ) => Promise<number>;
  /** Work of a partition may be due that was not before. */
  readonly onWork: () => void;
}

/** What a request comes to in a partition, all of which is taken back. */
export interface Trial {
  readonly reply: Reply;
  readonly writes: readonly Write[];
  /** What the log is to have instead of what was written. */
  readonly record: LogRecord | undefined;
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
      const trial = await untilLoaded(() => attempt(home));
      const { reply, writes } = trial;
      if ((await this.#stateOf(home)).sequence !== at.sequence) continue;
      if (writes.length === 0 && trial.record === undefined) return await this.#unchanged(at, reply);
      const asks = removes !== undefined && !hasAsked;
      const record = trial.record ?? recordOf(sharedWrites(this.#databaseOf(home), writes), removes, asks);
      const result = await this.#submit(record, at);
      hasAsked = result.kind === "applied";
      if (result.kind === "grown") continue;
      if (result.users > 0) throw refusalOf(record, result.users);
      if (!asks) return reply;
    }
    throw errors.notYetShared("others change definitions or libraries all the time");
  }

  /** @throws ReplyError when it takes too long */
  async #submit(record: LogRecord, at: CopyState): Promise<Exclude<Submitted, { readonly kind: "late" }>> {
    const looks = record.kind === "start" && !record.holds;
    const result = await this.#follower.submit(record, at, looks ? SURVEY_WAIT_MS : WAIT_MS);
    if (result.kind !== "late") return result;
    throw errors.notYetShared(
      result.isKnown
        ? "the change is made, but not everywhere yet"
        : "it is not known whether the change is made",
    );
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
        for (const entry of entries) {
          const strays = await this.#straysOf(partition, entry);
          await untilLoaded(() => this.#apply(partition, entry, strays));
        }
        this.#options.onWork();
        await store.drained();
        return await this.#stateOf(partition);
      },
    };
  }

  #stateOf(partition: Partition): Promise<CopyState> {
    return untilLoaded(() => copyStateOf(this.#databaseOf(partition)));
  }

  /** How many machines of a partition do not fit, where the entry asks for that. */
  async #straysOf(partition: Partition, { sequence, record }: LogEntry): Promise<number> {
    if (record.kind !== "start" || record.holds) return 0;
    if ((await this.#stateOf(partition)).sequence >= sequence) return 0;
    return await this.#options.survey(partition, record.migration, () => this.#gone.has(partition));
  }

  #apply(partition: Partition, entry: LogEntry, strays: number): void {
    if (this.#gone.has(partition)) throw new Error("the partition is another server's");
    const { store } = partition;
    store.attempt((transaction) => {
      const nowMs = this.#options.clock.now();
      const db = new Databases(transaction, 1, nowMs, partition.place).at(0);
      if (copyStateOf(db).sequence >= entry.sequence) return;
      applyToCopy(db, entry, strays);
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
