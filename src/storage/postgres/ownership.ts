/**
 * Who may write for a partition: its owner, in the epoch that the partition's row has. The owner raises its own epoch when it
 * does not know what has become of a statement: that waits for the statement where it still runs, and where it has not begun
 * it will find another epoch and do nothing. So behind the new epoch nothing of the old one happens any more.
 */
import { messageOf } from "../../postgres/message-of.ts";
import type { Statement, Statements, Values } from "./connection.ts";

/** The partition has another owner, or none any more. */
export class LostError extends Error {
  override readonly name = "LostError";
}

/** A connection that is made anew, or a server that starts again, is none yet. */
const TROUBLE_MS = 1000;

/**
 * What a statement on the partition's row compares, with `Ownership.fenceOn` as its first parameters. The owner too, which has another
 * name for each take: a database that has failed over to a standby without the latest commits gives an epoch away twice.
 */
export const IS_OWN = "p = $1 and epoch = $2 and owner = $3";

/** Begins a statement that writes: `held` has a row as long as the partition is the owner's, and keeps it so until the commit. */
export const HELD = `held as materialized (select 1 from detent_partition where ${IS_OWN} for key share)`;

// A raise whose answer was lost may have been made: the epoch may be any from the known one on, as long as the owner is.
const RAISE: Statement = {
  name: "raise",
  commits: true,
  text: `update detent_partition set epoch = epoch + 1 where p = $1 and epoch >= $2 and owner = $3 returning epoch`,
};

export class Ownership {
  readonly partition: number;
  readonly owner: string;
  #epoch: number;
  /** That of the database when the partition was opened. */
  #timeline: number | undefined;
  #lost: LostError | undefined;
  /** The raise under way, or the last one; it never rejects. */
  #raise: Promise<void> = Promise.resolve();
  /** Called once. */
  onLost: (error: LostError) => void = () => undefined;

  constructor({
    partition,
    owner,
    epoch,
  }: { readonly partition: number; readonly owner: string; readonly epoch: number }) {
    this.partition = partition;
    this.owner = owner;
    this.#epoch = epoch;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /**
   * The first parameters of every statement of the owner, which it compares, for a connection to a database of this timeline. After a
   * failover the database may lack commits that the owner holds in memory: what it wrote behind them would be behind a gap.
   * @throws LostError when the database has failed over since the partition was opened
   */
  fenceOn(timeline: number): readonly [partition: number, epoch: number, owner: string] {
    this.#timeline ??= timeline;
    if (timeline !== this.#timeline)
      throw this.lose(
        `the database has failed over: what it has of partition ${this.partition} is read anew`,
      );
    return [this.partition, this.#epoch, this.owner];
  }

  /** The values of a statement of the owner: what it compares, then the rest. */
  fenced(...rest: readonly unknown[]): Values {
    return (timeline) => [...this.fenceOn(timeline), ...rest];
  }

  /** The values of a statement that reads the partition: its number, then the rest. */
  reading(...rest: readonly unknown[]): Values {
    return (timeline) => [this.fenceOn(timeline)[0], ...rest];
  }

  /** Why nothing can be written any more. */
  get lost(): LostError | undefined {
    return this.#lost;
  }

  /**
   * When it resolves, no statement that was sent before has an effect that is still to come.
   * @throws LostError when the partition is another's, and the error of the attempt when that is unknown
   */
  async raise(line: Statements): Promise<void> {
    const turn = this.#raise.then(() => this.#raiseNow(line));
    this.#raise = turn.catch(() => undefined);
    await turn;
  }

  /** Gives up: the lease has ended, or the owner is to be another. */
  lose(reason: string): LostError {
    if (this.#lost !== undefined) return this.#lost;
    this.#lost = new LostError(reason);
    this.onLost(this.#lost);
    return this.#lost;
  }

  async #raiseNow(line: Statements): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    const { rows } = await line.run(RAISE, this.fenced());
    const [row] = rows;
    if (row === undefined)
      throw this.lose(
        `partition ${this.partition} has another owner, which goes on where this one has ended`,
      );
    this.#epoch = Number(row[0]);
  }
}

/** Why something has not been done for a while, though it is tried again and again. */
export class Trouble {
  #sinceMs: number | undefined;
  #reason = "";

  /** What an operator reads; undefined while it may be gone in a moment. */
  get text(): string | undefined {
    const isLong = this.#sinceMs !== undefined && performance.now() - this.#sinceMs > TROUBLE_MS;
    return isLong ? `the database does not take what is written: ${this.#reason}` : undefined;
  }

  failed(error: unknown): void {
    this.#sinceMs ??= performance.now();
    this.#reason = messageOf(error);
  }

  succeeded(): void {
    this.#sinceMs = undefined;
  }
}
