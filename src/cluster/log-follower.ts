/**
 * Follows the log of the cluster for the partitions that a server holds: applies its entries to each copy in order, says in the
 * partition's row how far it is, and ends questions that all partitions have answered, whoever has asked them. A change is
 * answered when each partition with an owner has applied it; an owner that does not get there loses its lease, or takes it with it.
 */
import { randomUUID } from "node:crypto";
import { assert } from "../base/assert.ts";
import {
  type ClusterLog,
  type CopyProgress,
  type CopyState,
  isQuestion,
  type LogEntry,
  type LogRecord,
} from "./cluster-log.ts";
import type { Timers } from "./timers.ts";

/** The copy of a partition that the server holds. */
export interface LogCopy {
  readonly partition: number;
  /** As the row of the partition names it. */
  readonly owner: string;
  /**
   * Applies the entries that it has not applied yet, one commit for an entry and the new place in the log; resolves with where it
   * is when that is settled, and rejects when the partition is not held any more.
   */
  apply(entries: readonly LogEntry[]): Promise<CopyState>;
}

export interface LogFollowerOptions {
  readonly log: ClusterLog;
  readonly timers: Timers;
  /** How often it looks though nothing has hinted at news. */
  readonly pollMs: number;
  /** How long a change waits for others. */
  readonly waitMs: number;
  readonly onTrouble: (error: Error) => void;
}

export type Submitted =
  /** It is applied wherever somebody owns a partition; that is what all partitions have answered, where it is a question. */
  | { readonly kind: "applied"; readonly users: number }
  /** Nothing is done: the log has grown meanwhile, and so has the copy. */
  | { readonly kind: "grown" }
  /** It was not done, or it will be done: nobody knows yet. */
  | { readonly kind: "late"; readonly isKnown: boolean };

interface Held {
  readonly copy: LogCopy;
  state: CopyState;
  /** What the row of the partition says, as far as is known. */
  noted: number;
}

