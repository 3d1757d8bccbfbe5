/**
 * The one place every request goes through: find the command, check arity, authentication and the state of
 * the session, queue it within MULTI, or run its handler between a savepoint and its change list.
 */
import { assert } from "../base/assert.ts";
import type { Stopwatch } from "../base/stopwatch.ts";
import { checkArity, findCommand, unknownCommandError } from "../catalogue/catalogue.ts";
import { type Command, FLAG, hasFlag } from "../catalogue/command.ts";
import type { PauseMode } from "../clients/pause.ts";
import { dropQueue, isSubscriber, type Session, watchName } from "../clients/session.ts";
import { endCaching } from "../clients/tracking.ts";
import type { Call, Handler } from "../commands/handler.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { isWait, type Wait, type WaitingRequest } from "../commands/wait.ts";
import type { Databases } from "../keyspace/databases.ts";
import * as errors from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import { NONE, simple } from "../protocol/reply.ts";
import { ReplyError } from "../protocol/reply-error.ts";

const QUEUED = simple("QUEUED");
/** Commands that act on the MULTI queue itself and so are never queued. */
const NEVER_QUEUED = new Set(["exec", "discard", "multi", "watch", "quit", "reset"]);

/** What a queued argument takes beside its bytes, roughly; the limit of the query buffer counts both. */
const QUEUED_ARGUMENT_OVERHEAD_BYTES = 96;

/** What a session with subscriptions may send in RESP2, where a reply cannot be told from a message. */
const FOR_SUBSCRIBERS = new Set([
  "ping",
  "subscribe",
  "ssubscribe",
  "psubscribe",
  "unsubscribe",
  "sunsubscribe",
  "punsubscribe",
  "quit",
  "reset",
]);

/** A reply and what the executor has to know of the request behind it. */
export interface Outcome {
  readonly reply: Reply;
  /** True when the reply tells of the store: it must not leave if the turn's commit fails. */
  readonly dependsOnCommit: boolean;
  /** Set when there is no reply yet: the request waits. `reply` is then "none". */
  readonly waiting?: WaitingRequest;
}

export interface Dispatcher {
  dispatch(session: Session, args: readonly Buffer[], databases: Databases): Outcome;
  /** Whether CLIENT PAUSE holds the request back. */
  mustWait(session: Session, args: readonly Buffer[], mode: PauseMode): boolean;
}

export interface DispatcherOptions {
  readonly server: ServerContext;
  readonly handlers: ReadonlyMap<string, Handler>;
  /** Read after each request: what commandstats count, and the executor's budget. */
  readonly stopwatch: Stopwatch;
  /** Told of each error that is a bug of ours, after its command was rolled back. */
  readonly onInternalError: (error: unknown) => void;
}

/** One run of a handler, or of the retry of a request that waits. */
interface Attempt {
  readonly command: Command;
  readonly session: Session;
  readonly args: readonly Buffer[];
  readonly databases: Databases;
  readonly mayWait: boolean;
  readonly retry?: Wait["retry"];
}

