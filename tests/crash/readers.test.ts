/**
 * `detent/client`, and clients of HTTP, over three servers and a database with several partitions, of which one is killed: who follows
 * changes is given each once, and what speaks of all machines speaks of all of them meanwhile.
 */
import { Cluster } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { type Event, EventClient } from "../support/event-client.ts";
import { noPostgres } from "../support/postgres.ts";
import { startRealCluster } from "../support/real-cluster.ts";

const DOOR = { initial: "open", states: { open: { on: { STEP: {} } } } } as const;
const KEYS = Array.from({ length: 30 }, (_, index) => `door:${index}`).sort();

/** What was not answered is sent again under its id. */
async function insisted<Reply>(request: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    try {
      return await request();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Follows changes by HTTP at one server after another, and goes on where it was. */
class Browser {
  readonly #ports: readonly number[];
  readonly #over: Event[] = [];
  #events: EventClient | undefined;
  #isClosed = false;

  constructor(ports: readonly number[], first: number) {
    this.#ports = ports;
    void this.#follow(first);
  }

  /** The revisions that have come, by the machine. */
  get revs(): readonly number[][] {
    const changes = [...this.#over, ...(this.#events?.events ?? [])].filter(
      ({ event }) => event === "change",
    );
    return KEYS.map((key) =>
      changes.filter(({ data }) => data["key"] === key).map(({ data }) => Number(data["rev"])),
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#events?.close();
  }

  async #follow(first: number): Promise<void> {
    let lastId = "0-0";
    for (let at = first; !this.#isClosed; at += 1) {
      const url = `http://127.0.0.1:${this.#ports[at % this.#ports.length]}`;
      const events = new EventClient(url, "/api/v1/changes?definition=door", lastId);
      this.#events = events;
      await events.ended;
      this.#over.push(...events.events);
      this.#events = undefined;
      lastId = events.lastId ?? lastId;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test.skipIf(noPostgres !== undefined)(
  "a reader of changes is given each once, and counts and walks are whole, while an owner is killed",
  async () => {
    const cluster = await startRealCluster(6, { hasHttp: true });
    onTestFinished(() => cluster.close());
    const connection = new Cluster(
      cluster.ports.map((port) => ({ host: "127.0.0.1", port })),
      { retryDelayOnClusterDown: 300, retryDelayOnFailover: 300 },
    );
    connection.on("error", () => undefined);
    onTestFinished(() => connection.disconnect());
    const client = createClient(connection);
    await insisted(() => client.define("door", DOOR));
    for (const key of KEYS) await insisted(() => client.create(key, "door", { isNew: true }));

    const browsers = cluster.httpPorts.map((_, at) => new Browser(cluster.httpPorts, at));
    onTestFinished(() => {
      for (const browser of browsers) browser.close();
    });
    const revs = new Map<string, number[]>(KEYS.map((key) => [key, []]));
    const ending = new AbortController();
    const reading = (async () => {
      for await (const change of client.changes("door", { group: "g", signal: ending.signal })) {
        revs.get(change.key)?.push(change.rev);
        await change.ack();
      }
    })();
    let round = 0;
    const step = async (): Promise<void> => {
      round += 1;
      const id = `s${round}`;
      await Promise.all(KEYS.map((key) => insisted(() => client.send(key, "STEP", undefined, { id }))));
    };
    await step();
    let isOver = false;
    const killing = cluster.takeOver().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await step();
      expect(await client.count()).toBe(KEYS.length);
      const found: string[] = [];
      for await (const key of client.scan({ count: 3 })) found.push(key);
      expect(found.sort()).toEqual(KEYS);
    }
    await killing;
    await step();
    const expected = Array.from({ length: round + 1 }, (_, index) => index + 1);
    await expect
      .poll(() => [...revs.values()].every((each) => each.length >= expected.length), { timeout: 60_000 })
      .toBe(true);
    ending.abort();
    await reading;
    expect([...revs.values()]).toEqual(KEYS.map(() => expected));
    for (const browser of browsers)
      await expect.poll(() => browser.revs, { timeout: 60_000 }).toEqual(KEYS.map(() => expected));
    for (const port of cluster.httpPorts)
      await expect
        .poll(async () => (await fetch(`http://127.0.0.1:${port}/api/v1/counts`)).json(), { timeout: 60_000 })
        .toEqual({ count: KEYS.length });
  },
  240_000,
);