export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #held = new Map<number, Held>();
  readonly #waiting = new Set<() => void>();
  #round: Promise<void> | undefined;
  #isRoundWanted = false;
  #cancelPoll: (() => void) | undefined;
  #isStopped = false;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    this.#poll();
  }

  /**
   * Brings a copy to where the log is, and follows it from there. The partition must not be served before this resolves: what
   * was acknowledged while it had no owner is in the log. @throws what the log or the copy does
   */
  async add(copy: LogCopy): Promise<void> {
    const { log } = this.#options;
    let state = await copy.apply([]);
    for (let entries = await log.read(state.sequence); entries.length > 0; ) {
      state = await applied(copy, state, entries);
      entries = await log.read(state.sequence);
    }
    await log.note([{ partition: copy.partition, owner: copy.owner, state }]);
    this.#held.set(copy.partition, { copy, state, noted: state.sequence });
    this.hint();
  }

  remove(partition: number): void {
    this.#held.delete(partition);
  }

  /** There may be news. */
  hint(): void {
    for (const wake of [...this.#waiting]) wake();
    void this.#goRound();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelPoll?.();
    for (const wake of [...this.#waiting]) wake();
  }

  /** Waits for the end of a question, or a while: what a copy has meanwhile may be taken back. */
  async pass(): Promise<void> {
    const news = this.#news(Number.POSITIVE_INFINITY);
    await this.#goRound();
    await news;
  }

  /** Adds a record that was made from a copy where it is now, which is not at a question. */
  async submit(record: LogRecord, at: CopyState, waitMs = this.#options.waitMs): Promise<Submitted> {
    const deadlineMs = this.#options.timers.monotonicMs() + waitMs;
    const isAppended = await this.#append(record, at.sequence, deadlineMs);
    if (isAppended === undefined) return { kind: "late", isKnown: false };
    if (!isAppended) {
      await this.#goRound();
      return { kind: "grown" };
    }
    const sequence = at.sequence + 1;
    this.hint();
    let users = 0;
    if (isQuestion(record)) {
      const end = await this.#until(deadlineMs, () => this.#endOf(sequence));
      if (end === undefined) return { kind: "late", isKnown: true };
      users = end.users;
    }
    const last = isQuestion(record) ? sequence + 1 : sequence;
    return (await this.reached(last, deadlineMs))
      ? { kind: "applied", users }
      : { kind: "late", isKnown: true };
  }

  /** Resolves to true when all partitions that are owned have applied an entry, to false when that takes too long. */
  async reached(
    sequence: number,
    deadlineMs = this.#options.timers.monotonicMs() + this.#options.waitMs,
  ): Promise<boolean> {
    const isReached = async (): Promise<true | undefined> => {
      const progress = await this.#options.log.progress();
      return progress.every((one) => !one.isOwned || one.sequence >= sequence) ? true : undefined;
    };
    return (await this.#until(deadlineMs, isReached)) === true;
  }

  /** Undefined: it is not known whether the record is in the log. */
  async #append(record: LogRecord, after: number, deadlineMs: number): Promise<boolean | undefined> {
    const id = randomUUID();
    const added = await this.#until(deadlineMs, async () => ({
      isAppended: await this.#options.log.append(id, record, after),
    }));
    return added?.isAppended;
  }

  /** The entry behind a question, once it is there. */
  async #endOf(question: number): Promise<Extract<LogRecord, { kind: "end" }> | undefined> {
    const [end] = await this.#options.log.read(question);
    if (end === undefined) return undefined;
    assert(end.record.kind === "end", "the end of a question is the next entry");
    return end.record;
  }

  /** What `look` finds, as soon as it does; undefined when it is too late. What is rejected is tried again. */
  async #until<T>(deadlineMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
    for (;;) {
      const news = this.#news(deadlineMs);
      try {
        const found = await look();
        if (found !== undefined) return found;
      } catch (error) {
        this.#trouble(error);
      }
      if (this.#isStopped || this.#options.timers.monotonicMs() >= deadlineMs) return undefined;
      await news;
    }
  }

  /** Resolves at the next hint, or after a while. */
  #news(deadlineMs: number): Promise<void> {
    const { timers, pollMs } = this.#options;
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = timers.after(Math.max(0, Math.min(pollMs, deadlineMs - timers.monotonicMs())), wake);
      this.#waiting.add(wake);
    });
  }

  #poll(): void {
    const { timers, pollMs, log } = this.#options;
    this.#cancelPoll = timers.after(pollMs, () => {
      void this.#goRound().then(() => {
        if (this.#isStopped) return;
        this.#poll();
        if (this.#held.size > 0) log.trim().catch((error: unknown) => this.#trouble(error));
      });
    });
  }

  /** Applies what there is; who asks while that is under way waits for one more round. */
  #goRound(): Promise<void> {
    this.#isRoundWanted = true;
    this.#round ??= this.#rounds().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #rounds(): Promise<void> {
    while (this.#isRoundWanted && !this.#isStopped) {
      this.#isRoundWanted = false;
      try {
        if (await this.#follow()) this.#isRoundWanted = true;
      } catch (error) {
        this.#trouble(error);
      }
    }
  }

  /** True when there may be more at once. */
  async #follow(): Promise<boolean> {
    const { log } = this.#options;
    const held = [...this.#held.values()];
    if (held.length === 0) return false;
    const entries = await log.read(Math.min(...held.map(({ state }) => state.sequence)));
    await Promise.all(held.map((one) => this.#apply(one, entries)));
    const news = held.filter(({ state, noted }) => state.sequence > noted);
    if (news.length > 0) await this.#note(news);
    const open = held.find(({ state }) => state.isOpen)?.state;
    const hasEnded = open !== undefined && (await this.#end(open));
    return news.length > 0 || hasEnded;
  }

  async #apply(held: Held, entries: readonly LogEntry[]): Promise<void> {
    const { copy, state } = held;
    try {
      held.state = await applied(copy, state, entries);
    } catch (error) {
      // One that is held still gets there with a later round.
      if (this.#held.get(copy.partition) === held) this.#trouble(error);
    }
  }

  /** A note whose answer is lost is given again. */
  async #note(news: readonly Held[]): Promise<void> {
    const notes = news.map(({ copy: { partition, owner }, state }) => ({ partition, owner, state }));
    await this.#options.log.note(notes);
    for (const [index, held] of news.entries()) held.noted = notes[index]?.state.sequence ?? held.noted;
  }

  /** Ends a question that all partitions have answered, those without an owner too: they may have machines. */
  async #end(open: CopyState): Promise<boolean> {
    const { log } = this.#options;
    const progress = await log.progress();
    if (progress.some(({ sequence }) => sequence < open.sequence)) return false;
    await log.append(randomUUID(), { kind: "end", users: usersOf(progress) }, open.sequence);
    return true;
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Where a partition is further, the question has been ended by somebody else, and this sum is not used. */
function usersOf(progress: readonly CopyProgress[]): number {
  return progress.reduce((sum, { answer }) => sum + answer, 0);
}

async function applied(copy: LogCopy, state: CopyState, entries: readonly LogEntry[]): Promise<CopyState> {
  const next = entries.filter(({ sequence }) => sequence > state.sequence);
  const [first] = next;
  if (first === undefined) return state;
  assert(first.sequence === state.sequence + 1, "the log has all that a copy lacks");
  return await copy.apply(next);
}