export function dispatcher(options: DispatcherOptions): Dispatcher {
  const { server } = options;
  const { catalogue } = server;
  const handlers = new Map<Command, Handler>();
  for (const container of catalogue.commands) {
    for (const command of [container, ...container.subcommands.values()]) {
      const handler = options.handlers.get(command.declaration.name);
      if (handler !== undefined) handlers.set(command, handler);
    }
  }

  const rejected = (session: Session, command: Command | undefined, refusal: ReplyError): Outcome => {
    if (session.queue !== undefined) session.isQueueBroken = true;
    if (command !== undefined) statisticsOf(server, command).rejectedCalls += 1;
    let error = refusal;
    if (command?.name === "exec") {
      // An EXEC that cannot run ends the transaction nevertheless.
      dropQueue(session);
      server.watches.unwatch(session);
      error = errors.execAbortedBecause(refusal);
    }
    countError(server, error);
    return { reply: { kind: "error", message: error.message }, dependsOnCommit: false };
  };

  /** Runs a handler; an error rolls back what it did and is its reply. Costs a clock read and a savepoint. */
  const attempt = ({ command, session, args, databases, mayWait, retry }: Attempt): Reply | Wait => {
    const transaction = databases.transaction;
    const savepoint = transaction.savepoint();
    const statistics = statisticsOf(server, command);
    const startedMs = options.stopwatch.lastMs;
    let reply: Reply | Wait;
    try {
      const handler = handlers.get(command);
      assert(handler !== undefined, `a handler for ${command.name}`);
      const call: Call = {
        args,
        command,
        session,
        databases,
        db: databases.at(session.database),
        nowMs: databases.nowMs,
        server,
        mayWait,
        execute: (queued) => runQueued(session, queued, databases),
      };
      reply = retry === undefined ? handler.run(call) : retry(call);
      if (isError(reply)) {
        statistics.failedCalls += 1;
        countError(server, new ReplyError(reply.message));
      }
      if (server.watches.size > 0) server.watches.touch(transaction.changesSince(savepoint), databases);
    } catch (error) {
      databases.rollback(savepoint);
      statistics.failedCalls += 1;
      reply = { kind: "error", message: refusal(error).message };
    }
    if (session.tracking !== undefined && hasFlag(command, FLAG.READONLY)) {
      server.tracking.remember(session, command, args);
    }
    const milliseconds = options.stopwatch.read() - startedMs;
    // A request that waits is counted once, when it is answered.
    if (!isWait(reply)) statistics.calls += 1;
    statistics.microseconds += milliseconds * 1000;
    if (retry === undefined) {
      noteSlowness(server, command, { args, session, atMs: databases.nowMs }, milliseconds);
    }
    return reply;
  };

  const waitingRequest = (command: Command, session: Session, wait: Wait): WaitingRequest => ({
    keys: wait.keys.map((key) => watchName(session.database, key)),
    deadlineMs: wait.deadlineMs,
    onTimeout: wait.onTimeout,
    resume: (databases) => {
      const { retry } = wait;
      const reply = attempt({ command, session, args: [], databases, mayWait: true, retry });
      return isWait(reply)
        ? { kind: "waiting", request: waitingRequest(command, session, reply) }
        : { kind: "reply", reply };
    },
  });

  const refusal = (error: unknown): ReplyError => {
    if (error instanceof ReplyError) {
      countError(server, error);
      return error;
    }
    server.statistics.internalErrors += 1;
    options.onInternalError(error);
    const internal = errors.internalError();
    countError(server, internal);
    return internal;
  };

  const runQueued = (session: Session, args: readonly Buffer[], databases: Databases): Reply => {
    const command = resolve(args);
    if (command === undefined) throw new Error("a queued request has a command");
    if (!checkArity(command, args)) {
      return rejected(session, command, errors.wrongNumberOfArguments(command.name)).reply;
    }
    const reply = attempt({ command, session, args, databases, mayWait: false });
    assert(!isWait(reply), "nothing waits within MULTI");
    return reply;
  };

  const resolve = (args: readonly Buffer[]): Command | undefined => findCommand(catalogue, args);

  const dispatch = (session: Session, args: readonly Buffer[], databases: Databases): Outcome => {
    server.statistics.commandCount += 1;
    const command = resolve(args);
    if (command === undefined) {
      return rejected(session, undefined, unknownCommandError(catalogue, args));
    }
    session.lastCommand = command.name;
    if (!checkArity(command, args) && !isQueuedUnchecked(server, session, command))
      return rejected(session, command, errors.wrongNumberOfArguments(command.name));
    if (!session.isAuthenticated && !hasFlag(command, FLAG.NO_AUTH))
      return rejected(session, command, errors.noAuth());
    if (hasFlag(command, FLAG.WRITE) && server.store.failure !== undefined) {
      return rejected(session, command, errors.misconf(server.store.failure.message));
    }
    if (session.protocol === 2 && isSubscriber(session) && !FOR_SUBSCRIBERS.has(command.name)) {
      return rejected(session, command, errors.notForSubscribers(command.name));
    }
    if (session.queue !== undefined && !NEVER_QUEUED.has(command.name)) {
      if (hasFlag(command, FLAG.NO_MULTI)) return rejected(session, command, errors.notInMulti());
      session.queue.push(args.map((arg) => Buffer.from(arg)));
      for (const arg of args) session.queueBytes += arg.length + QUEUED_ARGUMENT_OVERHEAD_BYTES;
      return { reply: QUEUED, dependsOnCommit: false };
    }
    const reply = attempt({ command, session, args, databases, mayWait: true });
    endCaching(session, command);
    const dependsOnCommit = dependsOnStore(command);
    return isWait(reply)
      ? { reply: NONE, dependsOnCommit, waiting: waitingRequest(command, session, reply) }
      : { reply, dependsOnCommit };
  };

  /** "write": what writes has to wait, and an EXEC with a write in its queue. */
  const mustWait = (session: Session, args: readonly Buffer[], mode: PauseMode): boolean => {
    const command = resolve(args);
    if (command === undefined || !checkArity(command, args)) return false;
    if (mode === "all" || hasFlag(command, FLAG.WRITE)) return true;
    const queue = command.name === "exec" ? (session.queue ?? []) : [];
    return queue.some((queued) => {
      const inner = resolve(queued);
      return inner !== undefined && hasFlag(inner, FLAG.WRITE);
    });
  };

  return { dispatch, mustWait };
}

