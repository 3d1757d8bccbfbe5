/** Where requests to a member of a cluster may run. */
import type { Stopwatch } from "../base/stopwatch.ts";
import type { Command } from "../catalogue/command.ts";
import type { Session } from "../clients/session.ts";
import { bytesOfArguments } from "../commands/arguments.ts";
import { misplaced, type Need, needOf, unserved } from "../commands/cluster/placement.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import type { NotLoaded } from "../storage/not-loaded.ts";
import type { Route } from "./route.ts";

export interface PlacedRequest {
  readonly session: Session;
  readonly route: Route;
  readonly args: readonly Buffer[];
}

export class Placing {
  readonly #server: ServerContext;
  readonly #stopwatch: Stopwatch;
  readonly #commandOf: (args: readonly Buffer[]) => Command | undefined;

  constructor(
    server: ServerContext,
    stopwatch: Stopwatch,
    commandOf: (args: readonly Buffer[]) => Command | undefined,
  ) {
    this.#server = server;
    this.#stopwatch = stopwatch;
    this.#commandOf = commandOf;
  }

  /** What a request needs of a cluster, EXEC with all its queue; undefined where there is none. */
  needOf(session: Session, { command }: Route, args: readonly Buffer[]): Need | undefined {
    if (this.#server.cluster === undefined) return undefined;
    return needOf(command.name === "exec" ? this.#queued(session) : [{ command, args }]);
  }

  /** Why the request is not one for this server of a cluster. */
  misplaced(session: Session, need: Need | undefined): ReplyError | undefined {
    return need && misplaced(this.#server, need, session, this.#stopwatch.lastMs);
  }

  /** What a request that was refused waits for instead, as its partition changes hands; undefined where there is nothing. */
  hold(
    session: Session,
    need: Need | undefined,
    args: readonly Buffer[],
    refusal: ReplyError,
  ): NotLoaded | undefined {
    if (need === undefined || refusal.code !== "CLUSTERDOWN") return undefined;
    const partition = unserved(this.#server, need, session, this.#stopwatch.lastMs);
    if (partition === undefined) return undefined;
    return this.#server.handovers.hold(partition, bytesOfArguments(args));
  }

  #queued({ queue = [] }: Session): Parameters<typeof needOf>[0] {
    return queue.flatMap((args) => {
      const command = this.#commandOf(args);
      return command === undefined ? [] : [{ command, args }];
    });
  }
}
