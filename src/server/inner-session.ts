/**
 * A session of the server's own, such as that of a demo: it sends requests as a client does, with the rights of a user, and is
 * among the sessions that CLIENT LIST shows and CLIENT KILL ends.
 */
import { newSession, type Session } from "../clients/session.ts";
import type { SessionConnection } from "../clients/session-list.ts";
import type { User } from "../clients/users/user.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { OutgoingReply, Reply } from "../protocol/reply.ts";
import type { Endpoint } from "./endpoint.ts";

/** The executor, as far as a session needs it. */
export interface Requests {
  wake(endpoint: Endpoint): void;
  forget(endpoint: Endpoint): void;
}

export interface InnerSessionOptions {
  readonly server: ServerContext;
  readonly requests: Requests;
  readonly name: string;
  readonly user: User;
  readonly database: number;
}

export class InnerSession implements Endpoint, SessionConnection {
  readonly session: Session;
  readonly #options: InnerSessionOptions;
  readonly #waiting: Array<readonly Buffer[]> = [];
  readonly #answered: Array<(reply: Reply) => void> = [];

  constructor(options: InnerSessionOptions) {
    const { server, user, name, database } = options;
    this.#options = options;
    this.session = newSession({
      id: server.sessions.nextId(),
      address: "127.0.0.1:0",
      localAddress: "127.0.0.1:0",
      nowMs: server.clock.now(),
      user,
      isAuthenticated: true,
    });
    this.session.name = name;
    this.session.mayCrossSlots = true;
    this.session.database = database;
    server.sessions.add(this.session, this);
  }

  readonly queryBytes = 0;
  /** What the server does by itself lets clients go first. */
  readonly inputBytes = Number.POSITIVE_INFINITY;
  readonly outputBytes = 0;

  get isInputEnded(): boolean {
    return this.session.isClosing;
  }

  /** Runs requests one behind the other; resolves to their replies once they are committed, to none when the session ends. */
  async runAll(requests: ReadonlyArray<ReadonlyArray<string | Buffer>>): Promise<readonly Reply[]> {
    if (this.session.isClosing) return [];
    const replies = requests.map((words) => {
      this.#waiting.push(words.map((word) => (typeof word === "string" ? Buffer.from(word, "utf8") : word)));
      return new Promise<Reply>((resolve) => this.#answered.push(resolve));
    });
    this.#options.requests.wake(this);
    return Promise.all(replies);
  }

  nextRequest(): readonly Buffer[] | undefined {
    return this.#waiting.shift();
  }

  send(replies: readonly OutgoingReply[], _nowMs: number, isLast: boolean): void {
    for (const { reply } of replies) this.#answered.shift()?.(reply);
    if (isLast) this.close();
  }

  closeIfBeyond(): boolean {
    return false;
  }

  close(): void {
    const { server, requests } = this.#options;
    this.session.isClosing = true;
    requests.forget(this);
    server.sessions.remove(this.session);
    this.#waiting.length = 0;
    for (const answered of this.#answered.splice(0)) answered(null);
  }
}
