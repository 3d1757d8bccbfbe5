/**
 * Requests of this server's users at other servers of its cluster, over the bus: what a page or the REST interface needs of
 * partitions that others hold. The other server runs them with the rights that the user of that name has there. A question and its
 * answer may be lost: without an answer in time there are no replies, and nobody knows whether the requests were run.
 */
import { randomBytes } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import type { Clock } from "../base/clock.ts";
import type { BusMessage, MessageBus } from "../cluster/message-bus.ts";
import type { ClusterView } from "../cluster/view.ts";
import type { JobAnswerer, OtherServers, Question } from "../commands/other-servers.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Reply } from "../protocol/reply.ts";
import { replySize } from "../protocol/reply-size.ts";
import { countedAt } from "./counted.ts";
import { InnerSession, type Requests } from "./inner-session.ts";

/** How long an answer is waited for: longer than requests are held while slots change hands. */
const ANSWER_MS = 3000;
/** Questions whose answers are waited for, and those that are being answered; more are not asked, nor answered. */
const ASKED_MAX = 256;
const ANSWERING_MAX = 64;
const ANSWER_BYTES_MAX = 8 << 20;

interface Envelope {
  readonly id: string;
  readonly from: string;
}

export interface AskingOptions {
  readonly bus: MessageBus;
  readonly cluster: ClusterView;
  readonly clock: Clock;
  readonly requests: Requests;
  readonly server: () => ServerContext;
}

export class Asking implements OtherServers {
  readonly #options: AskingOptions;
  readonly #waiting = new Map<string, (replies: readonly Reply[] | undefined) => void>();
  #answering = 0;
  #jobAnswerer: JobAnswerer | undefined;
  #endListening: () => void;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#endListening = options.bus.onMessages((messages) => this.#receive(messages));
  }

  ask(memberId: string, question: Question, waitMs = ANSWER_MS): Promise<readonly Reply[] | undefined> {
    const { bus, cluster, clock } = this.#options;
    if (this.#waiting.size >= ASKED_MAX) return Promise.resolve(question.requests.map(() => TOO_MANY));
    const id = randomBytes(12).toString("hex");
    return new Promise((resolve) => {
      const cancel = clock.wakeAt(clock.now() + waitMs, () => end(undefined));
      // A server that is gone answers nothing more.
      const isGone = () => !cluster.members.some(({ id, isAlive }) => id === memberId && isAlive);
      const endWatch = cluster.onChange(() => isGone() && end(undefined));
      const end = (replies: readonly Reply[] | undefined): void => {
        cancel();
        endWatch();
        this.#waiting.delete(id);
        resolve(replies);
      };
      this.#waiting.set(id, end);
      bus.send([messageFor("ask", memberId, { id, from: cluster.ownId, ...question })]);
    });
  }

  answerJobs(answerer: JobAnswerer): void {
    this.#jobAnswerer = answerer;
  }

  close(): void {
    this.#endListening();
    for (const end of [...this.#waiting.values()]) end(undefined);
  }

  #receive(messages: readonly BusMessage[]): void {
    for (const { kind, channel, message } of messages) {
      if (channel.toString("latin1") !== this.#options.cluster.ownId) continue;
      if (kind === "ask") void this.#answer(deserialize(message));
      if (kind === "answer") this.#take(deserialize(message));
    }
  }

  #take({ id, replies }: Envelope & { readonly replies: readonly Reply[] | undefined }): void {
    this.#waiting.get(id)?.(replies);
  }

  async #answer({ id, from, ...question }: Envelope & Question): Promise<void> {
    const { user: name, database, requests, counted, job } = question;
    const server = this.#options.server();
    const user = server.users.find(name);
    const answer = (replies: readonly Reply[] | undefined): void =>
      this.#options.bus.send([
        messageFor("answer", from, { id, from: this.#options.cluster.ownId, replies }),
      ]);
    if (user?.rules.isEnabled !== true) return answer(requests.map(() => NO_ACCESS));
    if (this.#answering >= ANSWERING_MAX) return answer(requests.map(() => TOO_MANY));
    this.#answering += 1;
    const options = { server, requests: this.#options.requests, name: "asked", user, database };
    const session = new InnerSession(options);
    session.session.protocol = 3;
    try {
      const replies = await session.runAll(requests.map((words) => words.map((word) => Buffer.from(word))));
      // A session that was ended has no replies: what it has changed may be committed or not.
      if (session.session.isClosing) return answer(undefined);
      const all = [...replies];
      if (counted !== undefined && !replies.some(isError))
        all.push(JSON.stringify(countedAt(server, { user, database }, counted)));
      if (job !== undefined && this.#jobAnswerer !== undefined)
        all.push(JSON.stringify(await this.#jobAnswerer({ user: name, database }, job)));
      const isFit = all.reduce<number>((sum, reply) => sum + replySize(reply), 0) <= ANSWER_BYTES_MAX;
      answer(isFit ? all : requests.map(() => TOO_LARGE));
    } finally {
      this.#answering -= 1;
      session.close();
    }
  }
}

function messageFor(kind: "ask" | "answer", memberId: string, body: object): BusMessage {
  return { kind, channel: Buffer.from(memberId, "latin1"), message: serialize(body) };
}

function isError(reply: Reply): boolean {
  return typeof reply === "object" && reply !== null && "kind" in reply && reply.kind === "error";
}

const TOO_LARGE: Reply = {
  kind: "error",
  message: `TOOLARGE the reply takes more than ${ANSWER_BYTES_MAX >> 20} MB: ask the server itself`,
};
// One who may not log in at a server has no session there.
const NO_ACCESS: Reply = {
  kind: "error",
  message: "CLUSTERDOWN the server that holds the slot does not know the user, or has disabled it",
};
const TOO_MANY: Reply = { kind: "error", message: "TRYAGAIN too many requests wait for other servers" };
