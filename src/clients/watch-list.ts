/**
 * Who watches which key (WATCH). A change marks its watchers as soon as the command that made it has
 * succeeded, so that an EXEC later in the same turn sees it; EXEC then answers null.
 */
import type { Bytes } from "../base/bytes.ts";
import { bytesOf } from "../base/bytes.ts";
import type { Change } from "../keyspace/changes.ts";
import type { Database } from "../keyspace/database.ts";
import type { Databases } from "../keyspace/databases.ts";
import { type Session, watchName } from "./session.ts";

interface Watched {
  readonly database: number;
  readonly key: Bytes;
  readonly sessions: Set<Session>;
}

export class WatchList {
  readonly #watched = new Map<string, Watched>();

  /** Number of keys somebody watches. */
  get size(): number {
    return this.#watched.size;
  }

  /** `database` is the one the session has selected. */
  watch(session: Session, key: Buffer, database: Database): void {
    const bytes = bytesOf(key);
    const name = watchName(session.database, bytes);
    if (session.watched.has(name)) return;
    const isThere = database.find(bytes) !== undefined;
    let watched = this.#watched.get(name);
    if (watched === undefined) {
      watched = { database: session.database, key: bytes, sessions: new Set() };
      this.#watched.set(name, watched);
    }
    watched.sessions.add(session);
    session.watched.set(name, isThere);
  }

  /** Ends all watching of a session and forgets that a key was changed. */
  unwatch(session: Session): void {
    for (const name of session.watched.keys()) {
      const watched = this.#watched.get(name);
      watched?.sessions.delete(session);
      if (watched?.sessions.size === 0) this.#watched.delete(name);
    }
    session.watched.clear();
    session.isWatchBroken = false;
  }

  /**
   * Whether a key the session watches has changed. A key that was there and has expired since counts, even if nobody
   * has noticed yet; one that had expired before it was watched does not.
   */
  isBroken(session: Session, placeOf: (key: Bytes) => Databases | undefined): boolean {
    if (session.isWatchBroken) return true;
    for (const [name, existed] of session.watched) {
      const watched = this.#watched.get(name);
      if (!existed || watched === undefined) continue;
      const databases = placeOf(watched.key);
      if (databases?.at(watched.database).find(watched.key) === undefined) return true;
    }
    return false;
  }

  /**
   * Marks the watchers of what was changed.
   * @param everywhere the databases of all partitions: where a flushed key may have been
   */
  touch(changes: readonly Change[], everywhere: () => readonly Databases[]): void {
    if (this.#watched.size === 0) return;
    for (const change of changes) {
      if (change.kind === "flush") {
        const flushed = everywhere().map((databases) => databases.atPhys(change.phys));
        this.#touchWhole([change.database], flushed);
      } else if (change.kind === "swap") {
        const swapped = everywhere().flatMap((databases) => change.databases.map((at) => databases.at(at)));
        this.#touchWhole(change.databases, swapped);
      } else {
        const name = watchName(change.database, change.key);
        if (change.kind === "key" && change.event === "expired") this.#markExpired(name);
        else this.#mark(this.#watched.get(name));
      }
    }
  }

  /** These keys change elsewhere from now on: a transaction that watches one of them fails. */
  lose(isLost: (key: Bytes) => boolean): void {
    for (const watched of this.#watched.values()) if (isLost(watched.key)) this.#mark(watched);
  }

  /** A key that is in none of `holders`, the databases before and after, has not changed. */
  #touchWhole(indexes: readonly number[], holders: readonly Database[]): void {
    for (const watched of this.#watched.values()) {
      if (!indexes.includes(watched.database)) continue;
      if (holders.some((holder) => holder.find(watched.key) !== undefined)) this.#mark(watched);
    }
  }

  /** A key that had expired when it was watched, and is only removed now, has not changed. */
  #markExpired(name: string): void {
    for (const session of this.#watched.get(name)?.sessions ?? []) {
      if (session.watched.get(name) === true) session.isWatchBroken = true;
    }
  }

  #mark(watched: Watched | undefined): void {
    if (watched === undefined) return;
    for (const session of watched.sessions) session.isWatchBroken = true;
  }
}
