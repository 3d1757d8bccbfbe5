/**
 * What a program without a server would write: machines, history and outbox in tables of PostgreSQL, one statement for each
 * transition over a pool of connections, or one for all that came while the last one was under way.
 */
import type pg from "pg";
import type { PostgresServer } from "../support/postgres.ts";
import type { Subject } from "./closed-loop.ts";
import { TRANSITION } from "./postgres.ts";

export interface HandWritten extends Pick<Subject, "begin"> {
  end(): Promise<void>;
}

export interface HandWrittenOptions {
  readonly connections: number;
  readonly machines: number;
  /** Of a statement. */
  readonly transitionsMax: number;
}

/** The table of machines is there. Each connection has machines of its own, so that no statement waits for another. */
export async function handWritten(
  server: PostgresServer,
  { connections, machines, transitionsMax }: HandWrittenOptions,
): Promise<HandWritten> {
  const workers: Worker[] = [];
  const waiting: (() => void)[] = [];
  for (let own = 0; own < connections; own += 1) {
    const share = Math.floor(machines / connections);
    const keys = Array.from({ length: share }, (_, at) => `lamp:${own + connections * at}`);
    workers.push(new Worker(await server.connect(), keys, waiting, transitionsMax));
  }
  return {
    begin: (done) => {
      waiting.push(done);
      workers.find(({ isFree }) => isFree)?.start();
    },
    end: async () => {
      for (const worker of workers) await worker.end();
    },
  };
}

/** A connection: one statement at a time, with what waits for it. */
class Worker {
  readonly #client: pg.Client;
  readonly #keys: readonly string[];
  readonly #waiting: (() => void)[];
  readonly #transitionsMax: number;
  #at = 0;
  isFree = true;

  constructor(client: pg.Client, keys: readonly string[], waiting: (() => void)[], transitionsMax: number) {
    this.#client = client;
    this.#keys = keys;
    this.#waiting = waiting;
    this.#transitionsMax = transitionsMax;
  }

  start(): void {
    this.isFree = false;
    // What comes at the same moment goes together.
    queueMicrotask(() => this.#send());
  }

  async end(): Promise<void> {
    await this.#client.end();
  }

  #send(): void {
    const batch = this.#waiting.splice(0, this.#transitionsMax);
    if (batch.length === 0) {
      this.isFree = true;
      return;
    }
    const values = [batch.map(() => this.#nextKey()), Date.now()];
    this.#client.query({ name: "transition", text: TRANSITION, values }, (error) => {
      if (error) throw error;
      for (const done of batch) done();
      this.#send();
    });
  }

  #nextKey(): string {
    this.#at = (this.#at + 1) % this.#keys.length;
    return this.#keys[this.#at] ?? "";
  }
}
