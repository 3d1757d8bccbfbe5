/**
 * The mail of a partition: sends what its machines have written to other partitions, and takes what those have written to it.
 *
 * A letter goes to the post when the commit that holds it is settled, and is removed from the store when the post has it. One
 * that has come is taken in a turn as a request is, and removed from the post when that commit is settled. Whatever fails in
 * between is done again: the post knows a letter by its number, and the store up to which number it has taken them.
 */
import type { Clock } from "../base/clock.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Databases } from "../keyspace/databases.ts";
import type { Place } from "../keyspace/place.ts";
import type { Store } from "../keyspace/store.ts";
import { lookAtChildren } from "../machines/delivery.ts";
import type { Refusal } from "../machines/machine-step.ts";
import { mailPosition, takeLetter } from "../machines/mail/incoming.ts";
import { firstLetter, forgetLetter, lettersFrom } from "../machines/mail/outgoing.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import type { IncomingLetter, MailPositions, OutgoingLetter, Post } from "../storage/post.ts";
import type { OnFault } from "./faults.ts";
import { type LoadLimits, PendingLoad } from "./loads.ts";

/** That letters have come is said at once, and may be missed: the post is looked into so often besides. */
const LOOK_MS = 1000;
/** A letter that was put in twice may lie in the post when it has been taken: with every so many looks such are removed. */
const LOOKS_PER_SWEEP = 60;
/** How long the letters of a partition wait of which one has met a bug of ours or damage to the data file. */
const PUT_OFF_MS = 60_000;
/** Letters that are put in at once. */
const PUT_MAX = 256;
const TAKE_LIMITS = { countMax: 64, bytesMax: 4 * 1024 * 1024 };
/** So many letters of a partition may lie in the post for another one: what is beyond waits in its store, which is bounded. */
const BACKLOG_MAX = 10_000;

export interface MailTurnsOptions {
  readonly server: Pick<ServerContext, "statistics" | "watches"> &
    Parameters<typeof lookAtChildren>[0]["server"];
  readonly place: Place;
  readonly store: Pick<Store, "drained">;
  readonly post: Post;
  readonly clock: Pick<Clock, "now" | "wakeAt">;
  readonly limits: LoadLimits;
  readonly onFault: OnFault;
  /** Asks for a turn. */
  readonly schedule: () => void;
}

export interface MailBudget {
  readonly countMax: number;
  readonly isSpent: () => boolean;
}

export class MailTurns {
  readonly #options: MailTurnsOptions;
  /** By target: up to which its letters are with the post. */
  readonly #sent = new Map<number, number>();
  /** Letters that are with the post and still in the store. */
  #toForget: readonly OutgoingLetter[] = [];
  /** By target: the sequence of its oldest letter in the post, as far as is known. */
  readonly #oldest = new Map<number, number>();
  /** Letters that have come, by source, in order. */
  readonly #arrived = new Map<number, IncomingLetter[]>();
  /** Sources whose letters are to be removed from the post. */
  readonly #taken = new Set<number>();
  /** Sources whose letters wait, and until when. */
  readonly #putOff = new Map<number, number>();
  /** Letters may wait in the store, or have come to the post. */
  #maySend = true;
  #mayTake = true;
  /** A target that takes nothing gets one letter more at each look: the answer tells how far it is. */
  #mayProbe = true;
  #isSending = false;
  #isTaking = false;
  #isRemoving = false;
  /** The post has failed: the next look tries again. */
  #isResting = false;
  #load: PendingLoad | undefined;
  #isLoading = false;
  /** The letter at hand, and the one that needs too much of the store. */
  #letter: IncomingLetter | undefined;
  #excessive: IncomingLetter | undefined;
  #hasEnded = false;
  #cancelWake: (() => void) | undefined;
  #looks = 0;

  constructor(options: MailTurnsOptions) {
    this.#options = options;
    options.post.onHint(() => {
      this.#mayTake = true;
      options.schedule();
    });
    this.#wakeLater();
    options.schedule();
  }

