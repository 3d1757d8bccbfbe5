/**
 * Requests that are run at another server of the cluster: those that this one has answered with the owner of their keys. What reads
 * machines is asked among others; any other request goes on alone, since a list of them runs in one place and in order. What changes
 * something is sent once: without an answer nobody knows whether it was done. An event with an id may be sent again.
 */
import { findCommand } from "../catalogue/catalogue.ts";
import { FLAG, hasFlag } from "../catalogue/command.ts";
import type { Question } from "../commands/other-servers.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { parseSend } from "../commands/statechart/send-arguments.ts";
import { type Answer, AnswerError, answerOf } from "./answer.ts";

/** A partition may go on to a third server meanwhile. */
const HOPS_MAX = 3;
/** A request with more is for the server itself. */
const QUESTION_BYTES_MAX = 8 << 20;
/** What of all keys or of the connection is meant is that of the server that is asked. */
const STAYS = FLAG.BLOCKING | FLAG.ADMIN | FLAG.PUBSUB;

type Server = Pick<ServerContext, "cluster" | "catalogue" | "asking">;
type Request = readonly Buffer[];

export interface Asker extends Pick<Question, "user" | "database"> {
  /** False once nobody waits for the answers. */
  readonly isOpen: () => boolean;
}

/**
 * The answers to requests, with those of other servers in place of their addresses.
 * @param areApart whether what changes something may go on: it does not depend on the requests before it
 */
export async function answeredElsewhere(
  server: Server,
  asker: Asker,
  requests: readonly Request[],
  answers: readonly Answer[],
  areApart = requests.length === 1,
): Promise<readonly Answer[]> {
  const found = [...answers];
  const unanswered = new Set<number>();
  for (let hops = 0; hops < HOPS_MAX && asker.isOpen(); hops += 1) {
    const byOwner = new Map<string, number[]>();
    for (const [index, answer] of found.entries()) {
      const owner = ownerAsked(server, requests[index] ?? [], answer, areApart);
      if (owner !== undefined) byOwner.set(owner, [...(byOwner.get(owner) ?? []), index]);
    }
    if (byOwner.size === 0) return found;
    const asked = Array.from(byOwner, async ([owner, indexes]) => {
      const theirs = indexes.map((index) => requests[index] ?? []);
      const { user, database } = asker;
      const replies = await server.asking?.ask(owner, { user, database, requests: theirs });
      for (const [at, index] of indexes.entries()) {
        const reply = replies?.[at];
        const request = requests[index] ?? [];
        if (reply !== undefined) found[index] = answerOf(reply);
        // It is asked once more, at whoever is the owner then.
        else if (isRepeatable(request) && !unanswered.has(index)) unanswered.add(index);
        else found[index] = isRead(server, request) ? UNREACHED : UNANSWERED;
      }
    });
    await Promise.all(asked);
  }
  return found;
}

/** The id of the member to ask, by what this server has answered; undefined where that is the answer. */
function ownerAsked(
  { cluster, catalogue }: Server,
  request: Request,
  answer: Answer,
  isApart: boolean,
): string | undefined {
  if (cluster === undefined || !(answer instanceof AnswerError) || answer.code !== "MOVED") return undefined;
  const command = findCommand(catalogue, request);
  if (command === undefined) return undefined;
  const isOfMachines = command.name.startsWith("SM.");
  const isReadOfMachines = isOfMachines && hasFlag(command, FLAG.READONLY);
  const isFit = isApart && !hasFlag(command, STAYS) && (isOfMachines || command.keySpecs.length > 0);
  if (!isReadOfMachines && !(isFit && bytesOf(request) <= QUESTION_BYTES_MAX)) return undefined;
  const owner = cluster.ownerOf(Number.parseInt(answer.detail, 10));
  return owner === undefined || owner.id === cluster.ownId ? undefined : owner.id;
}

function bytesOf(request: Request): number {
  return request.reduce((sum, { length }) => sum + length, 0);
}

function isRead({ catalogue }: Server, request: Request): boolean {
  const command = findCommand(catalogue, request);
  return command !== undefined && hasFlag(command, FLAG.READONLY);
}

/** An event with an id is applied once, however often it comes. */
function isRepeatable(request: Request): boolean {
  const [name, key, event] = request;
  if (name?.toString("latin1").toUpperCase() !== "SM.SEND" || key === undefined || event === undefined)
    return false;
  try {
    return parseSend(request, 0, Number.POSITIVE_INFINITY).id !== undefined;
  } catch {
    // It is refused wherever it is asked.
    return false;
  }
}

const UNREACHED = new AnswerError("CLUSTERDOWN the server that holds the slot does not answer");

export const UNANSWERED = new AnswerError(
  "UNANSWERED the server that holds the slot has not answered, and may have done what was asked: look before it is sent again; " +
    "an event with an id can be sent again as it is",
);
