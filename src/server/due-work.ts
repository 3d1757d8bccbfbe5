/**
 * What falls due: keys that expire, timers and scheduled events of machines, earliest first, each as its own
 * command between savepoint and change list. A timer sees the key space as it was when it was due, so a key that
 * expired later, while the server was down, is still there for it.
 *
 * Both are read from the front of an index by due time. What has been done is removed there, and until a checkpoint
 * the removals still lie in the way of whoever begins at the front: so it is remembered up to where nothing is left.
 */
import { type Bytes, chars } from "../base/bytes.ts";
import { earlier } from "../base/earlier.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Change } from "../keyspace/changes.ts";
import type { Databases } from "../keyspace/databases.ts";
import { behind, dueKey, duesAt, expiriesAt } from "../keyspace/layouts.ts";
import type { Partition } from "../keyspace/partitions.ts";
import { lookAtChildren } from "../machines/delivery.ts";
import { putOff, runDue } from "../machines/due.ts";
import { hasUnread, ingestNext } from "../machines/ingest.ts";
import { type NextPart, putOffPart, runPart } from "../machines/migration/jobs.ts";
import { type DueMachine, disarmDue, firstDue } from "../machines/pending.ts";
import { configuredStream } from "../machines/stream-names.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import { type DuePlace, missesAhead } from "./due-ahead.ts";
import type { OnFault } from "./faults.ts";

/** How long an entry waits that met a bug of ours or damage to the data file: it must not block those behind it. */
const PUT_OFF_MS = 60_000;
/** How long the stream of events waits when too much waits for other partitions. */
const LATER_MS = 1000;

export interface DueOptions {
  readonly server: ServerContext;
  /** In which it falls due. */
  readonly partition: Partition;
  /** Takes an error that no client has caused; what it did was taken back. */
  readonly onFault: OnFault;
}

/** How much may be done at once. */
export interface DueBudget {
  readonly countMax: number;
  /** Asked after each piece of work. */
  readonly isSpent: () => boolean;
  /** The piece that needs more of the store than it may have: it is put off, as one that has met a fault. */
  readonly excessive?: string | undefined;
}

/** A piece of work that has missed. It and what is due behind it is done when that is loaded. */
export interface DueMiss {
  readonly piece: string;
  readonly misses: readonly NotLoaded[];
  /** Other pieces have been done before it. */
  readonly isFurther: boolean;
}

/** The name of the piece that is to look what is due. */
const LOOK = "look";
const INGEST = "ingest";

/** Keys that expire are removed so many at a time: each costs little. */
const EXPIRIES_AT_ONCE_MAX = 32;

export class DueWork {
  readonly #options: DueOptions;
  /** By the number of a migration: the part that comes next, which may join a turn that serves clients before it is due. */
  readonly #parts = new Map<number, NextPart & Pick<DueMachine, "phys">>();
  /** In the index of expiries nothing stands before this place; in that of timers, before the partition's `timersFrom`. */
  #expiriesFrom = expiriesAt(0);
  /** The piece at hand, and where it is. */
  #piece = LOOK;
  #at: DuePlace = {};
  #excessive: string | undefined;
  /** How much this run has done. */
  #done = 0;
  /** Before this time no event is taken from the stream: the next one has met a fault. */
  #ingestFromMs = 0;

  constructor(options: DueOptions) {
    this.#options = options;
  }

  /** Something may be due at `dueMs`: it was armed, or doing it was taken back. */
  note(dueMs: number): void {
    const { partition } = this.#options;
    partition.timersFrom = first(partition.timersFrom, duesAt(dueMs));
    this.#expiriesFrom = first(this.#expiriesFrom, expiriesAt(dueMs));
  }

  /** Does what is due, as far as the budget goes: one thing at least. Ends before a piece that misses. */
  run(databases: Databases, budget: DueBudget): DueMiss | undefined {
    return this.#missing(databases, () => this.#run(databases, budget));
  }

