/**
 * A session behind HTTP: the executor sees an endpoint whose requests come one by one and whose replies are promises.
 * One HTTP request has one session; whoever listens to changes keeps its own for as long.
 */
import { newSession, type Recorder, type Session } from "../clients/session.ts";
import type { SessionConnection } from "../clients/session-list.ts";
import { userOfCertificate } from "../clients/users/certificate-user.ts";
import { type OwnedPartition, ownedPartitions } from "../commands/cluster/elsewhere.ts";
import type { Counted } from "../commands/other-servers.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { OutgoingReply, Reply } from "../protocol/reply.ts";
import { replySize } from "../protocol/reply-size.ts";
import { countedAt } from "../server/counted.ts";
import type { Endpoint } from "../server/endpoint.ts";
import type { Executor } from "../server/executor.ts";
import { type Answer, AnswerError, answerOf } from "./answer.ts";
import { answeredElsewhere } from "./forwarding.ts";
import { onlyReads } from "./seen-as.ts";

/** A reply beyond this is not turned into JSON: it would be held in memory several times over. */
const REPLY_BYTES_MAX = 64 << 20;

/** How soon what waits behind a wait that was ended is ended too. */
const RECHECK_MS = 10;

/** Who asks, as far as the connection tells. */
export interface Peer {
  readonly address: string;
  readonly localAddress: string;
  /** That of the certificate shown over TLS. */
  readonly commonName: string | undefined;
}

/** What a server says, and of which partitions. */
export interface ServerAnswer {
  readonly partitions: readonly OwnedPartition[];
  readonly answer: Answer | undefined;
  /** What was asked for of what it counts, where the answer is no error. */
  readonly counted: unknown;
}

export interface AskedOfAll {
  /** What the servers are to tell of what they count in memory. */
  readonly counted?: Counted | undefined;
  /** How long an answer is waited for, where it may take longer than most. */
  readonly waitMs?: number;
  /** This server is not asked. */
  readonly isElsewhere?: boolean;
}

export class HttpSession implements Endpoint, SessionConnection {
  readonly session: Session;
  readonly #server: ServerContext;
  readonly #executor: Executor;
  /** Requests that the executor has not taken, and who waits for answers, both in order. */
  readonly #requests: Array<{ readonly args: readonly Buffer[]; readonly recorder: Recorder | undefined }> =
    [];
  readonly #answered: Array<(answer: Answer) => void> = [];
  #isOpen = true;
  /** Requests that would change something are refused. */
  onlyReads = false;
  /** Called when the session ends, by the client or by the server. */
  onClosed: () => void = () => undefined;

  constructor(server: ServerContext, executor: Executor, peer: Peer) {
    this.#server = server;
    this.#executor = executor;
    const named = userOfCertificate(server.config, server.users, peer.commonName);
    this.session = newSession({
      id: server.sessions.nextId(),
      address: peer.address,
      localAddress: peer.localAddress,
      nowMs: server.clock.now(),
      user: named ?? server.users.default,
      isAuthenticated: named !== undefined || !server.users.needsLogin,
    });
    this.session.protocol = 3;
    this.session.libraryName = "http";
    this.session.mayCrossSlots = true;
    server.sessions.add(this.session, this);
  }

  /** Where a cluster has several: its partitions and their owners, in the order of slots. None otherwise. */
  get partitions(): readonly OwnedPartition[] {
    return this.#server.asking === undefined ? [] : (ownedPartitions(this.#server) ?? []);
  }

  /** Whether this server holds any of them. */
  get holdsPartitions(): boolean {
    return this.#server.partitions.all.length > 0;
  }

