/**
 * Workers that write without pause and note what was acknowledged, each on keys of its own:
 * - a machine that counts events, each sent with an id until it is acknowledged: applied once;
 * - a list of numbers and a counter, whose requests are sent once: what was acknowledged is there, nothing twice;
 * - machines with a timer, each of which expires once.
 * Beside them, readers ask every member for a counter: who answers has what was acknowledged before. At the end all that was asked of a
 * counter must have an order in which it can have happened (`histories.ts`).
 */
import { setTimeout } from "node:timers/promises";
import { bytesOf } from "../../../src/base/bytes.ts";
import { placesOf } from "../../../src/places.ts";
import { TestClient } from "../../support/client.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { answerOf, ClusterClient } from "./client.ts";
import { anomalyIn, type Operation } from "./histories.ts";
import { rangesOf } from "./ranges.ts";

const TIMER_MS = 400;
const TIMER_EVERY = 7;
const PAUSE_MS = 25;

export const COUNTING = {
  initial: "on",
  context: { n: 0 },
  states: { on: { on: { ADD: { actions: { assign: { n: "context.n + 1" } } } } } },
};

export const RINGING = {
  initial: "waiting",
  context: { n: 0 },
  states: {
    waiting: { after: { [TIMER_MS]: { target: "rung", actions: { assign: { n: "context.n + 1" } } } } },
    rung: {},
  },
};

export interface Worker {
  readonly name: string;
  readonly client: ClusterClient;
  /** Events that were acknowledged, and the number of timers that were set. */
  events: number;
  timers: number;
  /** Numbers that are in the list for certain, and those that may be. */
  readonly listed: number[];
  readonly doubted: number[];
  /** What the counter was acknowledged to be last, and requests without an answer. */
  counter: number;
  counterDoubts: number;
  /** All that was asked of the counter, by this worker and by readers. */
  readonly history: Operation[];
}

export class Load {
  readonly workers: readonly Worker[];
  readonly #ports: readonly number[];
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();
  /** When the last request was acknowledged that had been sent so recently. */
  lastSentMs = 0;
  acknowledgedCount = 0;
  unknownCount = 0;
  readCount = 0;

  constructor(ports: readonly number[], workerCount: number) {
    this.#ports = ports;
    this.workers = Array.from({ length: workerCount }, (_, index) => ({
      name: `w${index}`,
      client: new ClusterClient(ports),
      events: 0,
      timers: 0,
      listed: [],
      doubted: [],
      counter: 0,
      counterDoubts: 0,
      history: [],
    }));
  }

  async prepare(): Promise<void> {
    const [first] = this.workers;
    await first?.client.insist("SM.DEF", "CREATE", "counting", JSON.stringify(COUNTING));
    await first?.client.insist("SM.DEF", "CREATE", "ringing", JSON.stringify(RINGING));
    for (const { name, client } of this.workers) await client.insist("SM.CREATE", `m:${name}`, "counting");
  }

  begin(): void {
    const work = this.workers.map((worker) => this.#work(worker));
    const reading = this.#ports.map((port) => this.#read(port));
    this.#running = Promise.all([...work, ...reading]);
    this.#running.catch(() => undefined);
  }

  /** @throws what a worker has found */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    for (const { client } of this.workers) await client.close();
  }

