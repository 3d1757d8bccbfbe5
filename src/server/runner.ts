/**
 * Runs the handler of a command between a savepoint and its change list, tries again what waits, and counts: calls,
 * errors, time, keys that were found, slow commands.
 */
import { assert } from "../base/assert.ts";
import type { Stopwatch } from "../base/stopwatch.ts";
import { type Command, FLAG, hasFlag } from "../catalogue/command.ts";
import { type Session, watchName } from "../clients/session.ts";
import { misplaced, type Need, needOf } from "../commands/cluster/placement.ts";
import { changesWhatIsShared } from "../commands/cluster/shared-commands.ts";
import type { Handler, Wait } from "../commands/handler.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { isWait, kindOf } from "../commands/wait.ts";
import type { Savepoint } from "../keyspace/transaction.ts";
import { lookAtChildren } from "../machines/delivery.ts";
import { statisticsOf } from "../metrics/statistics.ts";
import type { Reply } from "../protocol/reply.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import { type Audit, beginAudit, endAudit, mayBeAudited } from "./audit.ts";
import type { OnFault } from "./faults.ts";
import type { Nesting } from "./nesting.ts";
import { denialError, denied } from "./permissions.ts";
import { RequestCounts } from "./request-counts.ts";
import { type Route, SCRIPTS } from "./route.ts";
import { Run, type RunContext } from "./run.ts";
import { shownArguments } from "./secrets.ts";
import type { SharedChanges } from "./shared-changes.ts";
import type { Marks } from "./turn.ts";
import type { WaitingRequest } from "./waiting-request.ts";

/** A request that waits: what its handler has returned, and the request itself, copied. */
export interface Waited {
  readonly wait: Wait;
  readonly args: readonly Buffer[];
}