  #missing(databases: Databases, work: () => void): DueMiss | undefined {
    this.#done = 0;
    try {
      work();
      return undefined;
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      return {
        piece: this.#piece,
        misses: [error, ...missesAhead(this.#options.server, databases, this.#at)],
        isFurther: this.#done > 0,
      };
    }
  }

  /** @throws NotLoaded when `#piece` has missed */
  #run(databases: Databases, { countMax, isSpent, excessive }: DueBudget): void {
    let from = this.#options.partition.timersFrom;
    this.#excessive = excessive;
    while (this.#done < countMax && (this.#done === 0 || !isSpent())) {
      this.#begin(LOOK);
      const timer = firstDue(databases.transaction, from, databases.nowMs);
      const expiry = this.#nextExpiry(databases);
      const isExpiryDue = expiry !== undefined && expiry.dueMs <= databases.nowMs;
      if (timer !== undefined && !(isExpiryDue && expiry.dueMs < timer.dueMs)) {
        this.#runOne(databases, timer);
        // What is armed meanwhile is due now or later; what sorts before this one waits for the next turn.
        from = behind(dueKey(timer));
        this.#done += 1;
      } else if (isExpiryDue) {
        this.#done += this.#expire(databases, timer === undefined ? EXPIRIES_AT_ONCE_MAX : 1, expiry.place);
      } else break;
    }
    this.#begin(INGEST);
    while (this.#done < countMax && (this.#done === 0 || !isSpent()) && this.#ingest(databases))
      this.#done += 1;
  }

  /** Whether a part of a migration comes next that need not wait until it is due. */
  get hasPart(): boolean {
    return this.#parts.size > 0;
  }

  /** For a turn that serves clients: runs a part of a migration that has rested long enough. */
  joinPart(databases: Databases, excessive: string | undefined): DueMiss | undefined {
    this.#excessive = excessive;
    return this.#missing(databases, () => this.#joinPart(databases));
  }

  #joinPart(databases: Databases): void {
    for (const [number, { due, fromMs, phys }] of this.#parts) {
      // It was paused, or has been run or taken back since.
      if (databases.transaction.get(dueKey(due)) === undefined) this.#parts.delete(number);
      else if (fromMs <= databases.nowMs) {
        this.#runOne(databases, { ...due, phys });
        return;
      }
    }
  }

