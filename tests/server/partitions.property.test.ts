/**
 * The same requests to a server that holds three partitions and to one without a cluster: every reply is the same, as is each
 * message, and the three hold together what the one holds. PARTITION_RUNS runs more, SEED=n begins there.
 */
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { encodeRequest, type TestClient } from "../support/client.ts";
import { type PartitionedServer, startPartitionedServer } from "../support/partitioned-server.ts";
import { argumentsOf, drawerOf, KEY_REQUESTS, RANDOM_DEFINITIONS } from "../support/random-requests.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const RUNS = Number(process.env["PARTITION_RUNS"] ?? 4);
const STEPS = 200;

interface Side {
  readonly clock: VirtualClock;
  readonly server: TestServer;
  readonly clients: readonly TestClient[];
  readonly listener: TestClient;
}

const config = { "notify-keyspace-events": new Set(["E", "A", "m", "n"]) };

async function define(server: TestServer): Promise<void> {
  const client = await server.client();
  for (const [id, definition] of RANDOM_DEFINITIONS) await client.call("SM.DEF", "CREATE", id, definition);
}

async function partitioned(clock: VirtualClock): Promise<PartitionedServer> {
  const server = await startPartitionedServer({ clock, config, held: [] });
  for (const number of server.parts.keys()) {
    await server.add(number);
    await define(server);
    await server.remove(number);
  }
  for (const number of server.parts.keys()) await server.add(number);
  return server;
}

async function side(server: TestServer, clock: VirtualClock, seed: number): Promise<Side> {
  server.context.random = seeded(seed);
  const clients = [await server.client(), await server.client(), await server.client()];
  const listener = await server.client();
  await listener.call("HELLO", "3");
  listener.write(encodeRequest(["PSUBSCRIBE", "*"]));
  await listener.call("PING");
  return { clock, server, clients, listener };
}

async function played(seed: number): Promise<void> {
  const [oneClock, manyClock] = [new VirtualClock(), new VirtualClock()];
  const one = await startTestServer({ clock: oneClock, config });
  await define(one);
  const many = await partitioned(manyClock);
  const sides = [await side(one, oneClock, seed), await side(many, manyClock, seed)] as const;
  const random = seeded(seed);
  const drawn = drawerOf(random);
  /** In which partition a client's transaction is, or what it watches. */
  const bound = new Map<number, number>();
  const told: string[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const by = Math.floor(random() * 3);
    if (random() < 0.06) {
      const ms = drawn([10, 1000, 2600]);
      told.push(`advance ${ms}`);
      for (const { clock } of sides) clock.advance(ms);
      for (const { clients } of sides) await clients[by]?.call("PING");
      continue;
    }
    const number = bound.get(by) ?? Math.floor(random() * 3);
    const args = argumentsOf(drawn(KEY_REQUESTS), drawn, (name) => many.part(number).key(name));
    if (args[0] === "MULTI" || args[0] === "WATCH") bound.set(by, number);
    if (args[0] === "EXEC" || args[0] === "DISCARD") bound.delete(by);
    told.push(`${by}> ${args.join(" ")}`);
    const replies = [];
    for (const { clients } of sides) replies.push((await clients[by]?.exchange(...args))?.value);
    expect(replies[1], `seed ${seed}:\n${told.slice(-40).join("\n")}`).toEqual(replies[0]);
  }
  const heard = [];
  const held = [];
  for (const { listener, clients } of sides) {
    await listener.call("PING");
    await setImmediate();
    heard.push(listener.pushes.map(({ value }) => `${value}`).filter((text) => !text.includes("sm:")));
    for (const client of clients) await client.call("RESET");
    const keys = await clients[0]?.call("KEYS", "{*");
    held.push(Array.isArray(keys) ? keys.toSorted() : keys);
  }
  expect(heard[1]?.toSorted(), `messages of seed ${seed}`).toEqual(heard[0]?.toSorted());
  expect(held[1], `keys of seed ${seed}`).toEqual(held[0]);
  for (const { server } of sides) await server.close();
}

test.each(Array.from({ length: RUNS }, (_, i) => SEED + i))(
  "a server with three partitions answers as one with a single store does (seed %i)",
  async (seed) => {
    await played(seed);
  },
);
