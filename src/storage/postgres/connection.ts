/**
 * Connections to the database of a partition. A `Line` is one that is made anew when it breaks. Each statement has a
 * deadline, at which its connection is destroyed; whether it has taken effect, or still will, is then unknown.
 */
import type { Client } from "pg";
import { addressFault } from "../../postgres/addresses.ts";
import { messageOf } from "../../postgres/message-of.ts";
import { connectedToPrimary, timelineAt } from "../../postgres/primary.ts";
import { OpenError } from "../ordered-store.ts";

const CONNECT_MS = 5000;
/** A statement that takes longer is given up with its connection. */
const STATEMENT_MS = 5000;
/** To close a connection takes no longer. */
const END_MS = 1000;
/** The server that was the primary is a standby now: a new connection may lead to the one that is. */
const READ_ONLY = "25006";
/** Between two attempts to reach the database: at first, and at most. */
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 500;

/** A cell as text, or null; of bytea its bytes. */
type Cell = string | Buffer | null;
type Row = readonly Cell[];

export interface Answer {
  readonly rows: readonly Row[];
  /** Rows that were written, or read. */
  readonly count: number;
}

/** A statement that is prepared once for each connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** It changes something: a warning that comes with it says that it may not be as safe as it should. */
  readonly commits?: boolean;
}

export interface LineOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string;
  /** What the database calls it among its sessions. */
  readonly name: string;
  readonly statementMs?: number | undefined;
  /** What the database commits without waiting for a standby is not taken for done. */
  readonly requiresStandby?: boolean | undefined;
}

/**
 * A change of the names reaches all sessions before commits that have waited are let go for it, so it is seen by who asks
 * when a commit is answered.
 */
const WAITS: Statement = {
  name: "waits",
  text: "select 1 where current_setting('synchronous_standby_names') <> ''",
};

/** A statement whose effect is unknown, as its connection is gone or its commit was cut short. */
export class DoubtError extends Error {
  override readonly name = "DoubtError";
}

export type Values = readonly unknown[] | ((timeline: number) => readonly unknown[]);

/** Statements to the database, each a transaction by itself, which run one after the other. */
export interface Statements {
  /**
   * @param values a function is called when the statement is about to be sent, as it may have waited for a connection: with the
   * timeline of the database that the connection leads to
   * @throws the error of the database when it has refused it, and DoubtError when that is unknown
   */
  run(statement: Statement, values: Values): Promise<Answer>;
  /** Has a connection made. @throws DoubtError when it cannot */
  connect(): Promise<void>;
  /** Nothing more is run; a statement under way is given up. */
  close(): Promise<void>;
  /** As `close`, and waits for nothing. */
  abandon(): void;
}

export class Line implements Statements {
  readonly #options: LineOptions;
  #connecting: Promise<Client> | undefined;
  #client: Client | undefined;
  /** Warnings that came with the statement under way. */
  #warnings: string[] = [];
  #isClosed = false;
  /** Statements that have not ended, and the end of the last one, which never rejects. */
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /**
   * Runs a statement, by itself a transaction, after those that came before. @throws the error of the database when it has
   * refused it, and DoubtError when that is unknown
   */
  run(statement: Statement, values: Values): Promise<Answer> {
    const turn =
      this.#waiting === 0
        ? this.#runNow(statement, values)
        : this.#last.then(() => this.#runNow(statement, values));
    this.#waiting += 1;
    const ended = () => {
      this.#waiting -= 1;
    };
    this.#last = turn.then(ended, ended);
    return turn;
  }

  async #runNow(statement: Statement, given: Values): Promise<Answer> {
    if (this.#isClosed) throw new DoubtError("the connection has been closed");
    const client = this.#client ?? (await this.#connected());
    this.#warnings = [];
    const values = typeof given === "function" ? given(timelineAt(client)) : given;
    const result = await this.#answered(client, statement, values);
    // A commit that was no longer waited for has not reached the standbys it should have.
    const [warning] = this.#warnings;
    if (statement.commits === true && warning !== undefined) {
      this.#drop(client);
      throw new DoubtError(`the database warns: ${warning}`);
    }
    if (statement.commits === true && this.#options.requiresStandby === true) await this.#assertWaits(client);
    return { rows: result.rows, count: result.rowCount ?? 0 };
  }

  /** @throws DoubtError when the commit before may be on one copy alone */
  async #assertWaits(client: Client): Promise<void> {
    const { rows } = await this.#answered(client, WAITS, []);
    if (rows.length === 0)
      throw new DoubtError("it has no synchronous standby, which cluster-require-standby asks for");
  }

