/**
 * What falls due: keys that expire, timers and scheduled events of machines, earliest first, each as its own
 * command between savepoint and change list. A timer sees the key space as it was when it was due, so a key that
 * expired later, while the server was down, is still there for it.
 *
 * Both are read from the front of an index by due time. What has been done is removed there, and until a checkpoint
 * the removals still lie in the way of whoever begins at the front: so it is remembered up to where nothing is left.
 */
import type { ServerContext } from "../commands/server-context.ts";
import { putOff, runDue } from "../commands/statechart/due.ts";
import { Databases } from "../store/databases.ts";
import { type DueMachine, firstDue } from "../store/machine-pending.ts";

/** How long an entry waits that met a bug of ours: it must not stand in the way of those behind it. */
const PUT_OFF_MS = 60_000;

export interface DueOptions {
  readonly server: ServerContext;
  /** Told of an error that is a bug of ours; what it did was taken back. */
  readonly onInternalError: (error: unknown) => void;
}

export class DueWork {
  readonly #options: DueOptions;
  /** No timer, and no expiry, is due before. */
  #timersFromMs = 0;
  #expiriesFromMs = 0;

  constructor(options: DueOptions) {
    this.#options = options;
  }

  /** Something may be due at `dueMs`: it was armed, or doing it was taken back. */
  note(dueMs: number): void {
    this.#timersFromMs = Math.min(this.#timersFromMs, dueMs);
    this.#expiriesFromMs = Math.min(this.#expiriesFromMs, dueMs);
  }

  /** Does up to `limit` things that are due; returns how many. */
  run(databases: Databases, limit: number): number {
    let done = 0;
    let last: DueMachine | undefined;
    while (done < limit) {
      // What is armed meanwhile is due now or later; what sorts before the last one waits for the next turn.
      const timer = firstDue(databases.transaction, {
        fromMs: this.#timersFromMs,
        toMs: databases.nowMs,
        last,
      });
      const expiryMs = this.#nextExpiryMs(databases);
      const isExpiryDue = expiryMs !== undefined && expiryMs <= databases.nowMs;
      if (timer !== undefined && !(isExpiryDue && expiryMs < timer.dueMs)) {
        this.#runOne(databases, timer);
        last = timer;
        done += 1;
      } else if (isExpiryDue) {
        const expired = databases.expireDue(timer === undefined ? limit - done : 1, expiryMs);
        this.#options.server.statistics.expiredKeys += expired;
        done += expired;
      } else break;
    }
    return done;
  }

  /** When the next thing is due, milliseconds since the epoch; undefined when nothing is. */
  nextMs(databases: Databases): number | undefined {
    const range = { fromMs: this.#timersFromMs, toMs: Number.MAX_SAFE_INTEGER - 1 };
    const timerMs = firstDue(databases.transaction, range)?.dueMs;
    this.#timersFromMs = timerMs ?? databases.nowMs;
    const expiryMs = this.#nextExpiryMs(databases);
    if (timerMs === undefined || expiryMs === undefined) return timerMs ?? expiryMs;
    return Math.min(timerMs, expiryMs);
  }

  /** DEBUG SET-ACTIVE-EXPIRE 0 leaves keys until somebody looks at them. */
  #nextExpiryMs(databases: Databases): number | undefined {
    if (!this.#options.server.hasActiveExpiry) return undefined;
    const expiryMs = databases.nextExpiryMs(this.#expiriesFromMs);
    this.#expiriesFromMs = expiryMs ?? databases.nowMs;
    return expiryMs;
  }

  #runOne(databases: Databases, due: DueMachine): void {
    const { server, onInternalError } = this.#options;
    const { transaction } = databases;
    const atDueTime = new Databases(transaction, databases.count, due.dueMs);
    const savepoint = transaction.savepoint();
    try {
      runDue(server, atDueTime, due, databases.nowMs);
      if (server.watches.size > 0) server.watches.touch(transaction.changesSince(savepoint), databases);
    } catch (error) {
      databases.rollback(savepoint);
      server.statistics.internalErrors += 1;
      onInternalError(error);
      putOff(databases, due, databases.nowMs + PUT_OFF_MS);
    }
  }
}