  #begin(piece: string, at: DuePlace = {}): void {
    this.#piece = piece;
    this.#at = at;
  }

  /** Fails the piece that needs too much. */
  #refuseExcess(piece: string): void {
    if (piece !== this.#excessive) return;
    this.#excessive = undefined;
    throw new Error("what has fallen due needs more of the store in memory at once than it may have");
  }

  /** Takes the next event from the stream that is configured; false when there is none. */
  #ingest(databases: Databases): boolean {
    const { server, onFault } = this.#options;
    const name = server.config.get("sm-ingest-stream");
    const db = databases.at(0);
    if (name === "" || databases.nowMs < this.#ingestFromMs || !hasUnread(db, name)) return false;
    const { transaction } = databases;
    const savepoint = transaction.savepoint();
    try {
      this.#refuseExcess(INGEST);
      const scope = { databases, db, server, nowMs: databases.nowMs };
      const ingested = ingestNext(scope, name);
      if (ingested === "later") this.#ingestFromMs = databases.nowMs + LATER_MS;
      lookAtChildren(scope);
      if (server.watches.size > 0)
        server.watches.touch(transaction.changesSince(savepoint), () => [databases]);
      return ingested === "done";
    } catch (error) {
      databases.rollback(savepoint);
      if (error instanceof NotLoaded) throw error;
      onFault(error);
      this.#ingestFromMs = databases.nowMs + PUT_OFF_MS;
      return false;
    }
  }

  /** Whether changes have brought what a turn of its own has to deal with: entries of the stream of events. */
  bringsEvents(changes: readonly Change[]): boolean {
    const name = this.#options.server.config.get("sm-ingest-stream");
    if (name === "") return false;
    const stream = configuredStream(this.#options.partition.place, name);
    return changes.some((change) => change.kind === "key" && change.database === 0 && change.key === stream);
  }

  /** When the next thing is due, milliseconds since the epoch; undefined when nothing is. */
  nextMs(databases: Databases): number | undefined {
    const stream = this.#options.server.config.get("sm-ingest-stream");
    const ingestMs =
      stream !== "" && hasUnread(databases.at(0), stream)
        ? Math.max(databases.nowMs, this.#ingestFromMs)
        : undefined;
    if (ingestMs === databases.nowMs) return ingestMs;
    const { partition } = this.#options;
    const timer = firstDue(databases.transaction, partition.timersFrom, Number.MAX_SAFE_INTEGER - 1);
    partition.timersFrom = timer === undefined ? duesAt(databases.nowMs) : dueKey(timer);
    const expiry = this.#nextExpiry(databases);
    return earlier(ingestMs, earlier(timer?.dueMs, expiry?.dueMs));
  }

  /** DEBUG SET-ACTIVE-EXPIRE 0 leaves keys until somebody looks at them. */
  #nextExpiry(databases: Databases) {
    if (!this.#options.server.hasActiveExpiry) return undefined;
    const expiry = databases.nextExpiry(this.#expiriesFrom);
    this.#expiriesFrom = expiry === undefined ? expiriesAt(databases.nowMs) : expiry.place;
    return expiry;
  }

  /** Removes keys that have expired, from a place in the index on; how many were looked at. */
  #expire(databases: Databases, countMax: number, from: Bytes): number {
    const { server, onFault } = this.#options;
    const savepoint = databases.transaction.savepoint();
    const piece = `expiry ${chars(from)}`;
    this.#begin(piece, { expiry: from });
    try {
      this.#refuseExcess(piece);
      const expired = databases.expireDue(countMax, from);
      lookAtChildren({ databases, db: databases.at(0), server, nowMs: databases.nowMs });
      server.statistics.expiredKeys += expired;
      return expired;
    } catch (error) {
      databases.rollback(savepoint);
      if (error instanceof NotLoaded) throw error;
      if (countMax > 1) return this.#expire(databases, 1, from);
      onFault(error);
      // Whoever reads this key meets the same error; those behind it expire.
      this.#expiriesFrom = behind(from);
      return 1;
    }
  }

  #runOne(databases: Databases, due: DueMachine): void {
    const { server, onFault } = this.#options;
    const { transaction } = databases;
    const atDueTime = databases.atTime(due.dueMs);
    const savepoint = transaction.savepoint();
    const piece = `timer ${chars(dueKey(due))}`;
    this.#begin(piece, { timer: due });
    try {
      this.#refuseExcess(piece);
      if (due.kind === "m") this.#runPart(databases, due);
      else runDue(server, atDueTime, due, databases.nowMs);
      lookAtChildren({ databases, db: databases.at(0), server, nowMs: databases.nowMs });
      if (server.watches.size > 0)
        server.watches.touch(transaction.changesSince(savepoint), () => [databases]);
    } catch (error) {
      databases.rollback(savepoint);
      if (error instanceof NotLoaded) throw error;
      if (due.kind === "m") this.#parts.delete(due.id);
      onFault(error);
      this.#putOff(databases, due);
    }
  }

  #putOff(databases: Databases, due: DueMachine): void {
    const dueMs = databases.nowMs + PUT_OFF_MS;
    const db = due.kind === "m" ? databases.withPhys(due.phys) : undefined;
    if (db === undefined) putOff(databases, due, dueMs);
    else putOffPart({ db }, due.id, dueMs);
  }

  /** A part of a migration. */
  #runPart(databases: Databases, due: DueMachine): void {
    const { server } = this.#options;
    const db = databases.withPhys(due.phys);
    disarmDue(databases.transaction, due);
    const scope = db && { databases, db, server, nowMs: databases.nowMs };
    const next = scope && runPart(scope, due.id, { read: () => server.clock.monotonicMs() });
    // The one that has waited longest is the first of them.
    this.#parts.delete(due.id);
    if (next !== undefined) this.#parts.set(due.id, { ...next, phys: due.phys });
  }
}

function first(a: Bytes, b: Bytes): Bytes {
  return a < b ? a : b;
}
