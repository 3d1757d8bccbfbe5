/**
 * Checks the replies of one connection, in the order of its requests, against commands.json, and records which
 * commands were answered: a command of which only refusals were seen has not been exercised. It follows what changes the meaning of a reply: HELLO and RESET the protocol, MULTI and EXEC
 * the commands that the items of EXEC's reply belong to.
 */
import { CATALOGUE, findByFullName } from "../../src/catalogue/catalogue.ts";
import type { ProtocolVersion } from "../../src/protocol/reply.ts";
import { type ExerciseRecorder, exerciseRecorder } from "./exercised-commands.ts";
import { type DecodedReply, declaredName, validateReply } from "./reply-schema.ts";
import { ReplyFailure } from "./resp-decoder.ts";

export type ReplyChecker = (request: ReadonlyArray<string | number | Buffer>, reply: DecodedReply) => void;

const recorder = exerciseRecorder();

/** Commands that are never answered but with an error: it counts as having seen them at work. */
const NEVER_ANSWERED: ReadonlySet<string> = new Set([
  "MODULE|LOAD",
  "MODULE|LOADEX",
  "MODULE|UNLOAD",
  "SHUTDOWN",
]);

/** A checker for a new connection. It throws an Error for a reply that is not as declared. */
export function replyChecker(exercised: ExerciseRecorder = recorder): ReplyChecker {
  let protocol: ProtocolVersion = 2;
  let queued: string[] = [];

  const check = (name: string, reply: DecodedReply): void => {
    const isDeclared = findByFullName(CATALOGUE, name)?.declaration.replySchema !== undefined;
    if (isDeclared && !(reply instanceof ReplyFailure)) validateReply(name, reply, protocol);
  };

  return (request, reply) => {
    const name = declaredName(request);
    if (name === undefined) return;
    if (isAtWork(name, reply)) exercised.record(name);
    if (reply === "QUEUED") {
      queued.push(name);
      return;
    }
    if (name === "HELLO" && !(reply instanceof ReplyFailure)) {
      protocol = String(request[1] ?? protocol) === "3" ? 3 : 2;
    }
    check(name, reply);
    if (name === "EXEC" && Array.isArray(reply)) {
      for (const [index, queuedName] of queued.entries()) check(queuedName, reply[index] ?? null);
    }
    if (name === "EXEC" || name === "DISCARD" || name === "RESET") queued = [];
    if (name === "RESET") protocol = 2;
  };
}

function isAtWork(name: string, reply: DecodedReply): boolean {
  return !(reply instanceof ReplyFailure) || NEVER_ANSWERED.has(name);
}
