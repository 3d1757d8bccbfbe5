/**
 * What leaves after the commit of a turn: for each session its replies, and what others had to say to it, in the order
 * in which they came about.
 */

import { publishMachineChanges } from "../clients/live-machines.ts";
import type { Push } from "../clients/push-queue.ts";
import type { Session } from "../clients/session.ts";
import type { SessionConnection } from "../clients/session-list.ts";
import type { BusMessage } from "../cluster/message-bus.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Change } from "../keyspace/changes.ts";
import type { Partition } from "../keyspace/partitions.ts";
import * as errors from "../protocol/errors.ts";
import type { OutgoingReply, Reply } from "../protocol/reply.ts";
import { replySize } from "../protocol/reply-size.ts";

/** What a session is sent after the commit. */
export interface PendingReply extends OutgoingReply {
  /** True when it tells of the store: it must not leave if the turn's commit fails. */
  readonly dependsOnCommit: boolean;
  /** Whose commit; undefined: that of any partition of the turn. */
  readonly partition?: Partition | undefined;
}

/** What has become of the commits of a turn, where that is not that they are on disk. */
export interface Fate {
  /** By the partition whose commit was refused, or taken back. */
  readonly failures: ReadonlyMap<Partition, Error> | undefined;
  /** Partitions that are another server's: whatever tells of them is never sent, and its connection is closed. */
  readonly gone: ReadonlySet<Partition> | undefined;
}

interface Envelope {
  readonly connection: SessionConnection;
  readonly session: Session;
  replies: PendingReply[];
  /** The session ends with this turn: it is sent what there is, and nothing further. */
  isLast: boolean;
  /** Bytes of pushes, roughly: all of them, and those since the limit was last looked at. */
  pushBytes: number;
  uncheckedBytes: number;
}

/** How many bytes of pushes are added to a session before its output limit is looked at. */
const UNCHECKED_BYTES_MAX = 1 << 16;

