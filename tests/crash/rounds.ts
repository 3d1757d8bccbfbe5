/**
 * Rounds of kill -9 against a running server. Many connections write without pause and note what was
 * acknowledged; at a random moment the server is killed, started again on the same directory, and asked for
 * everything. Each connection has four things of its own, and knows of each how often it got a reply to
 * move (`sent`) and how often it was answered (`acknowledged`):
 *
 * - a counter, moved by INCR;
 * - a pair of keys, written in one MULTI, which must never differ;
 * - a hash, a set, a list and a sorted set that move together (collections.ts);
 * - a machine that goes round in a circle of states, moved by SM.MUTATE.
 *
 * What is found must be at least what was acknowledged and at most what was sent.
 */
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { TestClient } from "../support/client.ts";
import { assertSound } from "../support/stores.ts";
import { moveCollections, movesOfCollections } from "./collections.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const CIRCLE = 10;
/** Makes the journal turn over every few rounds. */
const PADDING = "p".repeat(1000);
/** Acknowledgements after which the server is killed at the latest. */
const ACKNOWLEDGED_MAX = 2000;

export interface RoundOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly connections: number;
  /** From 0 to below 1; seeded by the caller. */
  readonly random: () => number;
  /** Told how each round went. */
  readonly report?: (line: string) => void;
}

interface Progress {
  acknowledged: number;
  sent: number;
}

interface Writer {
  readonly name: number;
  readonly counter: Progress;
  readonly pair: Progress;
  readonly moves: Progress;
  readonly collections: Progress;
}

/** @throws Error that says what is missing or half done; returns the number of acknowledged commands */
export async function runRounds(options: RoundOptions): Promise<number> {
  const writers: Writer[] = Array.from({ length: options.connections }, (_, name) => ({
    name,
    counter: { acknowledged: 0, sent: 0 },
    pair: { acknowledged: 0, sent: 0 },
    moves: { acknowledged: 0, sent: 0 },
    collections: { acknowledged: 0, sent: 0 },
  }));
  let total = 0;
  let server = await startServer(options);
  await prepare(server, writers);
  for (let round = 1; round <= options.rounds; round += 1) {
    const killAfter = 1 + Math.floor(options.random() * ACKNOWLEDGED_MAX);
    total += await writeUntilKilled(server, writers, killAfter);
    server = await startServer(options);
    await compare(server, writers);
    options.report?.(`round ${round}: killed after ${killAfter} acknowledgements, all there`);
  }
  server.terminate();
  await server.ended;
  const store = Store.open(options.directory, OBJECT_TYPES);
  assertSound(store.begin());
  await store.close();
  return total;
}

async function prepare(server: ServerProcess, writers: readonly Writer[]): Promise<void> {
  const client = await server.connect();
  const map: Record<string, string[]> = {};
  for (let state = 0; state < CIRCLE; state += 1) map[`s${state}`] = [`s${(state + 1) % CIRCLE}`];
  for (const { name } of writers) {
    await client.call("SM.SET", `machine:${name}`, JSON.stringify({ current: "s0", initial: "s0", map }));
  }
  await client.close();
}

/** Lets all writers write and kills the server; returns how many commands were acknowledged. */
async function writeUntilKilled(
  server: ServerProcess,
  writers: readonly Writer[],
  killAfter: number,
): Promise<number> {
  let total = 0;
  const acknowledge = (progress: Progress) => {
    progress.acknowledged += 1;
    total += 1;
    if (total === killAfter) server.kill();
  };
  const clients = await Promise.all(writers.map(() => server.connect()));
  await Promise.all(writers.map((writer, i) => writeAll(clients[i], writer, acknowledge)));
  await server.ended;
  return total;
}

async function writeAll(
  client: TestClient | undefined,
  { name, counter, pair, moves, collections }: Writer,
  acknowledge: (progress: Progress) => void,
): Promise<void> {
  while (client !== undefined && !client.isClosed) {
    try {
      counter.sent += 1;
      expectReply(await client.call("INCR", `counter:${name}`), counter.sent);
      acknowledge(counter);
      pair.sent += 1;
      const value = `${pair.sent}:${PADDING}`;
      const replies = await client.pipeline([
        ["MULTI"],
        ["SET", `left:${name}`, value],
        ["SET", `right:${name}`, value],
        ["EXEC"],
      ]);
      expectReply(Array.isArray(replies[3]?.value), true);
      acknowledge(pair);
      moves.sent += 1;
      expectReply(String(await client.call("SM.MUTATE", `machine:${name}`, `s${moves.sent % CIRCLE}`)), "OK");
      acknowledge(moves);
      collections.sent += 1;
      expectReply(await moveCollections(client, name, collections.sent), true);
      acknowledge(collections);
    } catch (error) {
      if (!client.isClosed) throw error;
    }
  }
}

function expectReply(found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`expected the reply ${expected}, found ${found}`);
}

/** Asks the server for everything, and takes what it has for what was acknowledged. */
async function compare(server: ServerProcess, writers: readonly Writer[]): Promise<void> {
  const client = await server.connect();
  for (const { name, counter, pair, moves, collections } of writers) {
    const count = Number((await client.call("GET", `counter:${name}`)) ?? 0);
    settle(`counter:${name}`, counter, count);
    settle(`collections ${name}`, collections, await movesOfCollections(client, name));
    const left = text(await client.call("GET", `left:${name}`));
    const right = text(await client.call("GET", `right:${name}`));
    if (left !== right) throw new Error(`the pair ${name} was written by half: ${left} and ${right}`);
    settle(`pair ${name}`, pair, Number(left));
    const [state] = [await client.call("SM.STATE", `machine:${name}`)].flat();
    const wasMoved = text(state) === `s${moves.sent % CIRCLE}`;
    settle(`machine:${name} in ${text(state)}`, moves, wasMoved ? moves.sent : moves.sent - 1);
    expectReply(text(state), `s${moves.sent % CIRCLE}`);
  }
  await client.close();
}

/** The number before the padding, "0" when there is no value. */
function text(value: unknown): string {
  return value === null || value === undefined ? "0" : (String(value).split(":")[0] ?? "");
}

function settle(what: string, progress: Progress, found: number): void {
  if (found < progress.acknowledged || found > progress.sent) {
    throw new Error(`${what}: found ${found}, acknowledged ${progress.acknowledged}, sent ${progress.sent}`);
  }
  progress.acknowledged = found;
  progress.sent = found;
}
