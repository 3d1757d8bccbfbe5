/**
 * The time that a member in the simulation owns a partition: its server is a counter of what it has committed. Requests of clients
 * append a value or read how many there are; a reply leaves when all before it is in the journal.
 */
import type { PartitionRow, Row, StoreAnswer, StoreStatement } from "./database.ts";
import { Violation } from "./database.ts";
import type { Network, Reached } from "./network.ts";

/** What can be wrong with how a member commits. */
export type ServerBug =
  | "an unknown commit counts as done"
  | "an unknown commit is sent again"
  | "a fenced commit counts as done"
  | "replies before the commit"
  | "serves before it has read the journal"
  | "goes on by the epoch that has fenced it"
  | "carries on beside a carry that is not known to have failed"
  | "answers after it has released"
  | "serves all by the lease of one";

export interface TenureOptions {
  readonly member: Reached;
  readonly epoch: number;
  readonly row: PartitionRow;
  readonly network: Network;
  readonly after: (ms: number, happen: () => void) => void;
  /** Whether the lease has not run out. */
  readonly maySend: () => boolean;
  readonly onLost: () => void;
  /** Works on what was read until it is in memory, or the tenure is over. */
  readonly replay: (isOver: () => boolean) => Promise<void>;
  /** Its clock stands while it is stopped. */
  readonly isSuspended: boolean;
  readonly bug: string | undefined;
}

const STORE_ANSWER_MS = 500;
const CARRY_EVERY = 10;

export class Tenure {
  readonly #options: TenureOptions;
  #epoch: number;
  #isRead = false;
  #onRead: () => void = () => undefined;
  /** It has been read, or that has been given up. */
  readonly whenRead: Promise<void>;
  #isOver = false;
  #onDrained: (() => void) | undefined;
  /** The last sequence that requests have seen in memory, and the last one that is known to be in the journal. */
  #position = 0;
  #settled = 0;
  /** Rows that are in memory and not known to be in the journal, in order. */
  #unsettled: Row[] = [];
  #isInserting = false;
  #isCarrying = false;
  /** Replies, in order: each waits for a sequence. */
  readonly #replies: { readonly position: number; readonly send: () => void }[] = [];

