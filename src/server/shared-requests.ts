/** A request that changes what belongs to the whole cluster, as it is tried in a partition, and its reply. */
import { assert } from "../base/assert.ts";
import type { Session } from "../clients/session.ts";
import type { NamedDefinition } from "../cluster/cluster-log.ts";
import { argument, text } from "../commands/arguments.ts";
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
        const reply = route.handler.run(run);
        assert(!isWait(reply), "a change does not wait");
        return { reply, writes: transaction.writes() };
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
    const { session, route, args } = request;
    const { stopwatch } = this.#options;
    let reply: Reply | undefined;
    const missing: Missing = {
      name: route.command.name,
      partition,
      args,
      misses: [
        new NotLoaded(async () => {
          reply = await this.#reply(request);
        }),
      ],
      again: (turn) => this.#conclude(request, reply ?? UNKNOWN, turn),
      refuse: (error) => {
        const refused = this.#runner.rejected(route, error);
        stopwatch.read();
        return { ...answer(session), reply: refused };
      },
    };
    stopwatch.read();
    return { ...answer(session), missing };
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
  #conclude({ session, route, args }: ChangeRequest, reply: Reply, turn: Turn): Outcome {
    const part = turn.part(this.#options.server.partitions.home);
    const run = new Run(this.#context, route.command, session, args, part, "client");
    const handler = { name: route.command.declaration.name, run: () => given(reply) };
    const counted = this.#runner.run({ ...route, handler }, run);
    assert(!isWait(counted), "a change does not wait");
    return { ...answer(session), reply: counted };
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
