/**
 * Client-side caching (CLIENT TRACKING): which sessions are notified that a key they may hold has changed. By default the server
 * remembers which sessions have read a key, and tells each once, at the next change; with BCAST it remembers nothing
 * and tells of all keys with certain prefixes, once a turn. Keys go by their names, whatever the database, as in Redis.
 *
 * Invalidations leave even if the commit of the turn fails: one too many does no harm, and the server has forgotten
 * that the session holds the key. Nobody is notified of a key that its user may not read. SWAPDB invalidates everything, unlike in Redis, where caches then go stale.
 */
import { type Bytes, bufferOf, bytesOf, chars } from "../base/bytes.ts";
import type { Command } from "../catalogue/command.ts";
import { keysOf } from "../catalogue/keys.ts";
import type { Config } from "../config/config.ts";
import type { Change } from "../keyspace/changes.ts";
import type { Reply } from "../protocol/reply.ts";
import type { PushQueue } from "./push-queue.ts";
import { isSubscriber, type Session } from "./session.ts";
import type { SessionList } from "./session-list.ts";
import type { TrackingState } from "./tracking-state.ts";
import { mayRead } from "./users/check.ts";

export interface TrackingOptions {
  readonly config: Config;
  readonly sessions: SessionList;
  readonly pushes: PushQueue;
}

/** A request that has read keys. */
interface TrackedRead {
  readonly command: Command;
  readonly args: readonly Buffer[];
  readonly changes: readonly Change[];
  /** How many of the changes there were when it had run; all of them, when it is not given. */
  readonly count?: number | undefined;
}

export class Tracking {
  readonly #options: TrackingOptions;
  readonly #sessions = new Set<Session>();
  /** Ids of the sessions that may hold a key; the key that was read first comes first. */
  readonly #holders = new Map<Bytes, Set<number>>();
  #holderCount = 0;
  readonly #prefixes = new Map<Bytes, Set<Session>>();
  /** The list of changes that was reported last, and how many of them. */
  #toldOf: readonly Change[] | undefined;
  #toldCount = 0;
  /** Keys changed in this turn, with the session that changed them last. */
  #changed = new Map<Bytes, Session | undefined>();

