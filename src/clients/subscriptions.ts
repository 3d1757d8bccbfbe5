/**
 * Who is subscribed to which channel, pattern or shard channel, and the publishing of messages to them. Shard channels
 * differ from others in their commands and in their names being apart; in a cluster, all of them reach the subscribers at all servers.
 *
 * A message goes to the subscribers of its channel, then to those of each pattern that matches it, each in the order
 * in which they subscribed; a session that is subscribed in several ways gets it as often.
 */
import { type Bytes, bufferOf, chars } from "../base/bytes.ts";
import { globMatcher } from "../base/glob.ts";
import type { MessageBus } from "../cluster/message-bus.ts";
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
  readonly #bus: MessageBus | undefined;
  /** Channels and patterns that may be meant by events. */
  #eventNameCount = 0;
  readonly #tables: Readonly<Record<SubscriptionKind, Table>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };

  /** Without a bus there are no other servers. */
  constructor(pushes: PushQueue, bus?: MessageBus) {
    this.#pushes = pushes;
    this.#bus = bus;
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
      this.#noteEventName(kind, name, 1);
    }
    subscribed.sessions.add(session);
    session.subscriptions[kind].add(name);
  }

  unsubscribe(session: Session, kind: SubscriptionKind, name: Bytes): void {
    session.subscriptions[kind].delete(name);
    const subscribed = this.#tables[kind].get(name);
    subscribed?.sessions.delete(session);
    if (subscribed?.sessions.size !== 0) return;
    this.#tables[kind].delete(name);
    this.#noteEventName(kind, name, -1);
  }

  /** Other servers send events only while there is a subscriber who may be meant. */
  #noteEventName(kind: SubscriptionKind, name: Bytes, change: 1 | -1): void {
    if (this.#bus === undefined || kind === "shard" || !mayNameEvents(kind, name)) return;
    this.#eventNameCount += change;
    this.#bus.setHearing(this.#eventNameCount > 0);
  }

  /** Ends all subscriptions of a session. */
  forget(session: Session): void {
    for (const kind of KINDS) {
      for (const name of session.subscriptions[kind]) this.unsubscribe(session, kind, name);
    }
  }

  /** True when an event may have a receiver, here or at another server; false when there is certainly none. */
  get hasSubscribers(): boolean {
    return this.#tables.channel.size + this.#tables.pattern.size > 0 || this.#bus?.isHeard === true;
  }

  /** Queues a message for all subscribers of a channel. Returns how often it is sent here; other servers do not count. */
  publish(channel: Bytes, message: Buffer | string): number {
    this.#spread("channel", channel, message);
    return this.#publishHere(channel, message, true);
  }

  /** As `publish`, for what happens without anybody publishing it: other servers have it only while they listen to such events. */
  tell(channel: Bytes, message: Buffer | string): void {
    if (this.#bus?.isHeard === true) this.#spread("channel", channel, message);
    this.#publishHere(channel, message, true);
  }

  /** As `publish`, to the subscribers of a shard channel. */
  publishToShard(channel: Bytes, message: Buffer | string): number {
    this.#spread("shard", channel, message);
    return this.#publishTo(this.#tables.shard.get(channel), "smessage", message, true);
  }

  /** Queues a message of another server for the subscribers here. */
  deliver(kind: "channel" | "shard", channel: Bytes, message: Buffer): void {
    if (kind === "channel") this.#publishHere(channel, message, false);
    else this.#publishTo(this.#tables.shard.get(channel), "smessage", message, false);
  }

  #spread(kind: "channel" | "shard", channel: Bytes, message: Buffer | string): void {
    if (this.#bus === undefined) return;
    // An argument is part of what was read, and is held here until the commit.
    this.#pushes.spread({ kind, channel: bufferOf(channel), message: Buffer.from(message) });
  }

  #publishHere(channel: Bytes, message: Reply, dependsOnCommit: boolean): number {
    let count = this.#publishTo(this.#tables.channel.get(channel), "message", message, dependsOnCommit);
    for (const pattern of this.#tables.pattern.values()) {
      if (!pattern.matches(channel)) continue;
      count += this.#push(pattern, ["pmessage", pattern.name, bufferOf(channel), message], dependsOnCommit);
    }
    return count;
  }

  #publishTo(
    subscribed: Subscribed | undefined,
    kind: string,
    message: Reply,
    dependsOnCommit: boolean,
  ): number {
    if (subscribed === undefined) return 0;
    return this.#push(subscribed, [kind, subscribed.name, message], dependsOnCommit);
  }

  #push({ sessions }: Subscribed, items: readonly Reply[], dependsOnCommit: boolean): number {
    const reply: Reply = { kind: "push", items };
    for (const receiver of sessions) this.#pushes.add({ receiver, reply, dependsOnCommit });
    return sessions.size;
  }
}

/** How channels of events begin: those of keys, and those of machines. */
const EVENT_PREFIXES = ["__key", "sm:"];
/** What makes a pattern of a name. */
const WILDCARD = /[*?[\\]/;

/** Whether events may be published to a channel, or to one that a pattern matches. */
function mayNameEvents(kind: "channel" | "pattern", name: Bytes): boolean {
  const text = chars(name);
  const start = kind === "channel" ? text : text.slice(0, WILDCARD.exec(text)?.index ?? text.length);
  const isWhole = start.length === text.length;
  return EVENT_PREFIXES.some((prefix) => start.startsWith(prefix) || (!isWhole && prefix.startsWith(start)));
}

const KINDS: readonly SubscriptionKind[] = ["channel", "pattern", "shard"];
