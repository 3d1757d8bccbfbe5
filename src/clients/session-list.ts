/** The sessions that are open, by id, and the way to end one from another. */
import type { OutgoingReply } from "../protocol/reply.ts";
import type { Session } from "./session.ts";

/** The connection behind a session, as far as commands may know it. */
export interface SessionConnection {
  /** The number the system has given to its socket, if it has one. */
  readonly descriptor?: number;
  /** Bytes received and not yet run. */
  readonly queryBytes: number;
  /** What the buffer of these bytes has room for besides. */
  readonly queryFreeBytes?: number;
  /** Bytes of the arguments of an unfinished request, which are among those received. */
  readonly argumentBytes?: number;
  /** Bytes of replies the client has not taken. */
  readonly outputBytes: number;
  /** Sends replies in order; closes the connection afterwards if they are its last. */
  send(replies: readonly OutgoingReply[], nowMs: number, isLast: boolean): void;
  /**
   * Ends the connection and returns true if its output would go beyond the hard limit with so many bytes more than
   * it holds.
   */
  closeIfBeyond(bytes: number): boolean;
  /** Ends the connection at once, without a further reply. */
  close(): void;
}

export class SessionList {
  readonly #sessions = new Map<number, Session>();
  readonly #connections = new Map<Session, SessionConnection>();

  #latestId = 0;

  /** An id for a session that is to be added: unique and ascending. */
  nextId(): number {
    this.#latestId += 1;
    return this.#latestId;
  }

  get size(): number {
    return this.#sessions.size;
  }

  add(session: Session, connection: SessionConnection): void {
    this.#sessions.set(session.id, session);
    this.#connections.set(session, connection);
  }

  remove(session: Session): void {
    this.#sessions.delete(session.id);
    this.#connections.delete(session);
  }

  byId(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  /** In the order in which they were opened. */
  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** The connection behind an open session. */
  connectionOf(session: Session): SessionConnection | undefined {
    return this.#connections.get(session);
  }

  /** Ends a session for another one, without a further reply; one that ends itself still gets its own. */
  end(session: Session, by: Session): void {
    if (session === by) session.isClosing = true;
    else this.#connections.get(session)?.close();
  }
}