  /** Makes the connection, if there is none. @throws DoubtError when it cannot */
  async connect(): Promise<void> {
    if (this.#client === undefined) await this.#connected();
  }

  /** Closes the connection; a statement under way is given up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client ?? (await this.#connecting?.catch(() => undefined));
    this.#client = undefined;
    // One that nobody answers at the other end is left behind.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, END_MS);
    });
    await Promise.race([client?.end().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  /** As `close`, and waits for nothing. */
  abandon(): void {
    this.close().catch(() => undefined);
  }

  #answered(client: Client, statement: Statement, values: readonly unknown[]) {
    return new Promise<{ readonly rows: Row[]; readonly rowCount: number | null }>((resolve, reject) => {
      const limitMs = this.#options.statementMs ?? STATEMENT_MS;
      const late = setTimeout(() => {
        this.#drop(client);
        reject(new DoubtError(`the database has not answered for ${limitMs} ms`));
      }, limitMs);
      client.query<Cell[]>({ ...statement, values: [...values], rowMode: "array" }).then(
        (result) => {
          clearTimeout(late);
          resolve(result);
        },
        (error: unknown) => {
          clearTimeout(late);
          if (isRefusal(error)) return reject(error);
          this.#drop(client);
          reject(new DoubtError(`the connection to the database broke: ${messageOf(error)}`));
        },
      );
    });
  }

  async #connected(): Promise<Client> {
    const connecting = this.#connecting ?? this.#connect();
    this.#connecting = connecting;
    try {
      this.#client = await connecting;
      if (!this.#isClosed) return this.#client;
    } catch (error) {
      throw new DoubtError(`cannot connect to the database: ${messageOf(error)}`);
    } finally {
      this.#connecting = undefined;
    }
    throw new DoubtError("the connection has been closed");
  }

  async #connect(): Promise<Client> {
    const { url, name } = this.#options;
    const drop = (client: Client) => this.#drop(client);
    const client = await connectedToPrimary({
      url,
      connectMs: CONNECT_MS,
      config: { application_name: name },
      onWarning: (text) => {
        this.#warnings.push(text);
      },
      onFormer: drop,
    });
    client.on("error", () => drop(client));
    return client;
  }

  /** The connection is of no use any more; an active statement fails with it. */
  #drop(client: Client): void {
    if (this.#client === client) this.#client = undefined;
    client.end().catch(() => undefined);
  }
}

/** Work with a client of its own. @throws OpenError when there is no connection */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  assertUrl(url);
  let client: Client;
  try {
    const onFormer = () => undefined;
    client = await connectedToPrimary({ url, connectMs: CONNECT_MS, config: {}, onFormer });
  } catch (error) {
    throw new OpenError(`cannot connect to the database: ${messageOf(error)}`);
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Pauses between attempts, each longer than the one before. */
export class Patience {
  #ms = PAUSE_MS_MIN;

  async pause(): Promise<void> {
    const ms = this.#ms;
    this.#ms = Math.min(PAUSE_MS_MAX, ms * 2);
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** The database has answered that it has not done it. */
export function isRefusal(error: unknown): error is Error & { readonly code: string } {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  if (error.code === READ_ONLY) return false;
  // A severity is what the database gives its own errors; those that end a session may come after the commit.
  return "severity" in error && error.severity !== "FATAL" && error.severity !== "PANIC";
}

/** @throws OpenError for what is no address of a database */
export function assertUrl(url: string): void {
  const fault = addressFault(url);
  if (fault !== undefined) throw new OpenError(fault);
}