  get hasWork(): boolean {
    if (this.#isLoading || this.#hasEnded) return false;
    return (
      this.#toForget.length > 0 ||
      this.#arrived.size > 0 ||
      this.#wantsSending ||
      this.#wantsTaking ||
      this.#wantsRemoving
    );
  }

  /** A commit may have brought letters. */
  posted(): void {
    this.#maySend = true;
    this.#options.schedule();
  }

  /** Commits were taken back: what is known of the store is to be found out again. */
  begin(): void {
    this.#sent.clear();
    this.#toForget = [];
    this.#arrived.clear();
    this.#maySend = true;
    this.#mayTake = true;
    this.#options.schedule();
  }

  /** The partition is another's, or the server ends. */
  end(): void {
    this.#hasEnded = true;
    this.#cancelWake?.();
    this.#load?.release();
    this.#options.post.onHint(undefined);
  }

  /** The first thing of a turn in the partition, so that what it finds in the store has been committed. */
  run(databases: Databases, budget: MailBudget): void {
    this.#letter = undefined;
    try {
      this.#collect(databases);
      this.#forget(databases);
      this.#take(databases, budget);
      this.#load?.release();
      this.#load = undefined;
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error;
      this.#miss(error);
    }
    if (this.hasWork) this.#options.schedule();
  }

  get #wantsSending(): boolean {
    return this.#maySend && !this.#isSending && !this.#isResting && this.#toForget.length === 0;
  }

