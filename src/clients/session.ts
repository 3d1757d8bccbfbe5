/** The logical state of a client: what commands read and change of it. The socket is not known here. */
import { type Bytes, raw } from "../base/bytes.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import type { ProtocolVersion, Reply } from "../protocol/reply.ts";
import type { TrackingState } from "./tracking-state.ts";
import type { User } from "./users/user.ts";

export type SubscriptionKind = "channel" | "pattern" | "shard";

/** A request that waits for EXEC. */
export type QueuedRequest = readonly Buffer[];

/**
 * Writes what has become of a request, in the commit of the request; it only puts and removes. `phys` is the number of the session's
 * database. It is not called for a request that is refused before it runs.
 */
export type Recorder = (transaction: Transaction, phys: number, reply: Reply) => void;

export interface Session {
  /** Unique and ascending within the life of the server. */
  readonly id: number;
  /** "host:port", or the path of a socket. */
  readonly address: string;
  readonly localAddress: string;
  /** It came in over TLS. */
  readonly isSecure: boolean;
  readonly createdAtMs: number;
  /** Index of the selected database. */
  database: number;
  protocol: ProtocolVersion;
  /** Set by CLIENT SETNAME; empty when it has none. */
  name: string;
  libraryName: string;
  libraryVersion: string;
  /** Whose rights its requests have; the default user's until it has logged in. */
  user: User;
  /** It has logged in, or nobody asked it to. */
  isAuthenticated: boolean;
  /** The requests between MULTI and EXEC; undefined outside. */
  queue: QueuedRequest[] | undefined;
  /** A request was refused while queueing: EXEC answers EXECABORT. */
  isQueueBroken: boolean;
  /** Bytes of the arguments in `queue`. */
  queueBytes: number;
  /** Bytes of the arguments of the request that waits, or is held back. */
  waitingBytes: number;
  /** Keys under WATCH, as WatchList names them, and whether there was such a key when the watching began. */
  readonly watched: Map<string, boolean>;
  /** A watched key was changed: EXEC answers null. */
  isWatchBroken: boolean;
  /** What the session is subscribed to; kept by Subscriptions. */
  readonly subscriptions: Readonly<Record<SubscriptionKind, Set<Bytes>>>;
  /** Client-side caching; undefined when it is off. Kept by Tracking. */
  tracking: TrackingState | undefined;
  /** CLIENT REPLY: whether replies are sent; "skip" holds for the next request. */
  replyMode: "on" | "off" | "skip" | "skipped";
  /** CLIENT NO-EVICT and NO-TOUCH. */
  isNoEvict: boolean;
  isNoTouch: boolean;
  /** READONLY: it reads from replicas, which have no data here; it is sent to the owner in another way. */
  isReplicaReader: boolean;
  /** In a cluster, its requests may have keys of several slots: it is no client of a Redis Cluster. */
  mayCrossSlots: boolean;
  /** It is shown every request the server runs. Kept by Monitors. */
  isMonitor: boolean;
  /** The connection closes after the replies so far. */
  isClosing: boolean;
  /** Of the request that runs; undefined for nearly all. */
  recorder: Recorder | undefined;
  /** Name of the last command, lower case, as CLIENT LIST shows it. */
  lastCommand: string;
  lastRequestAtMs: number;
  requestCount: number;
}

export interface NewSession {
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  readonly isSecure?: boolean;
  readonly nowMs: number;
  readonly user: User;
  /** True when no password is asked for. */
  readonly isAuthenticated: boolean;
}

export function newSession(options: NewSession): Session {
  return {
    id: options.id,
    address: options.address,
    localAddress: options.localAddress,
    isSecure: options.isSecure === true,
    createdAtMs: options.nowMs,
    database: 0,
    protocol: 2,
    name: "",
    libraryName: "",
    libraryVersion: "",
    user: options.user,
    isAuthenticated: options.isAuthenticated,
    queue: undefined,
    isQueueBroken: false,
    queueBytes: 0,
    waitingBytes: 0,
    watched: new Map(),
    isWatchBroken: false,
    tracking: undefined,
    subscriptions: { channel: new Set(), pattern: new Set(), shard: new Set() },
    replyMode: "on",
    isNoEvict: false,
    isNoTouch: false,
    isReplicaReader: false,
    mayCrossSlots: false,
    isMonitor: false,
    isClosing: false,
    recorder: undefined,
    lastCommand: "NULL",
    lastRequestAtMs: options.nowMs,
    requestCount: 0,
  };
}

/** The name of a key of a database in a watch list. */
export function watchName(database: number, key: Bytes): string {
  return `${database}:${key as unknown as string}`;
}

/** The key of such a name. */
export function keyOfWatchName(name: string): Bytes {
  return raw(name.slice(name.indexOf(":") + 1));
}

/** Whether the client is on this host: on the loopback interface or a Unix socket. */
export function isLocalSession({ address }: Session): boolean {
  return /^(?:127\.|\[::1\]|\[::ffff:127\.|\/)/.test(address);
}

/** Whether the session has any subscription: in RESP2 it may then do little else. */
export function isSubscriber({ subscriptions: { channel, pattern, shard } }: Session): boolean {
  return channel.size + pattern.size + shard.size > 0;
}

/** Drops the MULTI queue. */
export function dropQueue(session: Session): void {
  session.queue = undefined;
  session.queueBytes = 0;
  session.isQueueBroken = false;
}
