/**
 * The connections that all partitions of a process share. Each partition has its own `Statements`, whose statements run one after
 * the other; those of different partitions run at once, each on whatever connection is free, so that their commits reach the
 * disk of the database together. There are few connections, however many partitions there are: what finds none that is free waits.
 */
import {
  type Answer,
  DoubtError,
  Line,
  type LineOptions,
  type Statement,
  type Statements,
  type Values,
} from "./connection.ts";

/** What connections are for: none waits for another kind. */
export type LineKind = "journal" | "carry" | "read";

/** How many connections of a kind a process has at most. */
export const LINES_MAX: Readonly<Record<LineKind, number>> = { journal: 8, carry: 2, read: 4 };

export class SharedLines {
  readonly #pools: Readonly<Record<LineKind, LinePool>>;

  constructor(options: Omit<LineOptions, "name">) {
    const pool = (kind: LineKind) =>
      new LinePool({ ...options, name: `detent partitions ${kind}` }, LINES_MAX[kind]);
    this.#pools = { journal: pool("journal"), carry: pool("carry"), read: pool("read") };
  }

  /** For one partition. */
  statements(kind: LineKind): Statements {
    return new PartitionStatements(this.#pools[kind]);
  }

  /** Once no partition uses it any more. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.close()));
  }
}

class LinePool {
  readonly #options: LineOptions;
  readonly #max: number;
  readonly #all: Line[] = [];
  /** The one that was used last is used next: others are made only where they are needed. */
  readonly #free: Line[] = [];
  readonly #waiting: ((line: Line) => void)[] = [];

  constructor(options: LineOptions, max: number) {
    this.#options = options;
    this.#max = max;
  }

  async use<T>(work: (line: Line) => Promise<T>): Promise<T> {
    const line = this.#free.pop() ?? this.#made() ?? (await this.#freed());
    try {
      return await work(line);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(line);
      else next(line);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((line) => line.close()));
  }

  #made(): Line | undefined {
    if (this.#all.length === this.#max) return undefined;
    const line = new Line(this.#options);
    this.#all.push(line);
    return line;
  }

  #freed(): Promise<Line> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

class PartitionStatements implements Statements {
  readonly #pool: LinePool;
  /** The end of the last statement, which never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  /** Gives up the statement under way. */
  #giveUp: (error: DoubtError) => void = () => undefined;

  constructor(pool: LinePool) {
    this.#pool = pool;
  }

  run(statement: Statement, values: Values): Promise<Answer> {
    const turn = this.#last.then(() => this.#runNow((line) => line.run(statement, values)));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async connect(): Promise<void> {
    await this.#pool.use((line) => line.connect());
  }

  /** The connections stay, for the other partitions: a statement under way ends there, and nobody learns how. */
  async close(): Promise<void> {
    this.abandon();
  }

  abandon(): void {
    this.#isClosed = true;
    this.#giveUp(new DoubtError(CLOSED));
  }

  #runNow(work: (line: Line) => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      this.#pool
        .use((line) => {
          if (this.#isClosed) throw new DoubtError(CLOSED);
          return work(line);
        })
        .then(resolve, reject);
    });
  }
}

const CLOSED = "the connection has been closed";
