/**
 * Runs the handler of a command between a savepoint and its change list, tries again what waits, and counts: calls,
 * errors, time, keys that were found, slow commands.
 */
import { assert } from "../base/assert.ts";
import type { Stopwatch } from "../base/stopwatch.ts";
import { type Command, FLAG, hasFlag } from "../catalogue/command.ts";
import { type Session, watchName } from "../clients/session.ts";
import { misplaced, needOf } from "../commands/cluster/placement.ts";
import type { Handler, Wait } from "../commands/handler.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { isWait, kindOf, type WaitingRequest } from "../commands/wait.ts";
import type { Savepoint } from "../keyspace/transaction.ts";
import { lookAtChildren } from "../machines/delivery.ts";
import { type CommandStatistics, statisticsOf } from "../metrics/statistics.ts";
import type { Reply } from "../protocol/reply.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import { type Audit, beginAudit, endAudit, mayBeAudited } from "./audit.ts";
import type { OnFault } from "./faults.ts";
import type { Nesting } from "./nesting.ts";
import { denialError, denied } from "./permissions.ts";
import { Run, type RunContext } from "./run.ts";
import { shownArguments } from "./secrets.ts";

/** A command and what is known of it before any request comes. */
export interface Route {
  readonly command: Command;
  /** Undefined for a container, which nobody can call. */
  readonly handler: Handler | undefined;
  readonly statistics: CommandStatistics;
  readonly isWrite: boolean;
  readonly isRead: boolean;
  /** EXEC, or it runs a script. */
  readonly runsOthers: boolean;
  /** It writes, or runs a script, which may. */
  readonly mayWrite: boolean;
  /** The audit stream tells of its requests, or of some. */
  readonly mayBeAudited: boolean;
  /** True when the reply tells of the store: it must not leave if the turn's commit fails. */
  readonly dependsOnCommit: boolean;
}

/** A request that waits: what its handler has returned, and the request itself, copied. */
export interface Waited {
  readonly wait: Wait;
  readonly args: readonly Buffer[];
}

/** What a run has come to, and how long it took. */
interface Ended {
  readonly reply: Reply | Wait;
  readonly milliseconds: number;
  /** False for the retry of a request that waits. */
  readonly isFirst: boolean;
}

export interface RunnerOptions {
  readonly server: ServerContext;
  readonly handlers: ReadonlyMap<string, Handler>;
  /** Read after each request: what commandstats count, and the executor's budget. */
  readonly stopwatch: Stopwatch;
  /** Takes each error that no client has caused, after its command was rolled back. */
  readonly onFault: OnFault;
  /**
   * Runs each command that reads or writes keys twice and takes the first run back: a test of the rule that handlers
   * change nothing beside the databases.
   */
  readonly rehearses?: boolean;
}

