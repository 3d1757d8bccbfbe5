/**
 * What leaves after the commit of a turn: for each session its replies, and what others had to say to it, in the order
 * in which they came about.
 */

import { publishMachineChanges } from "../clients/live-machines.ts";
import type { Push } from "../clients/push-queue.ts";
import type { Session } from "../clients/session.ts";
import type { SessionConnection } from "../clients/session-list.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Change } from "../keyspace/changes.ts";
import * as errors from "../protocol/errors.ts";
import type { OutgoingReply, Reply } from "../protocol/reply.ts";
import { replySize } from "../protocol/reply-size.ts";
import type { Outcome } from "./dispatch.ts";

interface Envelope {
  readonly connection: SessionConnection;
  readonly session: Session;
  replies: OutgoingReply[];
  /** Indexes of the replies that depend on the commit, and of the pushes that do. */
  readonly dependentReplies: number[];
  readonly dependentPushes: number[];
  /** Bytes of pushes, roughly: all of them, and those since the limit was last looked at. */
  pushBytes: number;
  uncheckedBytes: number;
}

/** How many bytes of pushes are added to a session before its output limit is looked at. */
const UNCHECKED_BYTES_MAX = 1 << 16;

export class Outgoing {
  readonly #server: ServerContext;
  readonly #envelopes = new Map<Session, Envelope>();
  /** Number of changes of the turn that have been told of. */
  #toldCount = 0;

  constructor(server: ServerContext) {
    this.#server = server;
  }

  /**
   * To be called after whatever may have changed something: adds what its changes, those since the last call, mean to
   * others, and what it had to say to them. `session` has caused them; undefined: time has.
   */
  tell(changes: readonly Change[], session: Session | undefined): void {
    const { keyspaceEvents, pushes, subscriptions, tracking } = this.#server;
    keyspaceEvents.tell(changes, this.#toldCount);
    publishMachineChanges(subscriptions, changes, this.#toldCount);
    tracking.tell(changes, this.#toldCount, session);
    this.#toldCount = changes.length;
    if (!pushes.isEmpty) this.#deliver(pushes.take());
  }

  /** Adds the reply to a request, unless the session does not want to hear it. */
  answer(session: Session, { reply, dependsOnCommit }: Outcome): void {
    if (isMuted(session) && !isPush(reply)) return;
    const envelope = this.#envelopeOf(session);
    if (envelope === undefined) return;
    if (dependsOnCommit) envelope.dependentReplies.push(envelope.replies.length);
    envelope.replies.push({ reply, protocol: session.protocol });
  }

  /** A session that is closing gets no more. */
  #deliver(pushes: readonly Push[]): void {
    for (const { receiver, reply, dependsOnCommit } of pushes) {
      if (receiver.isClosing) continue;
      const envelope = this.#envelopeOf(receiver);
      if (envelope === undefined) continue;
      if (dependsOnCommit) envelope.dependentPushes.push(envelope.replies.length);
      envelope.replies.push({ reply, protocol: receiver.protocol });
      this.#bound(envelope, replySize(reply));
    }
  }

  /** A turn that publishes more than a connection may hold ends it before all of that is collected. */
  #bound(envelope: Envelope, bytes: number): void {
    envelope.pushBytes += bytes;
    envelope.uncheckedBytes += bytes;
    if (envelope.uncheckedBytes < UNCHECKED_BYTES_MAX) return;
    envelope.uncheckedBytes = 0;
    if (envelope.connection.closeIfBeyond(envelope.pushBytes)) this.#envelopes.delete(envelope.session);
  }

  /** Makes sure that the session is sent what there is, so that it closes if it is closing. */
  include(session: Session): void {
    this.#envelopeOf(session);
  }

  /** Sends all. After a failure of the commit what depends on it is refused or dropped. */
  send(nowMs: number, failure: Error | undefined): void {
    this.#server.tracking.broadcast();
    this.#deliver(this.#server.pushes.take());
    for (const envelope of this.#envelopes.values()) {
      if (failure !== undefined) withdraw(envelope, failure);
      const { connection, replies, session } = envelope;
      if (replies.length > 0 || session.isClosing) connection.send(replies, nowMs);
    }
  }

  #envelopeOf(session: Session): Envelope | undefined {
    const known = this.#envelopes.get(session);
    if (known !== undefined) return known;
    const connection = this.#server.sessions.connectionOf(session);
    if (connection === undefined) return undefined;
    const envelope = {
      connection,
      session,
      replies: [],
      dependentReplies: [],
      dependentPushes: [],
      pushBytes: 0,
      uncheckedBytes: 0,
    };
    this.#envelopes.set(session, envelope);
    return envelope;
  }
}

/** Takes CLIENT REPLY OFF and SKIP into account; SKIP mutes its own request and the one after it. */
function isMuted(session: Session): boolean {
  if (session.replyMode === "on") return false;
  if (session.replyMode === "off") return true;
  session.replyMode = session.replyMode === "skip" ? "skipped" : "on";
  return true;
}

/** What subscribing is answered with is sent even to who wants no replies, as messages are. */
function isPush(reply: Reply): boolean {
  if (typeof reply !== "object" || reply === null || !("kind" in reply)) return false;
  return reply.kind === "push" || reply.kind === "several";
}

function withdraw(envelope: Envelope, failure: Error): void {
  const { message } = errors.misconf(failure.message);
  for (const index of envelope.dependentReplies) {
    const outgoing = envelope.replies[index];
    if (outgoing !== undefined) envelope.replies[index] = { ...outgoing, reply: { kind: "error", message } };
  }
  const dropped = new Set(envelope.dependentPushes);
  envelope.replies = envelope.replies.filter((_, index) => !dropped.has(index));
}
