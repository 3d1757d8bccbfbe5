/**
 * A connection to the database of a cluster that listens to a channel besides: made when it is needed, and anew after a failure.
 * Statements go one after the other, each a transaction of its own; one that nobody waits for any more ends by itself. One that
 * the database answers with a warning may be on one copy alone, where it is lost with that: its outcome is unknown.
 */
import type { Client, Notification } from "pg";
import { connectedToPrimary, type PrimaryOptions } from "../postgres/primary.ts";

/** A further channel that a connection listens to. */
export interface Hearing {
  /** An expression of SQL for its name. */
  readonly channel: string;
  /** Something has been said on it; undefined: the connection is new, and something may have been missed. */
  readonly onSaid: (text: string | undefined) => void;
}

interface Listening {
  readonly client: Client;
  /** The name of the channel in this schema. */
  readonly channel: string;
}

/** The database, and how it is connected to. */
export type Access = Pick<PrimaryOptions, "url" | "config" | "connectMs">;

interface Listeners {
  readonly notification: (notification: Notification) => void;
  /** The connection is gone. */
  readonly end?: (client: Client) => void;
  readonly warning?: (text: string) => void;
  /** It leads to a former primary. */
  readonly former: (client: Client) => void;
  readonly also?: Hearing | undefined;
}

/**
 * A client that is connected and listens.
 * @param channel an expression of SQL for the name: those of other schemas of the database are others
 */
export async function listeningClient(
  access: Access,
  channel: string,
  listeners: Listeners,
): Promise<Listening> {
  const { also } = listeners;
  let alsoName: string | null | undefined;
  const client = await connectedToPrimary({
    ...access,
    onFormer: listeners.former,
    onWarning: listeners.warning,
    prepare: (made) => {
      made.on("notification", (notification) => {
        if (also !== undefined && notification.channel === alsoName) also.onSaid(notification.payload);
        else listeners.notification(notification);
      });
    },
  });
  client.on("end", () => listeners.end?.(client));
  try {
    const { rows } = await client.query<{ name: string; also: string | null }>(
      `select ${channel} as name, ${also?.channel ?? "null"} as also`,
    );
    const name = rows[0]?.name ?? "";
    alsoName = rows[0]?.also;
    await client.query(`listen ${client.escapeIdentifier(name)}`);
    if (also !== undefined && typeof alsoName === "string") {
      await client.query(`listen ${client.escapeIdentifier(alsoName)}`);
      also.onSaid(undefined);
    }
    return { client, channel: name };
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
}

export interface LineOptions extends Access {
  readonly channel: string;
  /** Something has been said on the channel. */
  readonly onHint: () => void;
  readonly also?: Hearing | undefined;
}

export class Line {
  readonly #options: LineOptions;
  #connection: Promise<Client> | undefined;
  /** The end of the statement that was sent last on the connection; it never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  /** What the database has warned of since the statement under way was sent. */
  #warning: string | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Rejects when the outcome is not known, and with what the database refuses; the next one begins with a new connection. */
  async query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    if (this.#isClosed) throw new Error("the connection to the database is closed");
    this.#connection ??= this.#connect();
    const connection = this.#connection;
    const answered = this.#last.then(async () => await this.#answered<Row>(await connection, text, values));
    this.#last = answered.catch(() => undefined);
    try {
      return (await answered).rows;
    } catch (error) {
      if (this.#connection === connection) this.drop();
      throw error;
    }
  }

  async #answered<Row extends object>(client: Client, text: string, values: readonly unknown[]) {
    this.#warning = undefined;
    const result = await client.query<Row>(text, [...values]);
    if (this.#warning !== undefined) throw new Error(`the database warns: ${this.#warning}`);
    return result;
  }

  /** What is under way will never be answered. */
  drop(): void {
    void this.#end();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#last = Promise.resolve();
    // One with a statement under way is destroyed by that.
    await connection?.then((client) => client.end()).catch(() => undefined);
  }

  async #connect(): Promise<Client> {
    const { channel, onHint, also } = this.#options;
    const warning = (text: string) => {
      this.#warning = text;
    };
    // What is under way on it fails, and the next one begins with a new connection.
    const former = (client: Client) => void client.end().catch(() => undefined);
    const listeners = { notification: onHint, also, warning, former };
    return (await listeningClient(this.#options, channel, listeners)).client;
  }
}
