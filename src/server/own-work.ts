/** What the server does by itself, apart for each partition that it holds: timers, expiry, events of streams, migrations. */
import type { Clock } from "../base/clock.ts";
import { earlier } from "../base/earlier.ts";
import type { Databases } from "../keyspace/databases.ts";
import type { Partition } from "../keyspace/partitions.ts";
import { DueTurns, type TurnsBudget } from "./due-turns.ts";
import type { DueWork } from "./due-work.ts";
import type { LeftLetters } from "./left-letters.ts";
import type { LoadLimits } from "./loads.ts";
import type { MailTurns } from "./mail-turns.ts";
import type { Part, Turn } from "./turn.ts";

export interface OwnWorkOptions {
  readonly dueWork: (partition: Partition) => DueWork;
  /** The mail of a partition that has a post. */
  readonly mail?: ((work: NewWork) => Mail | undefined) | undefined;
  readonly clock: Clock;
  readonly limits: LoadLimits;
  /** Asks for another turn. */
  readonly schedule: () => void;
}

interface Work {
  readonly partition: Partition;
  readonly dueWork: DueWork;
  readonly due: DueTurns;
  readonly mail: Mail | undefined;
}

type Mail = MailTurns | LeftLetters;

/** A partition as it is when the work begins. */
export interface NewWork {
  readonly partition: Partition;
  readonly databases: Databases;
  readonly schedule: () => void;
}

export class OwnWork {
  readonly #options: OwnWorkOptions;
  #works: readonly Work[] = [];

  constructor(options: OwnWorkOptions) {
    this.#options = options;
  }

  add(part: Part): void {
    const { partition, databases } = part;
    const dueWork = this.#options.dueWork(partition);
    const due = new DueTurns({ ...this.#options, dueWork });
    const mail = this.#options.mail?.({ partition, databases, schedule: this.#options.schedule });
    this.#works = [...this.#works, { partition, dueWork, due, mail }];
    due.find(databases);
  }

  remove(partition: Partition): void {
    const work = this.#of(partition);
    work?.due.end();
    work?.mail?.end();
    this.#works = this.#works.filter((work) => work.partition !== partition);
  }

  end(): void {
    for (const { due, mail } of this.#works) {
      due.end();
      mail?.end();
    }
  }

  /** Something may be due at once that was not before, in a partition or, when none is given, in any. */
  lookIn(partition?: Partition): void {
    for (const work of this.#works)
      if (partition === undefined || work.partition === partition) {
        work.due.note(0);
        if (partition !== undefined) work.mail?.begin();
      }
  }

  /** Does what is due, of the partitions that may be worked on. */
  run(turn: Turn, mayWork: (partition: Partition) => boolean, budget: TurnsBudget): void {
    for (const { partition, due, mail } of this.#works) {
      const hasMail = mail?.hasWork === true;
      if (!hasMail && !due.hasWork(turn.nowMs)) continue;
      if (partition.store.failure !== undefined || !mayWork(partition)) continue;
      const { databases } = turn.part(partition);
      // First, since it looks what has been committed.
      if (hasMail) mail.run(databases, budget);
      if (due.hasWork(turn.nowMs)) due.run(databases, budget);
    }
  }

  /** A part of a turn is about to be committed: what it has armed is due some time. */
  note({ partition, databases, turn }: Part): void {
    const work = this.#of(partition);
    if (databases.transaction.hasPosted) work?.mail?.posted();
    work?.due.note(databases.transaction.dueMsMin);
    if (work?.dueWork.bringsEvents(turn.changes)) work.due.note(turn.nowMs);
  }

  /** True while something is loaded that is due. */
  get isLoading(): boolean {
    return this.#works.some(({ due }) => due.isLoading);
  }

  get hasNext(): boolean {
    return this.#works.some(({ due }) => due.dueMs !== undefined);
  }

  /** When something is due next that can be done then; undefined when nothing is. */
  get nextMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { due, partition } of this.#works) {
      const { failure, isCongested } = partition.store;
      if (due.dueMs === undefined || failure !== undefined || isCongested || due.isLoading) continue;
      nextMs = earlier(nextMs, due.dueMs);
    }
    return nextMs;
  }

  #of(partition: Partition): Work | undefined {
    return this.#works.find((work) => work.partition === partition);
  }
}
