/** A connection to PostgreSQL, for subcommands: it reads and never writes, and every value comes as its text. */
import type { Client } from "pg";
import { RemoteError } from "./remote.ts";

export type Row = readonly (string | null)[];

const CONNECT_MS = 10_000;

export class Postgres {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** @param url `postgres://user:password@host:5432/database`. @throws RemoteError */
  static async connect(url: string): Promise<Postgres> {
    const client = await clientOf(url);
    // A connection that breaks between queries fails the next one.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
    } catch (error) {
      await client.end().catch(() => undefined);
      throw new RemoteError(`cannot connect to the database: ${messageOf(error)}`);
    }
    return new Postgres(client);
  }

  /** @throws RemoteError with the text of the database */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      const { rows } = await this.#client.query<(string | null)[]>({
        text,
        values: [...values],
        rowMode: "array",
      });
      return rows;
    } catch (error) {
      throw new RemoteError(`the database answers: ${messageOf(error)}`);
    }
  }

  /** Everything that `work` reads is of one moment. */
  async atOneMoment<T>(work: () => Promise<T>): Promise<T> {
    await this.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    try {
      return await work();
    } finally {
      await this.query("ROLLBACK").catch(() => undefined);
    }
  }

  /** The rows of a query, some at a time. To be asked for within `atOneMoment`, one query at a time. */
  async *pages(text: string, count: number): AsyncGenerator<readonly Row[]> {
    await this.query(`DECLARE pages NO SCROLL CURSOR FOR ${text}`);
    for (;;) {
      const rows = await this.query(`FETCH ${count} FROM pages`);
      if (rows.length > 0) yield rows;
      if (rows.length < count) break;
    }
    await this.query("CLOSE pages");
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }
}

/** Not connected yet; the address is parsed, and files that it names are read. */
async function clientOf(url: string): Promise<Client> {
  const form = "write postgres://user@host:5432/database";
  if (!/^postgres(ql)?:\/\//.test(url))
    throw new RemoteError(`'${url}' is not an address of a database: ${form}`);
  const { default: pg } = await import("pg");
  try {
    return new pg.Client({
      connectionString: url,
      application_name: "detent adopt",
      connectionTimeoutMillis: CONNECT_MS,
      types: { getTypeParser: () => (value: string | Buffer) => value.toString() },
    });
  } catch (error) {
    throw new RemoteError(`the address of the database cannot be used: ${messageOf(error)}; ${form}`);
  }
}

/** The name of a table or column in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function messageOf(error: unknown): string {
  // A refused connection to a name with several addresses has its texts inside.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
