/** What EVAL, EVALSHA, FCALL and their read-only forms share: keys and arguments, and the run within the turn. */
import type { LogLevel } from "../../base/log.ts";
import { LOG_LEVELS } from "../../base/log.ts";
import * as errors from "../../protocol/errors.ts";
import type { ProtocolVersion, Reply } from "../../protocol/reply.ts";
import { ReplyError } from "../../protocol/reply-error.ts";
import type { ScriptHost } from "../../scripts/redis-library.ts";
import type { Outcome } from "../../scripts/script-machine.ts";
import type { ScriptFlag } from "../../scripts/shebang.ts";
import { argument, parseInteger } from "../arguments.ts";
import { needOf } from "../cluster/placement.ts";
import type { Call, ScriptedOptions } from "../handler.ts";

export interface KeysAndArguments {
  readonly keys: readonly Buffer[];
  readonly args: readonly Buffer[];
}

/** Reads `numkeys [key ...] [arg ...]` behind the script or function. @throws ReplyError, `noCount` where there is no number */
export function keysAndArguments(args: readonly Buffer[], noCount = errors.notAnInteger): KeysAndArguments {
  const count = parseInteger(argument(args, 2));
  if (count === undefined) throw noCount();
  if (count > BigInt(args.length - 3)) throw errors.tooManyKeys();
  if (count < 0n) throw errors.negativeKeyCount();
  const firstArgument = 3 + Number(count);
  return { keys: args.slice(3, firstArgument), args: args.slice(firstArgument) };
}

/** @throws ReplyError where the script says that it may write, and only reads are wanted, or does not say that it may run now */
export function checkFlags(
  { server }: Call,
  flags: ReadonlySet<ScriptFlag> | undefined,
  isReadOnly: boolean,
): void {
  if (flags === undefined) return;
  if (server.cluster !== undefined && flags.has("no-cluster")) throw errors.scriptNotInCluster();
  if (isReadOnly && !flags.has("no-writes")) throw errors.scriptMayWrite();
  if (server.memory.isOverMemory && !flags.has("allow-oom")) throw errors.scriptNotForLowMemory();
}

/** Runs a script as one step: if it fails, all it did is taken back. @throws ReplyError with what it raised */
export function runScript(
  call: Call,
  flags: ReadonlySet<ScriptFlag> | undefined,
  isReadOnly: boolean,
  run: (host: ScriptHost) => Outcome,
): Reply {
  const { session, server } = call;
  const { database } = session;
  if (server.monitors.size > 0) {
    server.monitors.tell({ session, args: call.args, nowMs: call.nowMs, isScripted: false });
  }
  try {
    const outcome = run(
      new Host(call, {
        isReadOnly: isReadOnly || flags?.has("no-writes") === true,
        mayExceedMemory: flags?.has("allow-oom") === true,
        place: placeOf(call, flags),
      }),
    );
    if (outcome.kind === "failure") throw new ReplyError(outcome.message);
    return outcome.reply;
  } finally {
    // A SELECT of the script holds for the script alone.
    session.database = database;
  }
}

/** A script with a first line that says what it does keeps to one slot unless it says that it does not. */
function placeOf(
  { args, command, server }: Call,
  flags: ReadonlySet<ScriptFlag> | undefined,
): ScriptedOptions["place"] {
  const mayCross = flags === undefined || flags.has("allow-cross-slot-keys");
  if (server.cluster === undefined || mayCross) return undefined;
  return { slot: needOf([{ command, args }]).slot };
}

class Host implements ScriptHost {
  readonly #call: Call;
  readonly #options: ScriptedOptions;

  constructor(call: Call, options: ScriptedOptions) {
    this.#call = call;
    this.#options = options;
  }

  call(args: readonly Buffer[], protocol: ProtocolVersion): Reply {
    return this.#call.executeForScript(args, protocol, this.#options);
  }

  mayCall(args: readonly Buffer[]): boolean | undefined {
    return this.#call.mayExecute(args);
  }

  log(level: number, message: string): void {
    this.#call.server.log(message.replace(/[\r\n]/g, " "), levelOf(level));
  }
}

function levelOf(level: number): LogLevel {
  return LOG_LEVELS[level] ?? "notice";
}
