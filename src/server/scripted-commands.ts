/** Commands that scripts run: the checks of `dispatch.ts` in the words scripts read, then the handler, within the script's turn. */
import { assert } from "../base/assert.ts";
import { checkArity } from "../catalogue/catalogue.ts";
import { FLAG, hasFlag } from "../catalogue/command.ts";
import type { Session } from "../clients/session.ts";
import { denialOf } from "../clients/users/check.ts";
import { misplaced, needOf } from "../commands/cluster/placement.ts";
import type { ScriptedOptions } from "../commands/handler.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { isWait } from "../commands/wait.ts";
import * as errors from "../protocol/errors.ts";
import type { ProtocolVersion, Reply } from "../protocol/reply.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { denied } from "./permissions.ts";
import type { Route } from "./route.ts";
import { Run, type RunContext, type Scripted } from "./run.ts";
import type { Runner } from "./runner.ts";

export interface ScriptedCommandsOptions {
  readonly server: ServerContext;
  readonly runner: Runner;
  /** Of the turn at hand. */
  monotonicMs(): number;
  resolve(args: readonly Buffer[]): Route | undefined;
  context(): RunContext;
}

export class ScriptedCommands implements Scripted {
  readonly #options: ScriptedCommandsOptions;

  constructor(options: ScriptedCommandsOptions) {
    this.#options = options;
  }

  /** The reply, an error too where the command may not run. `protocol`: what the script has chosen by redis.setresp. */
  run(outer: Run, args: readonly Buffer[], protocol: ProtocolVersion, options: ScriptedOptions): Reply {
    const { context, resolve, runner, server } = this.#options;
    const { session, part, nesting } = outer;
    if (nesting === undefined) server.statistics.commandCount += 1;
    else
      nesting.later(() => {
        server.statistics.commandCount += 1;
      });
    const route = resolve(args);
    if (route === undefined) return runner.rejected(undefined, errors.unknownCommandInScript(), nesting);
    const refusal =
      this.#refusal(route, outer, args, options) ??
      this.#denial(route, outer, args) ??
      this.#misplaced(route, outer, args, options);
    if (refusal !== undefined) return runner.rejected(route, refusal, nesting);
    const protocolBefore = session.protocol;
    session.protocol = protocol;
    try {
      const run = new Run(context(), route.command, session, args, part, "script", nesting);
      const reply = runner.run(route, run);
      assert(!isWait(reply), "nothing waits within a script");
      return reply;
    } finally {
      session.protocol = protocolBefore;
    }
  }

  /** Whether the user may run a command; undefined: there is none of that name. */
  mayRun({ user }: Session, args: readonly Buffer[]): boolean | undefined {
    const route = this.#options.resolve(args);
    if (route === undefined) return undefined;
    return denialOf(user, route.command, args) === undefined;
  }

  #denial(
    { command }: Route,
    { session, nowMs, nesting }: Run,
    args: readonly Buffer[],
  ): ReplyError | undefined {
    const denial = denied(this.#options.server, { session, command, args, nowMs, context: "lua", nesting });
    return denial === undefined ? undefined : errors.deniedInScript(denial.reason);
  }

  /** In a cluster, why the command may not run here, or not in this script. */
  #misplaced(
    { command }: Route,
    { session, part }: Run,
    args: readonly Buffer[],
    { place }: ScriptedOptions,
  ): ReplyError | undefined {
    const { server, monotonicMs } = this.#options;
    if (server.cluster === undefined) return undefined;
    const need = needOf([{ command, args }]);
    const refusal = misplaced(server, need, session, monotonicMs());
    if (refusal !== undefined) {
      const isDown = refusal.message === errors.clusterIsDown().message;
      return isDown ? errors.clusterDownInScript() : errors.notLocalInScript();
    }
    if (need.slot === undefined) return undefined;
    // What a script does is one commit, so it is of the partition that the script runs in.
    if (server.partitions.of(need.slot) !== part.partition) return errors.crossSlotInScript();
    if (place === undefined) return undefined;
    place.slot ??= need.slot;
    return place.slot === need.slot ? undefined : errors.crossSlotInScript();
  }

  #refusal(
    { command, isWrite, isShared }: Route,
    { part }: Run,
    args: readonly Buffer[],
    { isReadOnly, mayExceedMemory }: ScriptedOptions,
  ): ReplyError | undefined {
    const { memory } = this.#options.server;
    const { failure } = part.partition.store;
    if (!checkArity(command, args)) return errors.wrongArgumentsInScript();
    if (hasFlag(command, FLAG.NOSCRIPT)) return errors.notInScripts();
    if (isShared) return errors.notSharedInside();
    if (isWrite && isReadOnly) return errors.writeInReadOnlyScript();
    if (isWrite && failure !== undefined) return errors.misconf(failure.message);
    if (hasFlag(command, FLAG.DENYOOM)) {
      if (memory.isOverMemory && !mayExceedMemory) return errors.outOfMemory();
      if (memory.isStoreFull) return errors.storeIsFull();
    }
    return undefined;
  }
}
