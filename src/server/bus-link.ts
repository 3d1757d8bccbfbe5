/**
 * Between the bus of a cluster and the subscribers of this server: what happens here is handed to the bus when the
 * commits that it tells of are on disk, in their order; what comes from other servers is sent to those who are
 * subscribed, outside of any turn, since it tells of no commit of this server. So are notes of what has changed.
 */
import { bytesOf } from "../base/bytes.ts";
import type { BusMessage, MessageBus } from "../cluster/message-bus.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { exchangeNotes } from "./other-notes.ts";
import { Outgoing } from "./outgoing.ts";

/** Listens to the other servers; returns what ends that. */
export function linkBus(bus: MessageBus | undefined, server: ServerContext): () => void {
  if (bus === undefined) return () => undefined;
  const { cluster, clock, changeNotes: notes } = server;
  const endListening = bus.onMessages((messages) => deliver(messages, server));
  const endNotes = cluster && exchangeNotes({ bus, cluster, clock, notes });
  return () => {
    endListening();
    endNotes?.();
    bus.setHearing(false);
  };
}

function deliver(messages: readonly BusMessage[], server: ServerContext): void {
  const outgoing = new Outgoing(server);
  for (const { kind, channel, message } of messages) {
    if (kind !== "channel" && kind !== "shard") continue;
    // Their bytes are part of what the bus has read.
    server.subscriptions.deliver(kind, bytesOf(channel), Buffer.from(message));
  }
  outgoing.tell([], undefined);
  outgoing.send(server.clock.now(), { failures: undefined, gone: undefined });
}
