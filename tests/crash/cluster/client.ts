/** A client of the cluster, as simple as one can be: it asks whoever it takes for the owner, and goes where it is sent. */
import { setTimeout } from "node:timers/promises";
import { TestClient } from "../../support/client.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";

/** Longer than a lease: who has not answered by then is stopped, and whether it has done it is not known. */
const ANSWER_MS = 2500;
const PAUSE_MS = 15;

/** Answers that say that nothing has been done. */
const REFUSALS = /^(MOVED|CLUSTERDOWN|TRYAGAIN|LOADING|UNBLOCKED)/;

export type Answer =
  | { readonly kind: "answered"; readonly reply: Decoded }
  /** It may have been done. */
  | { readonly kind: "unknown" };

export class ClusterClient {
  readonly #ports: readonly number[];
  #port: number;
  #connection: TestClient | undefined;

  constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#port = ports[0] ?? 0;
  }

  /** Sends a request until a member has taken it; that is once, if it may have been taken. */
  async ask(...args: readonly (string | number)[]): Promise<Answer> {
    for (;;) {
      const client = await this.#connected();
      if (client === undefined) {
        this.#next();
        await setTimeout(PAUSE_MS);
        continue;
      }
      const reply = await answerOf(client, args);
      if (reply === undefined) {
        this.#leave(client);
        return { kind: "unknown" };
      }
      if (!(reply instanceof ReplyFailure) || !REFUSALS.test(reply.message))
        return { kind: "answered", reply };
      this.#leave(client);
      const [, port] = /^MOVED \d+ [\d.]+:(\d+)/.exec(reply.message) ?? [];
      if (port === undefined) this.#next();
      else this.#port = Number(port);
      await setTimeout(PAUSE_MS);
    }
  }

  /** Sends a request, which may be carried out twice, until it is answered. */
  async insist(...args: readonly (string | number)[]): Promise<Decoded> {
    for (;;) {
      const answer = await this.ask(...args);
      if (answer.kind === "answered") {
        const { reply } = answer;
        // The store has just lost its database: it is not known whether it was done.
        if (!(reply instanceof ReplyFailure) || !/^MISCONF/.test(reply.message)) return reply;
        await setTimeout(PAUSE_MS);
      }
    }
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  async #connected(): Promise<TestClient | undefined> {
    if (this.#connection === undefined || this.#connection.isClosed)
      this.#connection = await TestClient.connect(this.#port).catch(() => undefined);
    return this.#connection;
  }

  #leave(client: TestClient): void {
    this.#connection = undefined;
    void client.close();
  }

  #next(): void {
    this.#port = this.#ports[(this.#ports.indexOf(this.#port) + 1) % this.#ports.length] ?? 0;
  }
}

/** The reply of one member; undefined when none came. */
export async function answerOf(
  client: TestClient,
  args: readonly (string | number)[],
): Promise<Decoded | undefined> {
  const late = new AbortController();
  const asked = client.call(...args).catch(() => undefined);
  const waited = setTimeout(ANSWER_MS, undefined, { signal: late.signal }).catch(() => undefined);
  const reply = await Promise.race([asked, waited]);
  late.abort();
  return reply;
}
