/** Which requests are asked at another server of the cluster: those that read machines which that server holds. */
import { findCommand } from "../catalogue/catalogue.ts";
import { FLAG, hasFlag } from "../catalogue/command.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { type Answer, AnswerError } from "./answer.ts";

/** The id of the member to ask, by what this server has answered; undefined where that is the answer. */
export function ownerAsked(
  { cluster, catalogue }: Pick<ServerContext, "cluster" | "catalogue">,
  request: readonly Buffer[],
  answer: Answer,
): string | undefined {
  if (cluster === undefined || !(answer instanceof AnswerError) || answer.code !== "MOVED") return undefined;
  const command = findCommand(catalogue, request);
  if (command === undefined || !hasFlag(command, FLAG.READONLY) || !command.name.startsWith("SM."))
    return undefined;
  const owner = cluster.ownerOf(Number.parseInt(answer.detail, 10));
  return owner === undefined || owner.id === cluster.ownId ? undefined : owner.id;
}