  constructor(options: TenureOptions) {
    this.#options = options;
    this.#epoch = options.epoch;
    this.#isRead = options.bug === "serves before it has read the journal";
    this.whenRead = new Promise((resolve) => {
      this.#onRead = resolve;
    });
    this.#query({ kind: "read", epoch: options.epoch, from: undefined }, (answer) => {
      if (answer?.kind !== "content") return this.#lost();
      void options.replay(() => this.#isOver).then(() => this.#read(answer.mark + answer.rows.length));
    });
  }

  #read(sequence: number): void {
    if (this.#isOver) return;
    this.#settled = sequence;
    this.#position = Math.max(this.#position, sequence);
    this.#isRead = true;
    this.#onRead();
    this.#look();
  }

  get isRead(): boolean {
    return this.#isRead;
  }

  /** Whether it would answer a client. */
  get serves(): boolean {
    return this.#isRead && !this.#isOver && this.#options.maySend();
  }

  get isLeaving(): boolean {
    return this.#onDrained !== undefined;
  }

  /** Nothing of it is answered any more. */
  end(): void {
    this.#isOver = true;
    this.#onRead();
  }

  /** Takes no further requests, and calls back when all is committed and answered. */
  leave(onDrained: () => void): void {
    this.#onDrained ??= onDrained;
    this.#look();
  }

  append(value: number): void {
    if (!this.serves || this.isLeaving) return;
    this.#position += 1;
    const sequence = this.#position;
    this.#unsettled.push({ sequence, epoch: this.#epoch, value });
    const send = () => this.#options.row.acknowledge(sequence, value);
    if (this.#options.bug === "replies before the commit") send();
    else this.#replies.push({ position: sequence, send });
    this.#insert();
  }

  /** @param least so many values were acknowledged when the client asked, all of which must be there */
  read(least: number): void {
    if (!this.serves || this.isLeaving) return;
    const position = this.#position;
    const send = () => {
      // A suspension shows in no clock: only what is written is safe from it.
      if (position < least && !this.#options.isSuspended)
        throw new Violation(`${this.#options.member.id} reads ${position} values of ${least}`);
    };
    this.#replies.push({ position, send });
    this.#reply();
  }

  #look(): void {
    if (this.#onDrained === undefined || !this.#isRead || this.#isOver) return;
    if (this.#unsettled.length === 0 && this.#replies.length === 0) this.#onDrained();
  }

  /** At most one insert is under way, and takes all that have come meanwhile. */
  #insert(): void {
    if (this.#isInserting || this.#unsettled.length === 0) return;
    this.#isInserting = true;
    const rows = this.#unsettled.map((row) => ({ ...row, epoch: this.#epoch }));
    const settle = () => {
      this.#isInserting = false;
      this.#settled = rows.at(-1)?.sequence ?? this.#settled;
      this.#unsettled = this.#unsettled.slice(rows.length);
      this.#reply();
      this.#insert();
      if (this.#settled % CARRY_EVERY < rows.length) this.#carry();
    };
    this.#query({ kind: "insert", epoch: this.#epoch, rows }, (answer) => {
      if (answer?.kind === "done") return settle();
      const { bug } = this.#options;
      if (answer === undefined && bug === "an unknown commit counts as done") return settle();
      if (answer?.kind === "fenced" && bug === "a fenced commit counts as done") return settle();
      this.#isInserting = false;
      if (answer?.kind === "fenced") {
        if (bug !== "goes on by the epoch that has fenced it") return this.#lost();
        this.#epoch = answer.epoch;
        return this.#insert();
      }
      if (bug === "an unknown commit is sent again") return this.#sendAgain();
      this.#resolve(rows);
    });
  }

  /** The fault: what may have been committed already is committed under further sequences. */
  #sendAgain(): void {
    const shift = this.#unsettled.length;
    this.#unsettled = this.#unsettled.map((row) => ({ ...row, sequence: row.sequence + shift }));
    this.#position += shift;
    this.#insert();
  }

  /** The outcome of an insert is not known: nothing that is under way may succeed later, then what is there is looked at. */
  #resolve(rows: readonly Row[]): void {
    this.#isInserting = true;
    this.#query({ kind: "bump", epoch: this.#epoch }, (bumped) => {
      if (bumped?.kind !== "done") return this.#lost();
      this.#epoch = bumped.epoch;
      this.#query({ kind: "read", epoch: this.#epoch, from: rows[0]?.sequence }, (answer) => {
        if (answer?.kind !== "content") return this.#lost();
        this.#isInserting = false;
        const found = answer.rows.length;
        this.#settled += found;
        this.#unsettled = this.#unsettled.slice(found);
        this.#reply();
        this.#insert();
      });
    });
  }

  /** One at a time: one that is late must not come behind the next one, with what was there before. */
  #carry(): void {
    const isBlind = this.#options.bug === "carries on beside a carry that is not known to have failed";
    if (this.#isCarrying && !isBlind) return;
    this.#isCarrying = true;
    this.#query({ kind: "carry", epoch: this.#epoch, mark: this.#settled }, (answer) => {
      this.#isCarrying = false;
      // Another run begins with another epoch, which keeps the late one from doing anything.
      if (answer === undefined && !isBlind) this.#lost();
    });
  }

  #reply(): void {
    while (this.#replies.length > 0) {
      const [next] = this.#replies;
      if (next === undefined || next.position > this.#settled) return;
      if (this.#isOver || !this.#options.maySend()) return;
      this.#replies.shift();
      next.send();
    }
    this.#look();
  }

  #lost(): void {
    if (!this.#isOver) this.#options.onLost();
  }

  /** Calls back once, and not at all when the tenure is over; undefined: the outcome is not known. */
  #query(statement: StoreStatement, back: (answer: StoreAnswer | undefined) => void): void {
    const { network, row, member, after } = this.#options;
    let isAnswered = false;
    const once = (answer: StoreAnswer | undefined) => {
      if (isAnswered || this.#isOver) return;
      isAnswered = true;
      back(answer);
    };
    network.ask(member, {
      carryOut: () => row.store(member.id, statement),
      answered: once,
      failed: () => once(undefined),
    });
    after(STORE_ANSWER_MS, () => once(undefined));
  }
}
