/**
 * Who is subscribed to which channel, pattern or shard channel, and the publishing of messages to them. There is one
 * node, so shard channels differ from others in their commands and in their names being apart.
 *
 * A message goes to the subscribers of its channel, then to those of each pattern that matches it, each in the order
 * in which they subscribed; a session that is subscribed in several ways gets it as often.
 */
import { type Bytes, bufferOf } from "../base/bytes.ts";
import { globMatcher } from "../base/glob.ts";
import type { Reply } from "../protocol/reply.ts";
import type { PushQueue } from "./push-queue.ts";
import type { Session, SubscriptionKind } from "./session.ts";

interface Subscribed {
  /** As clients get it. */
  readonly name: Buffer;
  readonly matches: (channel: Bytes) => boolean;
  readonly sessions: Set<Session>;
}

type Table = Map<Bytes, Subscribed>;

export class Subscriptions {
  readonly #pushes: PushQueue;
  readonly #tables: Readonly<Record<SubscriptionKind, Table>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };

  constructor(pushes: PushQueue) {
    this.#pushes = pushes;
  }

  /** Number of different channels or patterns that somebody is subscribed to. */
  count(kind: SubscriptionKind): number {
    return this.#tables[kind].size;
  }

  /** Number of subscribers of a channel, those of patterns not counted. */
  subscriberCount(kind: "channel" | "shard", channel: Bytes): number {
    return this.#tables[kind].get(channel)?.sessions.size ?? 0;
  }

  /** The channels that somebody is subscribed to. */
  names(kind: "channel" | "shard"): IterableIterator<Bytes> {
    return this.#tables[kind].keys();
  }

  subscribe(session: Session, kind: SubscriptionKind, name: Bytes): void {
    let subscribed = this.#tables[kind].get(name);
    if (subscribed === undefined) {
      const matches = kind === "pattern" ? globMatcher(name) : () => true;
      subscribed = { name: bufferOf(name), matches, sessions: new Set() };
      this.#tables[kind].set(name, subscribed);
    }
    subscribed.sessions.add(session);
    session.subscriptions[kind].add(name);
  }

  unsubscribe(session: Session, kind: SubscriptionKind, name: Bytes): void {
    session.subscriptions[kind].delete(name);
    const subscribed = this.#tables[kind].get(name);
    subscribed?.sessions.delete(session);
    if (subscribed?.sessions.size === 0) this.#tables[kind].delete(name);
  }

  /** Ends all subscriptions of a session. */
  forget(session: Session): void {
    for (const kind of KINDS) {
      for (const name of session.subscriptions[kind]) this.unsubscribe(session, kind, name);
    }
  }

  /** True when a message may have a receiver; false when there is certainly none. */
  get hasSubscribers(): boolean {
    return this.#tables.channel.size + this.#tables.pattern.size > 0;
  }

  /** Queues a message for all subscribers of a channel. Returns how often. */
  publish(channel: Bytes, message: Reply): number {
    let count = this.#publishTo(this.#tables.channel.get(channel), "message", message);
    for (const pattern of this.#tables.pattern.values()) {
      if (!pattern.matches(channel)) continue;
      count += this.#push(pattern, ["pmessage", pattern.name, bufferOf(channel), message]);
    }
    return count;
  }

  /** As `publish`, to the subscribers of a shard channel. */
  publishToShard(channel: Bytes, message: Reply): number {
    return this.#publishTo(this.#tables.shard.get(channel), "smessage", message);
  }

  #publishTo(subscribed: Subscribed | undefined, kind: string, message: Reply): number {
    return subscribed === undefined ? 0 : this.#push(subscribed, [kind, subscribed.name, message]);
  }

  #push({ sessions }: Subscribed, items: readonly Reply[]): number {
    const reply: Reply = { kind: "push", items };
    for (const receiver of sessions) this.#pushes.add({ receiver, reply, dependsOnCommit: true });
    return sessions.size;
  }
}

const KINDS: readonly SubscriptionKind[] = ["channel", "pattern", "shard"];
