/**
 * What falls due: keys that expire, timers and scheduled events of machines, earliest first, each as its own
 * command between savepoint and change list. A timer sees the key space as it was when it was due, so a key that
 * expired later, while the server was down, is still there for it.
 */
import type { ServerContext } from "../commands/server-context.ts";
import { putOff, runDue } from "../commands/statechart/due.ts";
import { Databases } from "../store/databases.ts";
import { type DueMachine, firstDue } from "../store/machine-pending.ts";

/** How long an entry waits that met a bug of ours: it must not stand in the way of those behind it. */
const PUT_OFF_MS = 60_000;

export interface DueOptions {
  readonly server: ServerContext;
  /** How much may be done in one turn. */
  readonly limit: number;
  /** Told of an error that is a bug of ours; what it did was taken back. */
  readonly onInternalError: (error: unknown) => void;
}

/** Does up to `limit` things that are due; returns how many. */
export function doDueWork(databases: Databases, options: DueOptions): number {
  let done = 0;
  let last: DueMachine | undefined;
  while (done < options.limit) {
    // What is armed meanwhile is due now or later; what sorts before the last one waits for the next turn.
    const timer = firstDue(databases.transaction, databases.nowMs, last);
    const expiryMs = nextExpiryMs(databases, options.server);
    const isExpiryDue = expiryMs !== undefined && expiryMs <= databases.nowMs;
    if (timer !== undefined && !(isExpiryDue && expiryMs < timer.dueMs)) {
      runOne(databases, timer, options);
      last = timer;
      done += 1;
    } else if (isExpiryDue) {
      const limit = timer === undefined ? options.limit - done : 1;
      const expired = databases.expireDue(limit);
      options.server.statistics.expiredKeys += expired;
      done += expired;
    } else break;
  }
  return done;
}

/** When the next thing is due, milliseconds since the epoch; undefined when nothing is. */
export function nextDueMs(databases: Databases, server: ServerContext): number | undefined {
  const timer = firstDue(databases.transaction, Number.MAX_SAFE_INTEGER - 1)?.dueMs;
  const expiry = nextExpiryMs(databases, server);
  if (timer === undefined || expiry === undefined) return timer ?? expiry;
  return Math.min(timer, expiry);
}

/** DEBUG SET-ACTIVE-EXPIRE 0 leaves keys until somebody looks at them. */
function nextExpiryMs(databases: Databases, server: ServerContext): number | undefined {
  return server.hasActiveExpiry ? databases.nextExpiryMs() : undefined;
}

function runOne(databases: Databases, due: DueMachine, { server, onInternalError }: DueOptions): void {
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