export class Outgoing {
  readonly #server: ServerContext;
  readonly #envelopes = new Map<Session, Envelope>();
  /** The envelope asked for last: requests of a session come in a row. */
  #latest: Envelope | undefined;
  /** Messages for the other servers of a cluster. */
  readonly #spread: BusMessage[] = [];
  /** Number of changes of the turn that have been reported. */
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
    if (changes.length === this.#toldCount && pushes.isEmpty && !keyspaceEvents.hasMisses) return;
    keyspaceEvents.tell(changes, this.#toldCount);
    publishMachineChanges(subscriptions, changes, this.#toldCount);
    tracking.tell(changes, this.#toldCount, session);
    this.#toldCount = changes.length;
    if (pushes.isEmpty) return;
    for (const message of pushes.takeSpread()) this.#spread.push(message);
    this.#deliver(pushes.take());
  }

  /** Adds the reply to a request, unless the session does not want to hear it. */
  answer(session: Session, pending: PendingReply): void {
    if (session.replyMode !== "on" && isMuted(session) && !isPush(pending.reply)) return;
    this.#envelopeOf(session)?.replies.push(pending);
  }

  /** A session that is closing gets nothing further. */
  #deliver(pushes: readonly Push[]): void {
    for (const { receiver, reply, dependsOnCommit } of pushes) {
      if (receiver.isClosing) continue;
      const envelope = this.#envelopeOf(receiver);
      if (envelope === undefined) continue;
      envelope.replies.push({ reply, protocol: receiver.protocol, dependsOnCommit });
      this.#bound(envelope, replySize(reply));
    }
  }

  /** A turn that publishes more than a connection may hold ends it before all of that is collected. */
  #bound(envelope: Envelope, bytes: number): void {
    envelope.pushBytes += bytes;
    envelope.uncheckedBytes += bytes;
    if (envelope.uncheckedBytes < UNCHECKED_BYTES_MAX) return;
    envelope.uncheckedBytes = 0;
    if (!envelope.connection.closeIfBeyond(envelope.pushBytes)) return;
    this.#envelopes.delete(envelope.session);
    this.#latest = undefined;
  }

  /** The session is sent what there is, and then closed: it has ended in this turn. */
  end(session: Session): void {
    const envelope = this.#envelopeOf(session);
    if (envelope !== undefined) envelope.isLast = true;
  }

  /** The turn has ended: takes up what it has to say last. */
  close(): void {
    this.#server.tracking.broadcast();
    this.#deliver(this.#server.pushes.take());
  }

  /** Sends all. After a failure of a commit what depends on it is refused or dropped. */
  send(nowMs: number, fate: Fate): void {
    const { failures, gone } = fate;
    for (const envelope of this.#envelopes.values()) sendEnvelope(envelope, nowMs, fate);
    const isSound = failures === undefined && gone === undefined;
    if (isSound && this.#spread.length > 0) this.#server.bus?.send(this.#spread);
  }

  get isSpent(): boolean {
    return this.#envelopes.size === 0 && this.#spread.length === 0;
  }

  /** Those that it has something for. */
  get sessions(): Iterable<Session> {
    return this.#envelopes.keys();
  }

  /**
   * Sends each session what it has for it up to the first reply that tells of a partition whose commit is waited for.
   * @param awaited sessions that are to be sent something of an earlier turn first; those for which something is left are added
   * @returns how many bytes of replies have left
   */
  sendReady(nowMs: number, fate: Fate, waiting: readonly Partition[], awaited: Set<Session>): number {
    let bytes = 0;
    for (const [session, envelope] of this.#envelopes) {
      if (awaited.has(session)) continue;
      const { replies } = envelope;
      const held = replies.findIndex((pending) => waiting.some((partition) => isOf(pending, partition)));
      if (held === -1) {
        this.#envelopes.delete(session);
        if (this.#latest === envelope) this.#latest = undefined;
        bytes += bytesOf(replies);
        sendEnvelope(envelope, nowMs, fate);
        continue;
      }
      awaited.add(session);
      if (held === 0) continue;
      const ready = { ...envelope, replies: replies.slice(0, held), isLast: false };
      envelope.replies = replies.slice(held);
      bytes += bytesOf(ready.replies);
      sendEnvelope(ready, nowMs, fate);
    }
    return bytes;
  }

  #envelopeOf(session: Session): Envelope | undefined {
    if (this.#latest?.session === session) return this.#latest;
    const known = this.#envelopes.get(session) ?? this.#newEnvelope(session);
    this.#latest = known;
    return known;
  }

  #newEnvelope(session: Session): Envelope | undefined {
    const connection = this.#server.sessions.connectionOf(session);
    if (connection === undefined) return undefined;
    const envelope = {
      connection,
      session,
      replies: [],
      isLast: false,
      pushBytes: 0,
      uncheckedBytes: 0,
    };
    this.#envelopes.set(session, envelope);
    return envelope;
  }
}

function sendEnvelope(envelope: Envelope, nowMs: number, { failures, gone }: Fate): void {
  const { connection, isLast } = envelope;
  if (gone !== undefined && tellsOf(envelope, gone)) {
    connection.close();
    return;
  }
  if (failures !== undefined) withdraw(envelope, failures);
  const { replies } = envelope;
  if (replies.length > 0 || isLast) connection.send(replies, nowMs, isLast);
}

function bytesOf(replies: readonly PendingReply[]): number {
  return replies.reduce((bytes, { reply }) => bytes + replySize(reply), 0);
}

/** Of a session that does not get every reply: takes CLIENT REPLY OFF and SKIP into account; SKIP mutes its own request and the one after it. */
function isMuted(session: Session): boolean {
  if (session.replyMode === "off") return true;
  session.replyMode = session.replyMode === "skip" ? "skipped" : "on";
  return true;
}

/** What subscribing is answered with is sent even to who wants no replies, as messages are. */
function isPush(reply: Reply): boolean {
  if (typeof reply !== "object" || reply === null || !("kind" in reply)) return false;
  return reply.kind === "push" || reply.kind === "several";
}

function withdraw(envelope: Envelope, failures: ReadonlyMap<Partition, Error>): void {
  const [first] = failures.values();
  const failureOf = ({ dependsOnCommit, partition }: PendingReply) =>
    dependsOnCommit ? (partition === undefined ? first : failures.get(partition)) : undefined;
  envelope.replies = envelope.replies.flatMap((pending) => {
    const failure = failureOf(pending);
    if (failure === undefined) return [pending];
    const { message } = errors.misconf(failure.message);
    return isPush(pending.reply) ? [] : [{ ...pending, reply: { kind: "error", message } as const }];
  });
}

function tellsOf({ replies }: Envelope, gone: ReadonlySet<Partition>): boolean {
  return replies.some(
    ({ dependsOnCommit, partition }) => dependsOnCommit && (partition === undefined || gone.has(partition)),
  );
}

/** Whether a reply tells of a partition of the turn. */
function isOf({ dependsOnCommit, partition: own }: PendingReply, partition: Partition): boolean {
  return dependsOnCommit && (own === undefined || own === partition);
}
