/**
 * The one place every request goes through: find the command, check arity, authentication and the state of
 * the session, queue it within MULTI, or run its handler (`runner.ts`).
 */
import { assert } from "../base/assert.ts";
import type { Stopwatch } from "../base/stopwatch.ts";
import { checkArity, unknownCommandError } from "../catalogue/catalogue.ts";
import { type Command, FLAG, hasFlag } from "../catalogue/command.ts";
import type { PauseMode } from "../clients/pause.ts";
import { dropQueue, isSubscriber, type QueuedRequest, type Session } from "../clients/session.ts";
import { endCaching } from "../clients/tracking.ts";
import { copied } from "../commands/arguments.ts";
import type { Need } from "../commands/cluster/placement.ts";
import type { Wait } from "../commands/handler.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { isWait } from "../commands/wait.ts";
import type { Partition } from "../keyspace/partitions.ts";
import * as errors from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import { NONE, simple } from "../protocol/reply.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import { hasWrongArity } from "./arity.ts";
import { FOR_SUBSCRIBERS, MAY_REPLICATE, REDIRECTIONS } from "./command-sets.ts";
import type { Dispatcher, Missing, Outcome } from "./dispatcher.ts";
import { excessOf } from "./excess.ts";
import { Nesting } from "./nesting.ts";
import { denialError, denied, noLonger } from "./permissions.ts";
import { type PlacedRequest, Placing } from "./placing.ts";
import { furtherMissesOf, touchesKeys } from "./request-keys.ts";
import type { Route } from "./route.ts";
import { Routes } from "./routes.ts";
import { Run, type RunContext } from "./run.ts";
import { Runner, type RunnerOptions } from "./runner.ts";
import { ScriptedCommands } from "./scripted-commands.ts";
import { SharedRequests } from "./shared-requests.ts";
import type { Part, Turn } from "./turn.ts";

const QUEUED = simple("QUEUED");
/** Commands that act on the MULTI queue itself and so are never queued. */
const NEVER_QUEUED = new Set(["exec", "discard", "multi", "watch", "quit", "reset"]);

/** What a queued argument takes beside its bytes, roughly; the limit of the query buffer counts both. */
const QUEUED_ARGUMENT_OVERHEAD_BYTES = 96;

/** A request that runs, or is run again. */
interface Request extends PlacedRequest {
  readonly nesting: Nesting | undefined;
  /** The random numbers of its earlier runs. */
  readonly draws: number[] | undefined;
  /** The arguments are its own copies. */
  readonly isKept?: boolean;
}

export class CommandDispatcher implements Dispatcher {
  readonly #server: ServerContext;
  /** Read after each request, whatever becomes of it. */
  readonly #stopwatch: Stopwatch;
  readonly #runner: Runner;
  readonly #shared: SharedRequests;
  readonly #context: RunContext;
  readonly #routes: Routes;
  readonly #placing: Placing;

