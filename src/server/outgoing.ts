/** The replies of one connection in one turn, on their way to the commit. */
import type { Outcome } from "../commands/dispatch.ts";
import type { Session } from "../commands/session.ts";
import * as errors from "../protocol/errors.ts";
import type { Endpoint, OutgoingReply } from "./executor.ts";

export interface Outgoing {
  readonly endpoint: Endpoint;
  readonly replies: OutgoingReply[];
  /** Indexes of the replies that depend on the commit. */
  readonly dependent: number[];
}

export function newOutgoing(endpoint: Endpoint): Outgoing {
  return { endpoint, replies: [], dependent: [] };
}

/** Adds a reply, unless the session does not want to hear it. */
export function answer(out: Outgoing, { reply, dependsOnCommit }: Outcome): void {
  const { session } = out.endpoint;
  if (isMuted(session)) return;
  if (dependsOnCommit) out.dependent.push(out.replies.length);
  out.replies.push({ reply, protocol: session.protocol });
}

/** Takes CLIENT REPLY OFF and SKIP into account; SKIP mutes its own request and the one after it. */
function isMuted(session: Session): boolean {
  if (session.replyMode === "on") return false;
  if (session.replyMode === "off") return true;
  session.replyMode = session.replyMode === "skip" ? "skipped" : "on";
  return true;
}

/** Makes an error of every reply that tells of a store that did not take the turn. */
export function refuse(out: Outgoing, failure: Error): void {
  const message = errors.misconf(failure.message).message;
  for (const index of out.dependent) {
    const outgoing = out.replies[index];
    if (outgoing !== undefined) out.replies[index] = { ...outgoing, reply: { kind: "error", message } };
  }
}