  get #wantsTaking(): boolean {
    return this.#mayTake && !this.#isTaking && !this.#isResting && this.#arrived.size === 0;
  }

  get #wantsRemoving(): boolean {
    return this.#taken.size > 0 && !this.#isRemoving && !this.#isResting;
  }

  /** Finds what is to be sent, removed and taken, and begins that. */
  #collect({ transaction, nowMs }: Databases): void {
    if (this.#wantsSending) {
      const letters = this.#lettersToSend(transaction);
      this.#maySend = letters.length > 0;
      this.#mayProbe = false;
      if (letters.length > 0) void this.#send(letters);
    }
    if (this.#wantsRemoving) {
      const positions = new Map(
        [...this.#taken].map((source) => [source, mailPosition(transaction, source)]),
      );
      this.#taken.clear();
      void this.#remove(positions);
    }
    if (this.#wantsTaking) {
      const positions = new Map<number, number>();
      for (const source of this.#sources())
        if ((this.#putOff.get(source) ?? 0) <= nowMs)
          positions.set(source, mailPosition(transaction, source));
      this.#mayTake = false;
      void this.#fetch(positions);
    }
  }

  /** All partitions, this one too: a move may have brought sender and receiver together. */
  *#sources(): Generator<number> {
    const { count } = this.#options.place;
    for (let source = 0; source < count; source += 1) yield source;
  }

  #lettersToSend(reader: OrderedReader): OutgoingLetter[] {
    const letters: OutgoingLetter[] = [];
    let target = 0;
    while (letters.length < PUT_MAX) {
      const from = { target, sequence: (this.#sent.get(target) ?? 0) + 1 };
      const first = firstLetter(reader, from);
      if (first === undefined) break;
      if (first.target === target) {
        const room = Math.min(PUT_MAX - letters.length, this.#roomFor(first));
        letters.push(...lettersFrom(reader, first, room));
        target += 1;
      } else target = first.target;
    }
    return letters;
  }

  /** How many letters may follow for a target, from one on. */
  #roomFor({ target, sequence }: OutgoingLetter): number {
    const room = BACKLOG_MAX - (sequence - (this.#oldest.get(target) ?? sequence));
    return room > 0 ? room : this.#mayProbe ? 1 : 0;
  }

  async #send(letters: readonly OutgoingLetter[]): Promise<void> {
    this.#isSending = true;
    const sent = await this.#tried(async () => {
      await this.#options.store.drained();
      return await this.#options.post.put(letters);
    });
    this.#isSending = false;
    if (sent === undefined) this.#maySend = true;
    else {
      for (const { target } of letters) this.#oldest.delete(target);
      for (const { target, sequence } of letters) {
        this.#sent.set(target, sequence);
        const oldest = sent.get(target) ?? sequence;
        this.#oldest.set(target, Math.min(this.#oldest.get(target) ?? oldest, oldest));
      }
      this.#toForget = letters;
    }
    this.#options.schedule();
  }

  async #remove(positions: MailPositions): Promise<void> {
    this.#isRemoving = true;
    const removed = await this.#tried(async () => {
      await this.#options.store.drained();
      await this.#options.post.remove(positions);
      return true;
    });
    this.#isRemoving = false;
    if (removed === undefined) for (const source of positions.keys()) this.#taken.add(source);
    this.#options.schedule();
  }

  async #fetch(positions: MailPositions): Promise<void> {
    this.#isTaking = true;
    const letters = await this.#tried(() => this.#options.post.take(positions, TAKE_LIMITS));
    this.#isTaking = false;
    for (const letter of letters ?? []) {
      const { source } = letter;
      const before = this.#arrived.get(source);
      if (before === undefined) this.#arrived.set(source, [letter]);
      else before.push(letter);
    }
    // There may be more behind them.
    if (letters === undefined || letters.length > 0) this.#mayTake = true;
    this.#options.schedule();
  }

  /** What the post answers; undefined when it fails, which it does for a while when the database is away. */
  async #tried<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch {
      this.#isResting = true;
      return undefined;
    }
  }

  /** @throws NotLoaded with all letters as they were */
  #forget(databases: Databases): void {
    if (this.#toForget.length === 0) return;
    const { transaction } = databases;
    const savepoint = transaction.savepoint();
    try {
      for (const letter of this.#toForget) forgetLetter(transaction, letter);
    } catch (error) {
      // One that is removed already would be left out of the counters when this is run again.
      databases.rollback(savepoint);
      throw error;
    }
    this.#toForget = [];
  }

  /** Takes letters that have come, as far as the budget goes: one at least. */
  #take(databases: Databases, { countMax, isSpent }: MailBudget): void {
    let count = 0;
    for (const [source, letters] of this.#arrived) {
      while (letters.length > 0) {
        if (count === countMax || (count > 0 && isSpent())) return;
        count += 1;
        const [letter] = letters;
        if (letter === undefined || !this.#takeOne(databases, letter)) letters.length = 0;
        else letters.shift();
      }
      this.#arrived.delete(source);
      this.#taken.add(source);
    }
  }

  /** False when those behind it have to wait. @throws NotLoaded */
  #takeOne(databases: Databases, letter: IncomingLetter): boolean {
    const { server, onFault } = this.#options;
    const { transaction, nowMs } = databases;
    const savepoint = transaction.savepoint();
    this.#letter = letter;
    try {
      const scope = { databases, db: databases.at(0), server, nowMs };
      const isNew = takeLetter(scope, letter, this.#excessive === letter ? EXCESS : undefined);
      lookAtChildren(scope);
      if (server.watches.size > 0)
        server.watches.touch(transaction.changesSince(savepoint), () => [databases]);
      if (isNew) server.statistics.lettersTaken += 1;
      return true;
    } catch (error) {
      databases.rollback(savepoint);
      if (error instanceof NotLoaded) throw error;
      onFault(error);
      this.#putOff.set(letter.source, nowMs + PUT_OFF_MS);
      return false;
    }
  }

  #miss(error: NotLoaded): void {
    this.#load ??= new PendingLoad(this.#options.limits);
    const load = this.#load;
    this.#isLoading = true;
    load.load([error], () => {
      if (load.outcome.kind === "failed") {
        // What was not read is looked for again with the post.
        this.#isResting = true;
        this.#mayTake = true;
        this.#maySend = true;
      }
      if (load.outcome.kind === "excess") {
        load.release();
        this.#load = undefined;
        this.#excessive = this.#letter;
      }
      this.#isLoading = false;
      this.#options.schedule();
    });
  }

  #wakeLater(): void {
    const { clock, schedule } = this.#options;
    this.#cancelWake = clock.wakeAt(
      clock.now() + LOOK_MS,
      () => {
        this.#isResting = false;
        this.#mayTake = true;
        this.#maySend = true;
        this.#mayProbe = true;
        this.#looks += 1;
        if (this.#looks % LOOKS_PER_SWEEP === 0)
          for (const source of this.#sources()) this.#taken.add(source);
        schedule();
        this.#wakeLater();
      },
      "housekeeping",
    );
  }
}

const EXCESS: Refusal = {
  kind: "refused",
  code: "EXECFAIL",
  message: "it needs more of the store in memory at once than it may have",
};
