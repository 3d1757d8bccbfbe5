/**
 * The bus between members as notifications of PostgreSQL, over a connection of its own. What is too large for a notification
 * is in a table for a minute, and the notification names its row. One statement is under way at a time, so that
 * messages are sent in the order in which they came; what was under way when the connection broke is not sent again.
 */

import { randomBytes } from "node:crypto";
import type { Client, Notification } from "pg";
import type { Log } from "../base/log.ts";
import { messageOf } from "../postgres/message-of.ts";
import { BusOutbox, type Parcel } from "./bus-outbox.ts";
import { listeningClient } from "./line.ts";
import { type BusMessage, decodeMessages, type MessageBus } from "./message-bus.ts";

export interface PostgresBusOptions {
  /** `postgres://user@host:5432/database` */
  readonly url: string;
  readonly log?: Log;
}

const CHANNEL = "'detent_' || md5(current_schema()) || '_bus'";
/** How long a statement may take before the connection is given up. */
const ANSWER_MS = 5000;
const RECONNECT_MS = 500;
/** How often a member says again that it has subscribers, and how long that holds. */
const SAY_AGAIN_MS = 5000;
const HEARING_MS = 3 * SAY_AGAIN_MS;
/** How long a large message is kept for members to read. */
const KEPT_SECONDS = 60;
/** What may wait while a large message is read. */
const UNREAD_MAX = 10_000;

/** The words of a notification: who says it, which one of its own it is, what it is, and what with. */
type Word = "messages" | "row" | "hearing" | "deaf" | "who";

export class PostgresBus implements MessageBus {
  readonly #options: PostgresBusOptions;
  readonly #sender = randomBytes(6).toString("hex");
  readonly #outbox = new BusOutbox();
  readonly #listeners = new Set<(messages: readonly BusMessage[]) => void>();
  /** Until when each other member has subscribers, by the monotonic clock. */
  readonly #hearing = new Map<string, number>();
  #client: Client | undefined;
  #channel = "";
  #isSending = false;
  #isReading = false;
  #isClosed = false;
  #isHearing = false;
  /** Words to say beside messages. */
  #words: Word[] = [];
  #count = 0;
  #unread: (readonly [word: Word, value: string])[] = [];
  #timers = new Set<NodeJS.Timeout>();
  #lastFailure = "";

  constructor(options: PostgresBusOptions) {
    this.#options = options;
    this.#connect();
    this.#sayAgain();
  }

  get isHeard(): boolean {
    const nowMs = performance.now();
    for (const untilMs of this.#hearing.values()) if (untilMs > nowMs) return true;
    return false;
  }

  send(messages: readonly BusMessage[]): void {
    const lost = this.#outbox.add(messages);
    if (lost > 0)
      this.#log(`${lost} messages for the other servers are lost: too many wait for the database`);
    this.#pump();
  }

  onMessages(listener: (messages: readonly BusMessage[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setHearing(isHearing: boolean): void {
    if (isHearing === this.#isHearing) return;
    this.#isHearing = isHearing;
    this.#say(isHearing ? "hearing" : "deaf");
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #connect(): void {
    this.#open().catch((error: unknown) => {
      this.#log(`the messages between servers wait for the database: ${messageOf(error)}`);
      this.#later(RECONNECT_MS, () => this.#connect());
    });
  }

  async #open(): Promise<void> {
    const { client, channel } = await listeningClient(
      {
        url: this.#options.url,
        connectMs: ANSWER_MS,
        config: { application_name: "detent messages", query_timeout: ANSWER_MS },
      },
      CHANNEL,
      {
        notification: (notification) => this.#notified(notification),
        end: (ended) => this.#ended(ended),
        former: (client) => {
          client.end().catch(() => undefined);
          this.#ended(client);
        },
      },
    );
    this.#channel = channel;
    if (this.#isClosed) {
      client.end().catch(() => undefined);
      return;
    }
    this.#client = client;
    this.#lastFailure = "";
    // Others may have come and gone meanwhile.
    this.#words = ["who", this.#isHearing ? "hearing" : "deaf"];
    this.#pump();
  }

  #ended(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#isReading = false;
    this.#unread = [];
    if (!this.#isClosed) this.#connect();
  }

  #say(word: Word): void {
    if (this.#client === undefined) return;
    this.#words.push(word);
    this.#pump();
  }

  #sayAgain(): void {
    this.#later(SAY_AGAIN_MS, () => {
      if (this.#isHearing) this.#say("hearing");
      this.#sayAgain();
    });
  }

