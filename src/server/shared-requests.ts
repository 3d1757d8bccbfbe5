/** A request that changes what belongs to the whole cluster, as it is tried in a partition, and its reply. */
import { assert } from "../base/assert.ts";
import type { Session } from "../clients/session.ts";
import type { NamedDefinition } from "../cluster/cluster-log.ts";
import { argument, text } from "../commands/arguments.ts";
import type { Handler, Wait } from "../commands/handler.ts";
import { isWait, kindOf } from "../commands/wait.ts";
import type { Partition } from "../keyspace/partitions.ts";
import { splitDefinitionId } from "../machines/definitions.ts";
import * as errors from "../protocol/errors.ts";
import { NONE, type Reply } from "../protocol/reply.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import type { Missing, Outcome } from "./dispatcher.ts";
import type { Route } from "./route.ts";
import { Run, type RunContext } from "./run.ts";
import type { Runner, RunnerOptions } from "./runner.ts";
import type { SharedRequest } from "./shared-changes.ts";
import { Turn } from "./turn.ts";

interface ChangeRequest {
  readonly session: Session;
  readonly route: Route;
  /** Its own copies. */
  readonly args: readonly Buffer[];
}

/** How a request is tried, in a turn of its own that is taken back as a whole. */
function changeOf(request: ChangeRequest, context: RunContext): SharedRequest {
  const { session, route, args } = request;
  const { server } = context;
  return {
    removes: removedBy(request),
    attempt: (partition) => {
      const turn = new Turn(server.partitions, server.config.get("databases"), server.clock.now());
      const part = turn.part(partition);
      const { transaction } = part.databases;
      try {
        const run = new Run(context, route.command, session, args, part, "client");
        assert(route.handler !== undefined, "a container's arity refuses every call");
        if (route.handler.shared !== undefined) {
          const { reply, record } = route.handler.shared.attempt(run);
          return { reply, writes: transaction.writes(), record };
        }
        const reply = route.handler.run(run);
        assert(!isWait(reply), "a change does not wait");
        return { reply, writes: transaction.writes(), record: undefined };
      } finally {
        transaction.abort();
      }
    },
  };
}

function removedBy({ route, args }: ChangeRequest): NamedDefinition | undefined {
  if (route.command.declaration.name !== "SM.DEF|DEL") return undefined;
  const { name, version } = splitDefinitionId(text(argument(args, 2), "definition"));
  return version === undefined ? undefined : { name, version };
}

/** Requests on their way to all partitions: each is answered when all of them have what it changes. */
export class SharedRequests {
  readonly #options: RunnerOptions;
  readonly #runner: Runner;
  readonly #context: RunContext;

  constructor(options: RunnerOptions, runner: Runner, context: RunContext) {
    this.#options = options;
    this.#runner = runner;
    this.#context = context;
  }

  /** It is not run now: its connection waits, as for something that is loaded. */
  begin(request: ChangeRequest, partition: Partition): Outcome {
    let reply: Reply | undefined;
    const miss = new NotLoaded(async () => {
      reply = await this.#reply(request);
    });
    const missing = this.#missing(request, partition, miss, () => reply ?? UNKNOWN);
    this.#options.stopwatch.read();
    return { ...answer(request.session), missing };
  }

  /** It goes on, with the reply that there is then, when something is there. */
  #missing(request: ChangeRequest, partition: Partition, miss: NotLoaded, reply: () => Reply): Missing {
    const { session, route, args } = request;
    return {
      name: route.command.name,
      partition,
      args,
      misses: [miss],
      again: (turn) => this.#conclude(request, reply(), turn),
      refuse: (error) => {
        const refused = this.#runner.rejected(route, error);
        this.#options.stopwatch.read();
        return { ...answer(session), reply: refused };
      },
    };
  }

  async #reply(request: ChangeRequest): Promise<Reply> {
    const { shared, onFault } = this.#options;
    try {
      assert(shared !== undefined, "a change of all partitions has a log");
      return await shared.change(changeOf(request, this.#context));
    } catch (error) {
      return errorReply(error instanceof ReplyError ? error : onFault(error));
    }
  }

  /** What was tried was not counted: this is. */
  #conclude(request: ChangeRequest, reply: Reply, turn: Turn): Outcome {
    const { session, route, args } = request;
    const part = turn.part(this.#options.server.partitions.home);
    const run = new Run(this.#context, route.command, session, args, part, "client");
    const shared = route.handler?.shared;
    const handler: Handler = {
      name: route.command.declaration.name,
      run: (call) => shared?.answer?.(call, given(reply)) ?? given(reply),
    };
    let counted: Reply | Wait;
    try {
      counted = this.#runner.run({ ...route, handler }, run);
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      return { ...answer(session), missing: this.#missing(request, part.partition, error, () => reply) };
    }
    if (!isWait(counted)) return { ...answer(session), reply: counted };
    const waiting = this.#runner.waiting(route, this.#context, session, { wait: counted, args });
    return { ...answer(session), waiting };
  }
}

/** The partition is another server's before the request has been answered. */
const UNKNOWN = errorReply(errors.notYetShared("it is not known whether the change is made"));

function answer({ protocol }: Session): Outcome {
  return { reply: NONE, protocol, dependsOnCommit: false, waiting: undefined };
}

function errorReply({ message }: { readonly message: string }): Reply {
  return { kind: "error", message };
}

/** As a handler gives a reply. @throws ReplyError */
function given(reply: Reply): Reply {
  // Its kind is "error".
  if (kindOf(reply) === "error") throw new ReplyError((reply as { readonly message: string }).message);
  return reply;
}