export interface RunnerOptions {
  readonly server: ServerContext;
  readonly handlers: ReadonlyMap<string, Handler>;
  /** Read after each request: what commandstats count, and the executor's budget. */
  readonly stopwatch: Stopwatch;
  /** Takes each error that no client has caused, after its command was rolled back. */
  readonly onFault: OnFault;
  /** Where a cluster has several partitions. */
  readonly shared?: SharedChanges | undefined;
  /**
   * Runs each command that reads or writes keys twice and takes the first run back: a test of the rule that handlers
   * change nothing beside the databases.
   */
  readonly rehearses?: boolean;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #counts: RequestCounts;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#counts = new RequestCounts(options.server);
  }

  /** What is known of a command. */
  route(command: Command): Route {
    const isWrite = hasFlag(command, FLAG.WRITE);
    const isRead = hasFlag(command, FLAG.READONLY);
    return {
      command,
      handler: this.#options.handlers.get(command.declaration.name),
      statistics: statisticsOf(this.#options.server.statistics, command.name),
      isWrite,
      isRead,
      runsOthers: command.name === "exec" || SCRIPTS.has(command.name),
      mayWrite: isWrite || SCRIPTS.has(command.name),
      mayBeAudited: mayBeAudited(command),
      dependsOnCommit: isWrite || isRead || DEPENDENT.has(command.name) || SCRIPTS.has(command.name),
      isShared: this.#options.shared !== undefined && changesWhatIsShared(command),
    };
  }

  /**
   * Runs a handler, or the retry of a request that waits; an error rolls back what it did and is its reply. Costs a reading
   * of the clock and a savepoint.
   * @throws NotLoaded when it has to be run again later: nothing of it stays in the databases, nor has it been counted
   */
  run(route: Route, run: Run, waited?: Waited): Reply | Wait {
    const { server, stopwatch } = this.#options;
    const { part } = run;
    const { transaction } = run.databases;
    const retry = waited?.wait.retry;
    const savepoint = transaction.savepoint();
    const marks = part.turn.marks(part);
    const startedMs = stopwatch.lastMs;
    let reply: Reply | Wait;
    let audit: Audit | undefined;
    try {
      if (route.mayBeAudited) audit = beginAudit(route, run, waited?.args ?? run.args);
      const { handler } = route;
      assert(handler !== undefined, "a container's arity refuses every call");
      if (this.#options.rehearses === true && (route.isRead || route.isWrite)) {
        rehearse(run, () => (retry === undefined ? handler.run(run) : retry(run)));
      }
      reply = retry === undefined ? handler.run(run) : retry(run);
      if (transaction.hasNotices) lookAtChildren(run);
      if (audit !== undefined) endAudit(run, audit, outcomeOf(reply));
      // What a script or EXEC does is looked at when it has ended well.
      if (server.watches.size > 0 && run.origin === "client")
        server.watches.touch(transaction.changesSince(savepoint), () => part.turn.everywhere());
    } catch (error) {
      this.#takeBack(run, savepoint, marks);
      if (error instanceof NotLoaded) throw error;
      reply = { kind: "error", message: this.#refusal(error) };
      if (audit !== undefined) this.#auditRefusal(run, audit, reply.message);
    }
    const { recorder } = run.session;
    if (recorder !== undefined && run.origin === "client" && !isWait(reply))
      recorder(transaction, run.db.phys, reply);
    const isFirst = retry === undefined;
    const { nesting } = run;
    if (nesting !== undefined) {
      this.#concludeLater(route, run, nesting, { reply, startedMs });
      return reply;
    }
    this.#counts.looks(route, run);
    if (server.monitors.size > 0 && isFirst) this.#show(run);
    this.#counts.request(route, run, { reply, milliseconds: stopwatch.read() - startedMs, isFirst });
    return reply;
  }

  #takeBack({ part, server }: Run, savepoint: Savepoint, marks: Marks | undefined): void {
    part.turn.rollback(part, savepoint, marks);
    server.tracking.rolledBack(part.turn.changes);
  }

  #auditRefusal(run: Run, audit: Audit, message: string): void {
    const savepoint = run.databases.transaction.savepoint();
    try {
      endAudit(run, audit, message);
    } catch (error) {
      this.#takeBack(run, savepoint, undefined);
      throw error;
    }
  }

  /** What counts once of a request that may be run again with the one that runs it. */
  #concludeLater(
    route: Route,
    run: Run,
    nesting: Nesting,
    { reply, startedMs }: { readonly reply: Reply | Wait; readonly startedMs: number },
  ): void {
    const { server, stopwatch } = this.#options;
    if (server.monitors.size > 0) this.#show(run);
    const milliseconds = stopwatch.read() - startedMs;
    const changeCount = run.databases.transaction.changes.length;
    nesting.later(() => {
      this.#counts.looks(route, run, changeCount);
      this.#counts.request(route, run, { reply, milliseconds, isFirst: true });
    });
    if (run.origin === "client") nesting.end();
  }

  /** Counts a request that is not run; its reply. The route is that of its command, if there is one. */
  rejected(route: Route | undefined, refusal: ReplyError, nesting?: Nesting): Reply {
    return this.#counts.rejected(route, refusal, nesting);
  }

  /** A request that waits, as the executor parks it. */
  waiting(route: Route, context: RunContext, session: Session, waited: Waited): WaitingRequest {
    const { wait, args } = waited;
    return {
      keys: wait.keys.map((key) => watchName(session.database, key)),
      takes: wait.takes,
      goesOn: wait.goesOn,
      deadlineMs: wait.deadlineMs,
      onTimeout: wait.onTimeout,
      name: route.command.name,
      refuse: (error) => this.rejected(route, error),
      partition: () => {
        const { cluster, partitions } = this.#options.server;
        const slot = cluster && needOf([{ command: route.command, args }]).slot;
        return slot === undefined ? undefined : partitions.of(slot);
      },
      resume: (turn) => {
        const need = this.#options.server.cluster && needOf([{ command: route.command, args }]);
        const refusal = this.#refusalNow(session, route, args, need, turn.nowMs);
        // It waits until the partition is lost, and reads UNBLOCKED then.
        if (refusal?.code === "CLUSTERDOWN" && need?.slot !== undefined)
          return {
            kind: "waiting",
            request: { ...this.waiting(route, context, session, waited), goesOn: undefined },
          };
        if (refusal !== undefined) return { kind: "reply", reply: this.rejected(route, refusal) };
        const partition = this.#options.server.partitions.of(need?.slot);
        assert(partition !== undefined, "the partition of a request that is not refused");
        const run = new Run(context, route.command, session, [], turn.part(partition), "client");
        const reply = this.run(route, run, waited);
        return isWait(reply)
          ? { kind: "waiting", request: this.waiting(route, context, session, { wait: reply, args }) }
          : { kind: "reply", reply };
      },
    };
  }

  /** What the user of a request that has waited was allowed when it came, it may be refused now; and the server may be another's. */
  #refusalNow(
    session: Session,
    route: Route,
    args: readonly Buffer[],
    need: Need | undefined,
    nowMs: number,
  ): ReplyError | undefined {
    const { command } = route;
    const asked = { session, command, args, nowMs, context: "toplevel" } as const;
    const { server, stopwatch } = this.#options;
    const denial = denied(server, asked);
    if (denial !== undefined) return denialError(session, denial);
    return need && misplaced(server, need, session, stopwatch.lastMs);
  }

  /** The message of an error that a handler threw. */
  #refusal(error: unknown): string {
    return error instanceof ReplyError ? error.message : this.#options.onFault(error).message;
  }

  /** To those that monitor; what administers the server is no business of theirs. */
  #show({ command, args, session, databases, origin }: Run): void {
    if (hasFlag(command, FLAG.ADMIN | FLAG.SKIP_MONITOR)) return;
    const shown = shownArguments(command.name, args);
    this.#options.server.monitors.tell({
      session,
      args: shown,
      nowMs: databases.nowMs,
      isScripted: origin === "script",
    });
  }
}

/**
 * Beside what reads and writes keys: the number of receivers, since messages do not leave if the commit fails, and what tells of
 * libraries.
 */
const DEPENDENT = new Set([
  "exec",
  "publish",
  "spublish",
  "function|list",
  "function|dump",
  "function|stats",
]);

/** What the audit stream says of a reply. A request that waits is reported again when it is answered. */
function outcomeOf(reply: Reply | Wait): string {
  if (isWait(reply)) return "begun";
  // Its kind is "error".
  return kindOf(reply) === "error" ? (reply as { readonly message: string }).message : "OK";
}

/** Runs a handler for nothing: what it did is taken back, and it is to run as if for the first time. */
function rehearse(run: Run, handle: () => unknown): void {
  const { part } = run;
  const savepoint = part.databases.transaction.savepoint();
  const marks = part.turn.marks(part);
  try {
    handle();
  } catch {
    // The run that counts meets the same.
  }
  part.turn.rollback(part, savepoint, marks);
  run.repeat();
}
