/**
 * Events between machines that a move has left in a store which has all keys now: nobody else is to get them, so each is taken
 * from where it waits, in one commit with what it does. There are none that come later.
 */
import type { ServerContext } from "../commands/server-context.ts";
import type { Databases } from "../keyspace/databases.ts";
import { lookAtChildren } from "../machines/delivery.ts";
import { takeLetter } from "../machines/mail/incoming.ts";
import { firstLetter, forgetLetter } from "../machines/mail/outgoing.ts";
import { NotLoaded } from "../storage/not-loaded.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import type { OnFault } from "./faults.ts";
import { type LoadLimits, PendingLoad } from "./loads.ts";
import type { MailBudget } from "./mail-turns.ts";

export interface LeftLettersOptions {
  readonly server: Pick<ServerContext, "statistics" | "watches"> &
    Parameters<typeof lookAtChildren>[0]["server"];
  readonly limits: LoadLimits;
  readonly onFault: OnFault;
  /** Asks for a turn. */
  readonly schedule: () => void;
}

const FIRST = { target: 0, sequence: 1 };

/** Whether a store may have any; it is not known of one that has to be loaded. */
export function mayHaveLetters(reader: OrderedReader): boolean {
  try {
    return firstLetter(reader, FIRST) !== undefined;
  } catch (error) {
    if (error instanceof NotLoaded) return true;
    throw error;
  }
}

export class LeftLetters {
  readonly #options: LeftLettersOptions;
  #load: PendingLoad | undefined;
  #hasEnded = false;

  constructor(options: LeftLettersOptions) {
    this.#options = options;
    options.schedule();
  }

  get hasWork(): boolean {
    return !this.#hasEnded && this.#load?.isLoading !== true;
  }

  posted(): void {}

  begin(): void {
    this.#options.schedule();
  }

  end(): void {
    this.#hasEnded = true;
    this.#load?.release();
  }

  run(databases: Databases, { countMax, isSpent }: MailBudget): void {
    const { transaction } = databases;
    for (let count = 0; !this.#hasEnded && count < countMax && (count === 0 || !isSpent()); count += 1) {
      const savepoint = transaction.savepoint();
      try {
        this.#takeNext(databases);
      } catch (error) {
        databases.rollback(savepoint);
        if (error instanceof NotLoaded) {
          this.#miss(error);
          return;
        }
        // Those behind it wait too: the next start tries it again.
        this.#options.onFault(error);
        this.end();
      }
    }
    this.#load?.release();
    this.#load = undefined;
    if (!this.#hasEnded) this.#options.schedule();
  }

  #takeNext(databases: Databases): void {
    const { server } = this.#options;
    const { transaction, nowMs } = databases;
    const letter = firstLetter(transaction, FIRST);
    if (letter === undefined) {
      this.#hasEnded = true;
      return;
    }
    const savepoint = transaction.savepoint();
    const scope = { databases, db: databases.at(0), server, nowMs };
    const { target: source, sequence, record } = letter;
    takeLetter(scope, { source, sequence, record });
    forgetLetter(transaction, letter);
    lookAtChildren(scope);
    if (server.watches.size > 0) server.watches.touch(transaction.changesSince(savepoint), () => [databases]);
    server.statistics.lettersTaken += 1;
  }

  #miss(error: NotLoaded): void {
    const load = this.#load ?? new PendingLoad(this.#options.limits);
    this.#load = load;
    load.load([error], () => {
      if (load.outcome.kind !== "loaded") {
        load.release();
        this.#load = undefined;
      }
      this.#options.schedule();
    });
  }
}