export class Runner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
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
    };
  }

  /**
   * Runs a handler, or the retry of a request that waits; an error rolls back what it did and is its reply. Costs a reading
   * of the clock and a savepoint.
   * @throws NotLoaded when it has to be run again later: nothing of it stays in the databases, nor has it been counted
   */
  run(route: Route, run: Run, waited?: Waited): Reply | Wait {
    const { server, stopwatch } = this.#options;
    const { databases } = run;
    const { transaction } = databases;
    const retry = waited?.wait.retry;
    const savepoint = transaction.savepoint();
    const startedMs = stopwatch.lastMs;
    let reply: Reply | Wait;
    let audit: Audit | undefined;
    try {
      if (route.mayBeAudited) audit = beginAudit(run, waited?.args ?? run.args);
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
        server.watches.touch(transaction.changesSince(savepoint), databases);
    } catch (error) {
      this.#takeBack(run, savepoint);
      if (error instanceof NotLoaded) throw error;
      reply = { kind: "error", message: this.#refusal(error) };
      if (audit !== undefined) this.#auditRefusal(run, audit, reply.message);
    }
    const isFirst = retry === undefined;
    const { nesting } = run;
    if (nesting !== undefined) {
      this.#concludeLater(route, run, nesting, { reply, startedMs });
      return reply;
    }
    this.#noteLooks(route, run);
    if (server.monitors.size > 0 && isFirst) this.#show(run);
    this.#count(route, run, { reply, milliseconds: stopwatch.read() - startedMs, isFirst });
    return reply;
  }

  #takeBack({ databases, server }: Run, savepoint: Savepoint): void {
    databases.rollback(savepoint);
    server.tracking.rolledBack(databases.transaction.changes);
  }

  #auditRefusal(run: Run, audit: Audit, message: string): void {
    const savepoint = run.databases.transaction.savepoint();
    try {
      endAudit(run, audit, message);
    } catch (error) {
      this.#takeBack(run, savepoint);
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
      this.#noteLooks(route, run, changeCount);
      this.#count(route, run, { reply, milliseconds, isFirst: true });
    });
    if (run.origin === "client") nesting.end();
  }

  /** @param changeCount how many changes the transaction had when it had run; all, when it is not given */
  #noteLooks(route: Route, run: Run, changeCount?: number): void {
    const { session, command, args, databases } = run;
    this.#countLooks(run);
    if (!route.isRead || session.tracking === undefined || SCRIPTS.has(command.name)) return;
    const { changes } = databases.transaction;
    this.#options.server.tracking.remember(session, { command, args, changes, count: changeCount });
  }

  #count({ statistics }: Route, run: Run, { reply, milliseconds, isFirst }: Ended): void {
    const kind = kindOf(reply);
    if (kind === "error") this.#countFailure(statistics, reply);
    // A request that waits is counted once, when it is answered.
    if (kind !== "wait") {
      statistics.calls += 1;
      if (this.#options.server.config.values["latency-tracking"])
        statistics.durations.add(milliseconds * 1000);
    }
    statistics.microseconds += milliseconds * 1000;
    if (isFirst) this.#noteSlowness(run, milliseconds);
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
      resume: (databases) => {
        const refusal = this.#refusalNow(session, route, args, databases.nowMs);
        if (refusal !== undefined) return { kind: "reply", reply: refusal };
        const run = new Run(context, route.command, session, [], databases, "client");
        const reply = this.run(route, run, waited);
        return isWait(reply)
          ? { kind: "waiting", request: this.waiting(route, context, session, { wait: reply, args }) }
          : { kind: "reply", reply };
      },
    };
  }

  /** What the user of a request that has waited was allowed when it came, it may be refused now; and the server may be another's. */
  #refusalNow(session: Session, route: Route, args: readonly Buffer[], nowMs: number): Reply | undefined {
    const { command } = route;
    const asked = { session, command, args, nowMs, context: "toplevel" } as const;
    const { server, stopwatch } = this.#options;
    const denial = denied(server, asked);
    if (denial !== undefined) return this.rejected(route, denialError(session, denial));
    if (server.cluster === undefined) return undefined;
    const refusal = misplaced(server.cluster, needOf([{ command, args }]), session, stopwatch.lastMs);
    return refusal === undefined ? undefined : this.rejected(route, refusal);
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

  #countLooks({ db, hits, misses, missed, nowMs, uses }: Run): void {
    const { keyspaceEvents, keyUses, statistics } = this.#options.server;
    if (uses !== undefined) {
      for (const { key, given } of uses) {
        if (given === undefined) keyUses.note(db.index, key, nowMs);
        else keyUses.give(db.index, key, given, nowMs);
      }
    }
    if (hits > 0) statistics.keyspaceHits += hits;
    if (misses > 0) statistics.keyspaceMisses += misses;
    if (missed !== undefined) keyspaceEvents.note(missed);
  }

  /** An error that a handler returns instead of throwing it keeps what the command did. */
  #countFailure(statistics: CommandStatistics, reply: Reply | Wait): void {
    statistics.failedCalls += 1;
    // Its kind is "error".
    this.#countError(new ReplyError((reply as { readonly message: string }).message));
  }

  /** Counts a request that is not run; its reply. The route is that of its command, if there is one. */
  rejected(route: Route | undefined, refusal: ReplyError, nesting?: Nesting): Reply {
    const count = () => {
      if (route !== undefined) route.statistics.rejectedCalls += 1;
      this.#countError(refusal);
    };
    if (nesting === undefined) count();
    else nesting.later(count);
    return { kind: "error", message: refusal.message };
  }

  #countError(error: ReplyError): void {
    const { errors: counts } = this.#options.server.statistics;
    // A script makes up codes as it likes.
    if (counts.size >= ERROR_CODES_MAX && !counts.has(error.code)) return;
    counts.set(error.code, (counts.get(error.code) ?? 0) + 1);
  }

  /** Tells the slow log and the latency log of a command that took long. */
  #noteSlowness({ command, args, session, databases }: Run, milliseconds: number): void {
    const { config, slowLog, latencyLog } = this.#options.server;
    const { values } = config;
    const microseconds = milliseconds * 1000;
    const slowMicroseconds = values["slowlog-log-slower-than"];
    if (slowMicroseconds >= 0 && microseconds >= slowMicroseconds && !hasFlag(command, FLAG.SKIP_SLOWLOG)) {
      const served = { args: shownArguments(command.name, args), session, atMs: databases.nowMs };
      slowLog.add(served, microseconds, values["slowlog-max-len"]);
    }
    const slowMilliseconds = values["latency-monitor-threshold"];
    if (slowMilliseconds > 0 && milliseconds >= slowMilliseconds) {
      const event = hasFlag(command, FLAG.FAST) ? "fast-command" : "command";
      latencyLog.add(event, milliseconds, databases.nowMs);
    }
  }
}

const ERROR_CODES_MAX = 256;

/** A script tells of the store, and may change it. */
const SCRIPTS = new Set(["eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"]);

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
  const { databases } = run;
  const savepoint = databases.transaction.savepoint();
  try {
    handle();
  } catch {
    // The run that counts meets the same.
  }
  databases.rollback(savepoint);
  run.repeat();
}
