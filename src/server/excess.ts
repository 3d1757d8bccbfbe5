/** Requests for which there is no room: of a user that makes too many, and those that need memory or disk there is none of. */
import { type Command, FLAG, hasFlag } from "../catalogue/command.ts";
import type { Session } from "../clients/session.ts";
import type { ServerContext } from "../commands/server-context.ts";
import * as errors from "../protocol/errors.ts";
import type { ReplyError } from "../protocol/reply-error.ts";

type Limits = Pick<ServerContext, "memory" | "userLimits">;

/**
 * Why there is no room for a request, or for another one of its user.
 * @param commandOf which command a queued request names
 */
export function excessOf(
  { memory, userLimits }: Limits,
  { queue, user }: Session,
  command: Command,
  nowMs: number,
  commandOf: (args: readonly Buffer[]) => Command | undefined,
): ReplyError | undefined {
  if (!hasFlag(command, FLAG.NO_AUTH) && !userLimits.admitsRequest(user, nowMs))
    return errors.tooManyRequests(user.name, userLimits.requestsPerSecond(user));
  if (!memory.isOverMemory && !memory.isStoreFull) return undefined;
  const commands = command.name === "exec" ? (queue ?? []).map(commandOf) : [command];
  if (!commands.some((one) => one !== undefined && hasFlag(one, FLAG.DENYOOM))) return undefined;
  return memory.isOverMemory ? errors.outOfMemory() : errors.storeIsFull();
}