/** An error that a handler returns instead of throwing it keeps what the command did. */
function isError(reply: Reply | Wait): reply is { kind: "error"; message: string } {
  return typeof reply === "object" && reply !== null && "kind" in reply && reply.kind === "error";
}

/** To Redis a module's commands take any number of arguments: within MULTI only EXEC finds out. */
function isQueuedUnchecked(server: ServerContext, session: Session, command: Command): boolean {
  return (
    session.queue !== undefined &&
    hasFlag(command, FLAG.MODULE) &&
    server.config.values["sm-compat"] === "module"
  );
}

/** Commands whose arguments may be passwords: the slow log shows none of them. */
const HAS_SECRETS = new Set(["auth", "hello", "config|set"]);
const REDACTED = Buffer.from("(redacted)");

/** A request and whose it was. */
interface Served {
  readonly args: readonly Buffer[];
  readonly session: Session;
  readonly atMs: number;
}

/** Tells the slow log and the latency log of a command that took long. */
function noteSlowness(server: ServerContext, command: Command, served: Served, milliseconds: number): void {
  const { values } = server.config;
  const slowMicroseconds = values["slowlog-log-slower-than"];
  if (
    slowMicroseconds >= 0 &&
    milliseconds * 1000 >= slowMicroseconds &&
    !hasFlag(command, FLAG.SKIP_SLOWLOG)
  ) {
    const args = HAS_SECRETS.has(command.name) ? [...served.args.slice(0, 1), REDACTED] : served.args;
    server.slowLog.add({ ...served, args }, milliseconds * 1000, values["slowlog-max-len"]);
  }
  const slowMilliseconds = values["latency-monitor-threshold"];
  if (slowMilliseconds > 0 && milliseconds >= slowMilliseconds) {
    server.latencyLog.add(
      hasFlag(command, FLAG.FAST) ? "fast-command" : "command",
      milliseconds,
      served.atMs,
    );
  }
}

/** Beside what reads and writes: the number of receivers, since messages do not leave if the commit fails. */
const DEPENDENT = new Set(["exec", "publish", "spublish"]);

function dependsOnStore(command: Command): boolean {
  return hasFlag(command, FLAG.WRITE | FLAG.READONLY) || DEPENDENT.has(command.name);
}

function statisticsOf(server: ServerContext, command: Command) {
  let entry = server.statistics.commands.get(command.name);
  if (entry === undefined) {
    entry = { calls: 0, microseconds: 0, rejectedCalls: 0, failedCalls: 0 };
    server.statistics.commands.set(command.name, entry);
  }
  return entry;
}

function countError(server: ServerContext, error: ReplyError): void {
  const count = server.statistics.errors.get(error.code) ?? 0;
  server.statistics.errors.set(error.code, count + 1);
}