  constructor(options: RunnerOptions) {
    this.#server = options.server;
    this.#stopwatch = options.stopwatch;
    this.#runner = new Runner(options);
    this.#placing = new Placing(options.server, options.stopwatch, this.#commandOf);
    this.#routes = new Routes(options.server.catalogue, (command) => this.#runner.route(command));
    this.#context = {
      server: options.server,
      runQueued: (outer, args) => this.#runQueued(outer, args),
      scripted: new ScriptedCommands({
        server: options.server,
        runner: this.#runner,
        monotonicMs: () => options.stopwatch.lastMs,
        resolve: (args) => this.#routes.resolve(args),
        context: () => this.#context,
      }),
    };
    this.#shared = new SharedRequests(options, this.#runner, this.#context);
  }

  dispatch(session: Session, args: readonly Buffer[], turn: Turn): Outcome {
    const server = this.#server;
    server.statistics.commandCount += 1;
    const route = this.#routes.resolve(args);
    if (route === undefined) {
      return this.#rejected(session, undefined, unknownCommandError(server.catalogue, args));
    }
    session.lastCommand = route.command.name;
    return this.#begin(session, route, args, turn);
  }

  #begin(session: Session, route: Route, args: readonly Buffer[], turn: Turn): Outcome {
    const server = this.#server;
    const need = this.#placing.needOf(session, route, args);
    const partition = server.partitions.of(need?.slot);
    const refusal = this.#refusal(session, route, args, need, partition, turn.nowMs);
    if (refusal !== undefined) return this.#heldOrRejected({ session, route, args }, need, refusal);
    if (session.queue !== undefined && !NEVER_QUEUED.has(route.command.name)) {
      return this.#queue(session, session.queue, args);
    }
    const part = turn.part(partition ?? server.partitions.home);
    if (route.isShared) return this.#shared.begin({ session, route, args: copied(args) }, part.partition);
    const nesting =
      route.runsOthers && part.partition.store.mayMiss ? new Nesting(session, server) : undefined;
    return this.#run({ session, route, args, nesting, draws: undefined }, part);
  }

  #run(request: Request, part: Part): Outcome {
    const { session, route, args, nesting, draws } = request;
    const pushCount = this.#server.pushes.size;
    const { wideCount } = part.turn;
    let run: Run | undefined;
    let reply: Reply | Wait;
    try {
      run = new Run(this.#context, route.command, session, args, part, "client", nesting);
      run.draws = draws;
      reply = this.#runner.run(route, run);
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      this.#server.pushes.truncate(pushCount);
      return this.#missed({ ...request, draws: run?.draws ?? draws }, part, error);
    }
    if (session.tracking !== undefined) endCaching(session, route.command);
    const { protocol } = session;
    const { dependsOnCommit } = route;
    const partition = part.turn.wideCount === wideCount ? part.partition : undefined;
    if (!isWait(reply)) return { reply, protocol, dependsOnCommit, partition, waiting: undefined };
    const waiting = this.#runner.waiting(route, this.#context, session, { wait: reply, args: copied(args) });
    return { reply: NONE, protocol, dependsOnCommit, partition, waiting };
  }

  /** A read has missed: what the request needs, and how it goes on. */
  #missed(request: Request, part: Part, miss: NotLoaded): Outcome {
    const { session, route, nesting } = request;
    nesting?.takeBack();
    const kept = request.isKept === true ? request : { ...request, args: copied(request.args), isKept: true };
    const missing: Missing = {
      name: route.command.name,
      partition: part.partition,
      args: kept.args,
      misses: [miss, ...furtherMissesOf(this.#routes, this.#context, kept, part)],
      again: (turn) => {
        // The server may hold another store of these keys by now, or another home.
        const need = this.#placing.needOf(session, route, kept.args);
        const partition = this.#server.partitions.of(need?.slot) ?? this.#server.partitions.home;
        const refusal = this.#refusalOfAnother(kept, need, partition, turn.nowMs);
        return refusal === undefined
          ? this.#run(kept, turn.part(partition))
          : this.#heldOrRejected(kept, need, refusal);
      },
      refuse: (error) => this.#rejected(session, route, error),
    };
    this.#stopwatch.read();
    return { reply: NONE, protocol: session.protocol, dependsOnCommit: true, waiting: undefined, missing };
  }

  /** Why a request that was begun is not run again: its user or the store has changed meanwhile. */
  #refusalOfAnother(
    { session, route, args }: Request,
    need: Need | undefined,
    { store }: Partition,
    nowMs: number,
  ): ReplyError | undefined {
    const { command, isWrite } = route;
    const denial = denied(this.#server, { session, command, args, nowMs, context: "toplevel" });
    if (denial !== undefined) return denialError(session, denial);
    const refusal = this.#placing.misplaced(session, need);
    if (refusal !== undefined) return refusal;
    const { failure } = store;
    return isWrite && failure !== undefined ? errors.misconf(failure.message) : undefined;
  }

  touches(session: Session, args: readonly Buffer[], keys: ReadonlySet<string>): boolean {
    return touchesKeys(this.#routes, { session, args, keys });
  }

  /** "write": what writes has to wait, and an EXEC with a write in its queue. */
  mustWait(session: Session, args: readonly Buffer[], mode: PauseMode): boolean {
    const route = this.#routes.resolve(args);
    if (route === undefined || !checkArity(route.command, args)) return false;
    if (mode === "all" || route.mayWrite) return true;
    const queue = route.command.name === "exec" ? (session.queue ?? []) : [];
    return queue.some((queued) => this.#routes.resolve(queued)?.mayWrite === true);
  }

  /** Why a request is not run, nor queued. Plain parameters, as an object for each request costs more. */
  #refusal(
    session: Session,
    { command, isRead, isWrite, isShared }: Route,
    args: readonly Buffer[],
    need: Need | undefined,
    partition: Partition | undefined,
    nowMs: number,
  ): ReplyError | undefined {
    const server = this.#server;
    if (hasWrongArity(server, session, command, args)) return errors.wrongNumberOfArguments(command.name);
    if (!session.isAuthenticated && server.users.needsLogin && !hasFlag(command, FLAG.NO_AUTH)) {
      return errors.noAuth();
    }
    if (session.queue !== undefined && hasFlag(command, FLAG.NO_MULTI)) return errors.notInMulti();
    if (session.queue !== undefined && isShared) return errors.notSharedInside();
    const context = session.queue === undefined ? "toplevel" : "multi";
    const denial = denied(server, { session, command, args, nowMs, context });
    if (denial !== undefined) return denialError(session, denial);
    const refusal = this.#placing.misplaced(session, need);
    if (refusal !== undefined) return refusal;
    const excess = excessOf(server, session, command, nowMs, this.#commandOf);
    if (excess !== undefined) return excess;
    const failure = isWrite ? partition?.store.failure : undefined;
    if (failure !== undefined) return errors.misconf(failure.message);
    if (session.isMonitor && (isWrite || isRead || MAY_REPLICATE.has(command.name)))
      return errors.notForMonitors();
    if (session.protocol === 2 && isSubscriber(session) && !FOR_SUBSCRIBERS.has(command.name))
      return errors.notForSubscribers(command.name);
    return undefined;
  }

  readonly #commandOf = (args: readonly Buffer[]): Command | undefined => this.#routes.resolve(args)?.command;

  #queue(session: Session, queue: QueuedRequest[], args: readonly Buffer[]): Outcome {
    // A transaction that EXEC will refuse needs none.
    if (!session.isQueueBroken) {
      queue.push(copied(args));
      for (const arg of args) session.queueBytes += arg.length + QUEUED_ARGUMENT_OVERHEAD_BYTES;
    }
    this.#stopwatch.read();
    return { reply: QUEUED, protocol: session.protocol, dependsOnCommit: false, waiting: undefined };
  }

  #runQueued(outer: Run, args: readonly Buffer[]): Reply {
    const { nesting } = outer;
    const route = this.#routes.resolve(args);
    assert(route !== undefined, "a queued request has a command");
    if (nesting === undefined) return this.#runQueuedNow(outer, route, args);
    const isRepeatable = route.isRead || route.isWrite || route.runsOthers;
    return nesting.run(isRepeatable, () => this.#runQueuedNow(outer, route, args));
  }

  #runQueuedNow({ session, part, nowMs, nesting }: Run, route: Route, args: readonly Buffer[]): Reply {
    const { command } = route;
    if (!checkArity(command, args)) {
      return this.#rejectedInside(route, errors.wrongNumberOfArguments(command.name), nesting);
    }
    // What was allowed when it was queued may not be any more.
    const denial = denied(this.#server, { session, command, args, nowMs, context: "multi", nesting });
    if (denial !== undefined) {
      return this.#rejectedInside(route, errors.permissionsChanged(noLonger(denial)), nesting);
    }
    const run = new Run(this.#context, command, session, args, part, "transaction", nesting);
    const reply = this.#runner.run(route, run);
    assert(!isWait(reply), "nothing waits within MULTI");
    return reply;
  }

  #rejectedInside(route: Route, refusal: ReplyError, nesting: Nesting | undefined): Reply {
    const reply = this.#runner.rejected(route, refusal, nesting);
    this.#stopwatch.read();
    return reply;
  }

  /** A request whose partition nobody serves waits until somebody does, and begins anew then. */
  #heldOrRejected(request: PlacedRequest, need: Need | undefined, refusal: ReplyError): Outcome {
    const { session, route, args } = request;
    const hold = this.#placing.hold(session, need, args, refusal);
    if (hold === undefined) return this.#rejected(session, route, refusal);
    const kept = copied(args);
    const missing: Missing = {
      name: route.command.name,
      partition: this.#server.partitions.home,
      args: kept,
      misses: [hold],
      again: (turn) => this.#begin(session, route, kept, turn),
      refuse: (error) => this.#rejected(session, route, error),
    };
    this.#stopwatch.read();
    return { reply: NONE, protocol: session.protocol, dependsOnCommit: false, waiting: undefined, missing };
  }

  #rejected(session: Session, route: Route | undefined, refusal: ReplyError): Outcome {
    if (session.queue !== undefined) session.isQueueBroken = true;
    let error = refusal;
    if (route?.command.name === "exec") {
      // An EXEC that cannot run ends the transaction nevertheless.
      dropQueue(session);
      this.#server.watches.unwatch(session);
      if (!REDIRECTIONS.has(refusal.code)) error = errors.execAbortedBecause(refusal);
    }
    const reply = this.#runner.rejected(route, error);
    this.#stopwatch.read();
    return { reply, protocol: session.protocol, dependsOnCommit: false, waiting: undefined };
  }
}