  constructor(options: TrackingOptions) {
    this.#options = options;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Number of keys remembered, of sessions remembered for them, and of prefixes. */
  get counts(): { readonly keys: number; readonly items: number; readonly prefixes: number } {
    return { keys: this.#holders.size, items: this.#holderCount, prefixes: this.#prefixes.size };
  }

  enable(session: Session, state: TrackingState): void {
    session.tracking = state;
    this.#sessions.add(session);
    for (const prefix of state.prefixes) {
      const sessions = this.#prefixes.get(prefix);
      if (sessions === undefined) this.#prefixes.set(prefix, new Set([session]));
      else sessions.add(session);
    }
  }

  /** Ends the tracking of a session, if it is tracked. */
  disable(session: Session): void {
    for (const prefix of session.tracking?.prefixes ?? []) {
      const sessions = this.#prefixes.get(prefix);
      sessions?.delete(session);
      if (sessions?.size === 0) this.#prefixes.delete(prefix);
    }
    session.tracking = undefined;
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#forgetAll();
  }

  /**
   * Remembers the keys that a request of a tracked session has read. What its transaction changed before, such as the
   * same key earlier in a MULTI, is reported first: the session holds what is there now.
   */
  remember(session: Session, { command, args, changes, count = changes.length }: TrackedRead): void {
    this.tell(changes, 0, session, count);
    const { tracking } = session;
    if (tracking === undefined || tracking.isBroadcast) return;
    if (tracking.mode === "optin" && tracking.caching !== "yes") return;
    if (tracking.mode === "optout" && tracking.caching === "no") return;
    for (const { key } of keysOf(command, args) ?? []) this.#remember(session, bytesOf(key));
    const keysMax = this.#options.config.values["tracking-table-max-keys"];
    if (keysMax === 0) return;
    for (const key of this.#holders.keys()) {
      if (this.#holders.size <= keysMax) break;
      this.#invalidate(key, undefined);
    }
  }

  /** Tells of the changes from an index on, once; `session` has caused them, undefined: time has. */
  tell(
    changes: readonly Change[],
    from: number,
    session: Session | undefined,
    end: number = changes.length,
  ): void {
    const start = changes === this.#toldOf ? Math.max(from, this.#toldCount) : from;
    this.#toldOf = changes;
    this.#toldCount = Math.max(start, end);
    if (this.#sessions.size === 0) return;
    let isWhole = false;
    for (let index = start; index < end; index += 1) {
      const change = changes[index];
      if (change === undefined) continue;
      if (change.kind === "flush" || change.kind === "swap") isWhole = true;
      // That a key is new is reported before what made it so, which is the change.
      else if (change.kind !== "key" || change.event !== "new") {
        if (this.#prefixes.size > 0) this.#changed.set(change.key, session);
        this.#invalidate(change.key, session);
      }
    }
    if (isWhole) this.invalidateAll();
  }

  /** Tells all that nothing of what they hold is certain. */
  invalidateAll(): void {
    this.#forgetAll();
    for (const each of this.#sessions) this.#send(each, null);
  }

  /** The last changes were taken back: what comes in their place is to be reported. */
  rolledBack(changes: readonly Change[]): void {
    if (changes === this.#toldOf) this.#toldCount = Math.min(this.#toldCount, changes.length);
  }

  /** At the end of a turn: tells those with BCAST of what has changed in it. */
  broadcast(): void {
    if (this.#changed.size === 0) return;
    const changed = [...this.#changed].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#changed = new Map();
    const prefixes = [...this.#prefixes].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [prefix, sessions] of prefixes) {
      const matching = changed.filter(([key]) => chars(key).startsWith(chars(prefix)));
      if (matching.length === 0) continue;
      const all = matching.map(([key]) => bufferOf(key));
      for (const session of sessions) {
        const isNoLoop = session.tracking?.isNoLoop === true;
        const keys = all.filter(
          (key, index) => !(isNoLoop && matching[index]?.[1] === session) && mayRead(session.user, key),
        );
        if (keys.length > 0) this.#send(session, keys);
      }
    }
  }

  #remember(session: Session, key: Bytes): void {
    let holders = this.#holders.get(key);
    if (holders === undefined) {
      holders = new Set();
      this.#holders.set(key, holders);
    }
    const before = holders.size;
    holders.add(session.id);
    this.#holderCount += holders.size - before;
  }

  #invalidate(key: Bytes, by: Session | undefined): void {
    const holders = this.#holders.get(key);
    if (holders === undefined) return;
    this.#holders.delete(key);
    this.#holderCount -= holders.size;
    for (const id of holders) {
      const session = this.#options.sessions.byId(id);
      const tracking = session?.tracking;
      if (session === undefined || tracking === undefined || tracking.isBroadcast) continue;
      const isToTell = !(tracking.isNoLoop && session === by) && mayRead(session.user, bufferOf(key));
      if (isToTell) this.#send(session, [bufferOf(key)]);
    }
  }

  #send(session: Session, keys: Reply): void {
    const { tracking } = session;
    if (tracking === undefined) return;
    const isRedirected = tracking.redirect !== 0;
    const receiver = isRedirected ? this.#options.sessions.byId(tracking.redirect) : session;
    if (receiver === undefined) {
      tracking.isRedirectBroken = true;
      if (session.protocol === 3) this.#push(session, ["tracking-redir-broken", tracking.redirect]);
    } else if (receiver.protocol === 3) this.#push(receiver, ["invalidate", keys]);
    else if (isRedirected && isSubscriber(receiver)) {
      this.#push(receiver, ["message", "__redis__:invalidate", keys]);
    }
  }

  #push(receiver: Session, items: readonly Reply[]): void {
    this.#options.pushes.add({ receiver, reply: { kind: "push", items }, dependsOnCommit: false });
  }

  #forgetAll(): void {
    this.#holders.clear();
    this.#holderCount = 0;
  }
}

/** CLIENT CACHING ends with the request after it, or with the transaction that begins with it. */
export function endCaching(session: Session, command: Command): void {
  const { tracking } = session;
  if (tracking?.caching === undefined || session.queue !== undefined) return;
  if (!command.name.startsWith("client|")) tracking.caching = undefined;
}
