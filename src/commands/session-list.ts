/** The sessions that are open, by id, and the way to end one from another. */
import type { Session } from "./session.ts";

export class SessionList {
  readonly #sessions = new Map<number, Session>();
  readonly #closers = new Map<Session, () => void>();

  get size(): number {
    return this.#sessions.size;
  }

  /** `close` ends the connection behind the session, without a further reply. */
  add(session: Session, close: () => void): void {
    this.#sessions.set(session.id, session);
    this.#closers.set(session, close);
  }

  remove(session: Session): void {
    this.#sessions.delete(session.id);
    this.#closers.delete(session);
  }

  byId(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  /** In the order in which they were opened. */
  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  kill(session: Session): void {
    this.#closers.get(session)?.();
  }
}