  #pump(): void {
    const client = this.#client;
    if (client === undefined || this.#isSending || (this.#words.length === 0 && this.#outbox.isEmpty)) return;
    this.#isSending = true;
    const words = this.#words.splice(0);
    this.#deliver(client, words, words.length > 0 ? [] : this.#outbox.take())
      .catch((error: unknown) => {
        this.#log(`messages for the other servers may be lost: ${messageOf(error)}`);
        client.end().catch(() => undefined);
      })
      .finally(() => {
        this.#isSending = false;
        this.#pump();
      });
  }

  async #deliver(client: Client, words: readonly Word[], parcels: readonly Parcel[]): Promise<void> {
    const [first] = parcels;
    if (first?.isLarge === true) {
      await client.query(
        `with row as (insert into detent_message (sender, payload) values ($2, $3) returning id)
         select pg_notify($1, $4 || id) from row`,
        [this.#channel, this.#sender, first.bytes, this.#notification("row")],
      );
      this.#later(KEPT_SECONDS * 1000, () => this.#forgetRows());
      return;
    }
    const texts = [
      ...words.map((word) => this.#notification(word)),
      ...parcels.map(({ bytes }) => this.#notification("messages") + bytes.toString("base64")),
    ];
    await client.query(
      "select pg_notify($1, said) from unnest($2::text[]) with ordinality as all_said (said, place) order by place",
      [this.#channel, texts],
    );
  }

  #forgetRows(): void {
    const old = `delete from detent_message where at < now() - interval '${KEPT_SECONDS} seconds'`;
    this.#client?.query(old).catch(() => undefined);
  }

  /** Two of the same text in a transaction would become one: the count keeps them apart. */
  #notification(word: Word): string {
    this.#count += 1;
    return `${this.#sender} ${this.#count} ${word} `;
  }

  #notified({ channel, payload = "" }: Notification): void {
    const [sender = "", , word = "", value = ""] = payload.split(" ");
    if (channel !== this.#channel || sender === this.#sender) return;
    if (word === "hearing") this.#hearing.set(sender, performance.now() + HEARING_MS);
    else if (word === "deaf") this.#hearing.delete(sender);
    else if (word === "who") this.#say(this.#isHearing ? "hearing" : "deaf");
    else if (word === "messages" || word === "row") this.#receive(word, value);
  }

  #receive(word: Word, value: string): void {
    if (this.#unread.length === UNREAD_MAX) {
      this.#log("messages of other servers are lost: they come faster than they are read");
      return;
    }
    this.#unread.push([word, value]);
    if (!this.#isReading) this.#read();
  }

  /** Hands on what has come, in order; a large message has to be read first. */
  #read(): void {
    for (let next = this.#unread.shift(); next !== undefined; next = this.#unread.shift()) {
      const [word, value] = next;
      if (word === "row") {
        this.#readRow(value);
        return;
      }
      this.#handOn(Buffer.from(value, "base64"));
    }
  }

  #readRow(id: string): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#isReading = true;
    client
      .query<{ payload: Buffer }>("select payload from detent_message where id = $1", [id])
      .then(({ rows: [row] }) => row !== undefined && this.#handOn(row.payload))
      .catch((error: unknown) => this.#log(`a message of another server is lost: ${messageOf(error)}`))
      .finally(() => {
        if (this.#client !== client) return;
        this.#isReading = false;
        this.#read();
      });
  }

  #handOn(bytes: Buffer): void {
    const messages = decodeMessages(bytes);
    for (const listener of [...this.#listeners]) listener(messages);
  }

  #later(delayMs: number, work: () => void): void {
    if (this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
    timer.unref();
  }

  /** The same failure is logged once until the connection stands again. */
  #log(line: string): void {
    if (this.#isClosed || line === this.#lastFailure) return;
    this.#lastFailure = line;
    this.#options.log?.(line, "warning");
  }
}