  async #work(worker: Worker): Promise<void> {
    for (let round = 1; !this.#isOver; round += 1) {
      await this.#send(worker);
      await this.#push(worker, round);
      await this.#increment(worker);
      if (round % TIMER_EVERY === 0) {
        // One that is there already was made by a request whose reply was lost.
        const made = await worker.client.insist(
          "SM.CREATE",
          `t:${worker.name}:${worker.timers}`,
          "ringing",
          "NX",
        );
        if (made instanceof ReplyFailure) throw new Error(made.message);
        worker.timers += 1;
      }
    }
  }

  async #send(worker: Worker): Promise<void> {
    const sentMs = performance.now();
    const reply = await worker.client.insist("SM.SEND", `m:${worker.name}`, "ADD", "ID", `e${worker.events}`);
    if (reply instanceof ReplyFailure) throw new Error(`${worker.name}: ${reply.message}`);
    worker.events += 1;
    this.#acknowledged(sentMs);
  }

  async #push(worker: Worker, number: number): Promise<void> {
    const answer = await worker.client.ask("RPUSH", `l:${worker.name}`, number);
    if (answer.kind === "answered" && typeof answer.reply === "number") worker.listed.push(number);
    else this.#doubt(() => worker.doubted.push(number));
  }

  async #increment(worker: Worker): Promise<void> {
    const sentMs = performance.now();
    const answer = await worker.client.ask("INCR", `c:${worker.name}`);
    const version = answer.kind === "answered" && typeof answer.reply === "number" ? answer.reply : undefined;
    const answeredMs = version === undefined ? Number.POSITIVE_INFINITY : performance.now();
    worker.history.push({ kind: "write", sentMs, answeredMs, version });
    if (answer.kind !== "answered" || typeof answer.reply !== "number") {
      this.#doubt(() => {
        worker.counterDoubts += 1;
      });
      return;
    }
    const { reply } = answer;
    if (reply <= worker.counter || reply > worker.counter + 1 + worker.counterDoubts)
      throw new Error(
        `c:${worker.name} becomes ${reply}; it was ${worker.counter}, and ${worker.counterDoubts} requests are in doubt`,
      );
    worker.counter = reply;
    worker.counterDoubts = 0;
  }

  /** Asks one member again and again; it may refuse, and not answer what is no longer so. */
  async #read(port: number): Promise<void> {
    let client: TestClient | undefined;
    for (let round = 0; !this.#isOver; round += 1) {
      const worker = this.workers[round % this.workers.length];
      if (client === undefined || client.isClosed)
        client = await TestClient.connect(port).catch(() => undefined);
      if (client === undefined || worker === undefined) {
        await setTimeout(PAUSE_MS);
        continue;
      }
      const least = worker.counter;
      const sentMs = performance.now();
      const reply = await answerOf(client, ["GET", `c:${worker.name}`]);
      if (reply === undefined) client = undefined;
      if (typeof reply === "string")
        worker.history.push({ kind: "read", sentMs, answeredMs: performance.now(), version: Number(reply) });
      if (typeof reply === "string") this.#assertFresh(Number(reply), least, { worker, port });
      await setTimeout(PAUSE_MS);
    }
    await client?.close();
  }

  #assertFresh(
    value: number,
    least: number,
    { worker, port }: { readonly worker: Worker; readonly port: number },
  ): void {
    this.readCount += 1;
    if (value >= least) return;
    throw new Error(`port ${port} answers ${value} for c:${worker.name}, which was ${least} before`);
  }

  #doubt(note: () => void): void {
    this.unknownCount += 1;
    note();
  }

  #acknowledged(sentMs: number): void {
    this.acknowledgedCount += 1;
    this.lastSentMs = Math.max(this.lastSentMs, sentMs);
  }
}

/** What is wrong with what is there at the end. */
export async function verify(load: Load, client: ClusterClient, partitionCount = 1): Promise<void> {
  for (const worker of load.workers) {
    const { name } = worker;
    const context = JSON.parse(String(await client.insist("SM.CONTEXT", `m:${name}`)));
    expectSame(`events of m:${name}`, context.n, worker.events);
    await verifyHistory(client, `m:${name}`, worker.events + 1);
    await verifyList(client, worker);
    const counter = Number((await client.insist("GET", `c:${name}`)) ?? 0);
    if (counter < worker.counter || counter > worker.counter + worker.counterDoubts)
      throw new Error(`c:${name} is ${counter}, acknowledged was ${worker.counter}`);
    const anomaly = anomalyIn(worker.history);
    if (anomaly !== undefined) throw new Error(`c:${name}: ${anomaly}`);
    await verifyTimers(client, worker);
  }
  const counting = load.workers.map(({ name, events }) => [`m:${name}`, events + 1] as const);
  const ringing = load.workers.flatMap(({ name, timers }) =>
    Array.from({ length: timers }, (_, number) => [`t:${name}:${number}`, 2] as const),
  );
  const places = placesOf(rangesOf(partitionCount));
  for (const place of places) {
    const own = (revs: readonly (readonly [string, number])[]) =>
      new Map(revs.filter(([key]) => place.holds(bytesOf(Buffer.from(key)))));
    const prefix = place.tag === "" ? "sm:changes:" : `sm:changes:{${place.tag}}:`;
    await verifyChanges(client, `${prefix}counting`, own(counting));
    await verifyChanges(client, `${prefix}ringing`, own(ringing));
  }
  expectSame("SM.VERIFY", JSON.stringify(await client.insist("SM.VERIFY")), "[]");
}

