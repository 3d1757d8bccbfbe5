/**
 * Messages of channels between the members of a cluster: a client subscribes at any of them, and reads what is published
 * at every other. A message reaches who is subscribed at that moment, once at most, as in Redis. Questions of one member to another and
 * their answers go the same way, with the id of the member as their channel; so do notes of what has changed, and that somebody
 * follows them, and how bulk jobs stand, with the id of the member that says so.
 */

export interface BusMessage {
  readonly kind: "channel" | "shard" | "ask" | "answer" | "following" | "notes" | "jobs";
  readonly channel: Buffer;
  readonly message: Buffer;
}

export interface MessageBus {
  /** Whether another member has subscribers to events of keys or machines, which nobody publishes: they are sent only then. */
  readonly isHeard: boolean;
  /** Hands messages to all other members, in order. */
  send(messages: readonly BusMessage[]): void;
  /** Calls a listener with messages of other members, in the order of each; returns what ends that. */
  onMessages(listener: (messages: readonly BusMessage[]) => void): () => void;
  /** Whether this member has subscribers to such events, for the others to know. */
  setHearing(isHearing: boolean): void;
}

const KINDS = ["channel", "shard", "ask", "answer", "following", "notes", "jobs"] as const;
/** Kind, length of the channel, length of the message. */
const HEAD_BYTES = 9;

/** How many bytes a message takes among others. */
export function encodedSize({ channel, message }: BusMessage): number {
  return HEAD_BYTES + channel.length + message.length;
}

export function encodeMessages(messages: readonly BusMessage[]): Buffer {
  return Buffer.concat(
    messages.flatMap(({ kind, channel, message }) => {
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt8(KINDS.indexOf(kind), 0);
      head.writeUInt32BE(channel.length, 1);
      head.writeUInt32BE(message.length, 5);
      return [head, channel, message];
    }),
  );
}

/** What a member of this version has encoded; empty for anything else. */
export function decodeMessages(bytes: Buffer): readonly BusMessage[] {
  const messages: BusMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + HEAD_BYTES > bytes.length) return [];
    const kind = KINDS[bytes.readUInt8(at)];
    const channelStart = at + HEAD_BYTES;
    const messageStart = channelStart + bytes.readUInt32BE(at + 1);
    const end = messageStart + bytes.readUInt32BE(at + 5);
    if (kind === undefined || end > bytes.length) return [];
    messages.push({
      kind,
      channel: bytes.subarray(channelStart, messageStart),
      message: bytes.subarray(messageStart, end),
    });
    at = end;
  }
  return messages;
}