  /** All partitions of the cluster, one that is the only one too. */
  get #ownedPartitions(): readonly OwnedPartition[] {
    const { cluster } = this.#server;
    if (cluster === undefined) return [];
    return cluster.partitions.map((one) => ({ ...one, owner: cluster.ownerOf(one.firstSlot) }));
  }

  /** No more is read and nothing is waited for once the session has ended. */
  get isInputEnded(): boolean {
    return !this.#isOpen;
  }

  readonly queryBytes = 0;
  readonly inputBytes = 0;
  readonly outputBytes = 0;

  /**
   * Runs a request at each server that holds partitions; undefined where one does not answer, or where nobody holds them. Here alone
   * where there is one partition, or no cluster.
   */
  async runAtAll(args: readonly string[], asked: AskedOfAll = {}): Promise<readonly ServerAnswer[]> {
    const { counted, isElsewhere } = asked;
    const all = this.#ownedPartitions;
    if (all.length === 0) return [await this.#runHere(args, { counted, partitions: [] })];
    const byOwner = new Map<string | undefined, OwnedPartition[]>();
    const isAsked = ({ owner }: OwnedPartition) =>
      isElsewhere !== true || owner?.id !== this.#server.cluster?.ownId;
    for (const one of all.filter(isAsked))
      byOwner.set(one.owner?.id, [...(byOwner.get(one.owner?.id) ?? []), one]);
    const answers = Array.from(byOwner, async ([owner, partitions]): Promise<ServerAnswer> => {
      if (owner === this.#server.cluster?.ownId) return this.#runHere(args, { counted, partitions });
      const requests = args.length === 0 ? [] : [args];
      const found = owner === undefined ? undefined : await this.runAt(owner, requests, asked);
      const text = found?.[requests.length];
      const told: unknown = typeof text === "string" ? JSON.parse(text) : undefined;
      const answer = args.length === 0 && found !== undefined ? null : found?.[0];
      return { partitions, answer, counted: told };
    });
    return await Promise.all(answers);
  }

  async #runHere(
    args: readonly string[],
    { counted, partitions }: Pick<ServerAnswer, "partitions"> & { readonly counted: Counted | undefined },
  ): Promise<ServerAnswer> {
    const answer = args.length === 0 ? null : await this.run(args);
    const mayKnow = counted !== undefined && !(answer instanceof AnswerError);
    const told = mayKnow ? countedAt(this.#server, this.session, counted) : undefined;
    return { partitions, answer, counted: told };
  }

  /** Runs requests at a server of the cluster, this one among them, and nowhere else; undefined where it does not answer. */
  async runAt(
    memberId: string,
    requests: ReadonlyArray<readonly string[]>,
    { counted, waitMs }: AskedOfAll = {},
  ): Promise<readonly Answer[] | undefined> {
    const { cluster, asking, catalogue } = this.#server;
    if (memberId === cluster?.ownId) return this.runAll(requests, undefined, [], false);
    const given = requests.map((args) => args.map((arg) => Buffer.from(arg, "utf8")));
    if (this.onlyReads && !given.every((request) => onlyReads(catalogue, request)))
      return requests.map(() => ONLY_READS);
    const { user, database } = this.session;
    const question = { user: user.name, database, requests: given, counted };
    const replies = await asking?.ask(memberId, question, waitMs);
    return replies?.map((reply) => answerOf(reply));
  }

  /** Runs a request; its reply, an error among them, once the turn is committed. */
  async run(args: ReadonlyArray<string | Buffer>, waitMs?: number): Promise<Answer> {
    const [answer = null] = await this.runAll([args], waitMs);
    return answer;
  }

  /**
   * Runs requests one behind the other, in one turn if that has room for them; their replies in order.
   * @param waitMs how long commands may wait; what waits longer is answered as at its timeout
   * @param recorders of the requests of the same index
   * @param areApart they have nothing to do with each other: each is run at the server that holds its key, also if it writes
   */
  async runAll(
    requests: ReadonlyArray<ReadonlyArray<string | Buffer>>,
    waitMs?: number,
    recorders: readonly Recorder[] = [],
    areApart = requests.length === 1,
  ): Promise<readonly Answer[]> {
    if (!this.#isOpen) return requests.map(() => CLOSED);
    const given = requests.map((args) =>
      args.map((arg) => (typeof arg === "string" ? Buffer.from(arg, "utf8") : arg)),
    );
    const answers = given.map((request, index) => {
      if (this.onlyReads && !onlyReads(this.#server.catalogue, request)) return ONLY_READS;
      this.#requests.push({ args: request, recorder: recorders[index] });
      return new Promise<Answer>((resolve) => this.#answered.push(resolve));
    });
    this.#executor.wake(this);
    const cancel = waitMs === undefined ? () => undefined : this.#limitWaits(waitMs);
    try {
      const answered = await Promise.all(answers);
      // What became of a request would have to be in the commit of another server.
      if (this.#server.asking === undefined || recorders.length > 0) return answered;
      const { user, database } = this.session;
      const asker = { user: user.name, database, isOpen: () => this.#isOpen };
      return await answeredElsewhere(this.#server, asker, given, answered, areApart);
    } finally {
      cancel();
    }
  }

  /** Ends what waits, from that time on until it is taken back. */
  #limitWaits(waitMs: number): () => void {
    const { clock, waiters } = this.#server;
    let cancel: () => void;
    const end = (): void => {
      if (waiters.unblock(this.session.id, "timeout")) this.#executor.resume();
      cancel = clock.wakeAt(clock.now() + RECHECK_MS, end);
    };
    cancel = clock.wakeAt(clock.now() + waitMs, end);
    return () => cancel();
  }

  nextRequest(): readonly Buffer[] | undefined {
    const next = this.#requests.shift();
    this.session.recorder = next?.recorder;
    return next?.args;
  }

  send(replies: readonly OutgoingReply[], _nowMs: number, isLast: boolean): void {
    for (const { reply } of replies) {
      // Pushes have no place in an answer.
      if (isPush(reply)) continue;
      const isTooLarge = replySize(reply) > REPLY_BYTES_MAX;
      this.#answered.shift()?.(isTooLarge ? TOO_LARGE : answerOf(reply));
    }
    if (isLast) this.close();
  }

  closeIfBeyond(): boolean {
    return false;
  }

  /** Ends the session; what it waits for is answered with an error. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { watches, subscriptions, tracking, sessions } = this.#server;
    this.session.isClosing = true;
    this.#executor.forget(this);
    watches.unwatch(this.session);
    subscriptions.forget(this.session);
    tracking.disable(this.session);
    sessions.remove(this.session);
    this.#requests.length = 0;
    for (const answered of this.#answered.splice(0)) answered(CLOSED);
    this.onClosed();
  }
}

const ONLY_READS = new AnswerError("NOPERM seen as another user, a page changes nothing");
export const CLOSED = new AnswerError("CLOSED the session has been ended by the server");
const TOO_LARGE = new AnswerError(
  `TOOLARGE the reply takes more than ${REPLY_BYTES_MAX >> 20} MB: ask for less of it, or use a Redis client`,
);

function isPush(reply: Reply): boolean {
  return typeof reply === "object" && reply !== null && "kind" in reply && reply.kind === "push";
}
