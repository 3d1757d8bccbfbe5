/**
 * The same requests to a server whose store forgets at random, so that they are run again and again, and to one that has
 * all in memory: every reply, every message and, at the end, every key is the same. FORGETFUL_RUNS runs more, SEED=n begins there.
 */
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { untilLoaded } from "../../src/storage/until-loaded.ts";
import { encodeRequest, type TestClient } from "../support/client.ts";
import { forgetfulStore } from "../support/forgetful-store.ts";
import {
  argumentsOf,
  drawerOf,
  KEY_REQUESTS,
  RANDOM_DEFINITIONS,
  WHOLE_REQUESTS,
} from "../support/random-requests.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const RUNS = Number(process.env["FORGETFUL_RUNS"] ?? 4);
const STEPS = 120;
const REQUESTS = [...KEY_REQUESTS, ...WHOLE_REQUESTS];

interface Side {
  readonly memory: MemoryStore;
  readonly clock: VirtualClock;
  readonly server: TestServer;
  readonly clients: readonly TestClient[];
  readonly listener: TestClient;
}

async function side(seed: number, isForgetful: boolean): Promise<Side> {
  const memory = new MemoryStore();
  const ordered = isForgetful ? forgetfulStore(memory, { seed, forgets: 0.3 }) : memory;
  const store = await untilLoaded(() => Store.over(ordered, OBJECT_TYPES));
  const clock = new VirtualClock();
  const config = { "notify-keyspace-events": new Set(["E", "A", "m", "n"]), "sm-audit-stream": "audit" };
  const server = await startTestServer({ clock, store, config });
  const draw = seeded(seed);
  server.context.random = draw;
  const clients = [await server.client(), await server.client(), await server.client()];
  const listener = await server.client();
  await listener.call("HELLO", "3");
  listener.write(encodeRequest(["PSUBSCRIBE", "*"]));
  await listener.call("PING");
  for (const [id, definition] of RANDOM_DEFINITIONS)
    await clients[0]?.call("SM.DEF", "CREATE", id, definition);
  return { memory, clock, server, clients, listener };
}

async function played(seed: number): Promise<void> {
  const sides = [await side(seed, false), await side(seed, true)] as const;
  const random = seeded(seed);
  const drawn = drawerOf(random);
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
    const args = argumentsOf(drawn(REQUESTS), drawn);
    told.push(`${by}> ${args.join(" ")}`);
    const replies = [];
    for (const { clients } of sides) replies.push((await clients[by]?.exchange(...args))?.value);
    expect(replies[1], `seed ${seed}:\n${told.slice(-40).join("\n")}`).toEqual(replies[0]);
  }
  const heard = [];
  for (const { listener } of sides) {
    await listener.call("PING");
    await setImmediate();
    heard.push(listener.pushes.map(({ value }) => value));
  }
  expect(heard[1], `messages of seed ${seed}`).toEqual(heard[0]);
  const figures = sides.map(({ server }) => {
    const { keyspaceHits, keyspaceMisses, commandCount, expiredKeys, commands, errors } =
      server.context.statistics;
    const calls = [...commands].map(([name, { calls, failedCalls, rejectedCalls }]) => [
      name,
      calls,
      failedCalls,
      rejectedCalls,
    ]);
    return { keyspaceHits, keyspaceMisses, commandCount, expiredKeys, calls, errors: [...errors] };
  });
  expect(figures[1], `figures of seed ${seed}`).toEqual(figures[0]);
  const entries = [];
  for (const { server, memory } of sides) {
    await server.close();
    const stored = [...memory.range(bytesOfText(""), bytesOfText("~"))];
    // The audit names the port of each client.
    const text = (value: Buffer) => value.toString("latin1").replace(/127\.0\.0\.1:\d+/g, "client");
    entries.push(stored.map(([key, value]) => `${key} ${text(value)}`));
  }
  expect(entries[1], `keys of seed ${seed}`).toEqual(entries[0]);
}

test.each(Array.from({ length: RUNS }, (_, i) => SEED + i))(
  "a server answers alike over a store that forgets and over one that does not (seed %i)",
  async (seed) => {
    await played(seed);
  },
);