async function verifyList(client: ClusterClient, { name, listed, doubted }: Worker): Promise<void> {
  const found = asList(await client.insist("LRANGE", `l:${name}`, 0, -1)).map(Number);
  const known = new Set(found);
  if (known.size !== found.length) throw new Error(`l:${name} has something twice`);
  const lost = listed.filter((number) => !known.has(number));
  if (lost.length > 0) throw new Error(`l:${name} has lost ${lost.join(", ")}`);
  const allowed = new Set([...listed, ...doubted]);
  const strange = found.filter((number) => !allowed.has(number));
  if (strange.length > 0) throw new Error(`l:${name} has ${strange.join(", ")}`);
}

async function verifyTimers(client: ClusterClient, { name, timers }: Worker): Promise<void> {
  for (let number = 0; number < timers; number += 1) {
    const key = `t:${name}:${number}`;
    // Those of the last moment expire while the others are looked at.
    for (let tries = 0; tries < 100; tries += 1) {
      if (String(await client.insist("SM.STATE", key)) === "rung") break;
      await setTimeout(TIMER_MS / 10);
    }
    const context = JSON.parse(String(await client.insist("SM.CONTEXT", key)));
    expectSame(`timers of ${key}`, context.n, 1);
    await verifyHistory(client, key, 2);
  }
}

async function verifyHistory(client: ClusterClient, key: string, length: number): Promise<void> {
  const entries = asList(await client.insist("SM.HISTORY", key, "-", "+"));
  const numbers = entries.map((entry) => Number(fieldOf(asList(entry), "rev")));
  expectSame(`history of ${key}`, numbers.at(-1), length);
  numbers.forEach((number, at) => {
    if (at > 0 && number !== (numbers[at - 1] ?? 0) + 1)
      throw new Error(`the history of ${key} goes from ${numbers[at - 1]} to ${number}`);
  });
}

/** Each machine's changes are in the stream once, in order, without gaps, up to its last one. @param revs of each machine, its last */
async function verifyChanges(
  client: ClusterClient,
  stream: string,
  revs: ReadonlyMap<string, number>,
): Promise<void> {
  const last = new Map<string, { readonly rev: number; readonly id: string }>();
  for (let from = "-"; ; ) {
    const page = asList(await client.insist("XRANGE", stream, from, "+", "COUNT", 1000));
    for (const entry of page) {
      const [entryId, values] = asList(entry);
      const id = String(entryId);
      const key = String(fieldOf(asList(values), "key"));
      const rev = Number(fieldOf(asList(values), "rev"));
      const before = last.get(key);
      if (before !== undefined && rev !== before.rev + 1)
        throw new Error(`${stream} goes from ${before.rev} as ${before.id} to ${rev} as ${id} for ${key}`);
      last.set(key, { rev, id });
    }
    const end = page.at(-1);
    if (end === undefined || page.length < 1000) break;
    from = `(${String(asList(end)[0])}`;
  }
  for (const [key, rev] of revs) expectSame(`last change of ${key} in ${stream}`, last.get(key)?.rev, rev);
}

function fieldOf(values: readonly (Decoded | undefined)[], name: string): Decoded | undefined {
  return values[values.indexOf(name) + 1];
}

function asList(reply: Decoded | undefined): readonly Decoded[] {
  if (Array.isArray(reply)) return reply as readonly Decoded[];
  throw new Error(
    `a list was expected, found ${reply instanceof ReplyFailure ? reply.message : String(reply)}`,
  );
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  if (found !== expected)
    throw new Error(`${what}: found ${String(found)}, acknowledged ${String(expected)}`);
}
