/**
 * The same requests to a server whose store forgets at random, so that they are run again and again, and to one that has
 * all in memory: every reply, every message and, at the end, every key is the same. FORGETFUL_RUNS runs more, SEED one.
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
import { seeded } from "../support/seeded.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const RUNS = Number(process.env["FORGETFUL_RUNS"] ?? 4);
const SEEDS = process.env["SEED"] === undefined ? undefined : [Number(process.env["SEED"])];
const STEPS = 120;

const PART =
  '{"initial":"in","states":{"in":{"on":{"END":"out"},"after":{"3s":"out"}},"out":{"type":"final"}}}';
const LAMP = JSON.stringify({
  initial: "off",
  context: { n: 0 },
  states: {
    off: { on: { GO: { target: "on", actions: [{ assign: { n: "context.n + 1" } }] }, PAIR: "both" } },
    on: {
      on: { GO: "off", TASK: { actions: [{ task: { name: "t", data: "{'n': context.n}" } }] } },
      after: { "2s": "off" },
    },
    both: { invoke: { src: "part", id: "p" }, on: { "xstate.done.actor.p": "off", GO: "off" } },
  },
});

/** Words in braces are drawn. */
const REQUESTS =
  `SET {k} {v}|SET {k} {v} PX 3000|GET {k}|INCR {k}|APPEND {k} {v}|DEL {k} {k}|EXISTS {k} {k}|MGET {k} {k} {k}
RENAME {k} {k}|COPY {k} {k}|TYPE {k}|TTL {k}|PEXPIRE {k} 2500|PERSIST {k}|TOUCH {k}|OBJECT ENCODING {k}|RANDOMKEY|DBSIZE|KEYS *
SCAN 0|DUMP {k}|SORT {l} ALPHA|SELECT {d}|MOVE {k} 1|SWAPDB 0 1
RPUSH {l} {v} {v}|LPUSH {l} {v}|LPOP {l}|LRANGE {l} 0 -1|LMOVE {l} {l} LEFT RIGHT|LINSERT {l} BEFORE {v} x|LREM {l} 0 {v}
HSET {h} {v} {v} {k} {v}|HGETALL {h}|HDEL {h} {v}|HINCRBY {h} n 1|HRANDFIELD {h} 2
SADD {s} {v} {k} {d}|SREM {s} {v}|SMEMBERS {s}|SPOP {s}|SRANDMEMBER {s}|SUNIONSTORE {s} {s} {s}|SINTER {s} {s}
ZADD {z} 1 {v} 2 {k}|ZRANGE {z} 0 -1 WITHSCORES|ZINCRBY {z} 1 {v}|ZPOPMIN {z}|ZUNIONSTORE {z} 2 {z} {z}|ZRANK {z} {v}
XADD {x} * f {v}|XLEN {x}|XRANGE {x} - +|XTRIM {x} MAXLEN 3|XGROUP CREATE {x} g 0 MKSTREAM|XREADGROUP GROUP g c COUNT 2 STREAMS {x} >
XPENDING {x} g|XREAD COUNT 3 STREAMS {x} {x} 0 0
SM.CREATE {m} lamp|SM.SEND {m} GO|SM.SEND {m} GO ID {v}|SM.SEND {m} GO DEF lamp|SM.SEND {m} PAIR|SM.SEND {m} TASK|SM.SEND {m}:p END
SM.STATE {m}|SM.GET {m}|SM.HISTORY {m}|SM.WHY {m} GO|SM.COUNT lamp|SM.SCAN 0 DEF lamp STATE on|SM.UNDO {m}|SM.SUSPEND {m} why|SM.RESUME {m}
SM.CHILDREN {m}|SM.TIMERS {m}|SM.PATCH {m} [{"op":"add","path":"/n","value":7}]|XLEN sm:changes:lamp|XRANGE sm:changes:lamp - + COUNT 5
WATCH {k}|MULTI|MULTI|EXEC|EXEC|EXEC|DISCARD|PUBLISH news {v}|CLIENT SETNAME {v}|CLIENT GETNAME|PING|ECHO {v}
EVAL script.a 2 {k} {l} {v}|EVAL script.b 1 {m}|EVAL script.c 0|PFADD {k} {v}|SETBIT {k} 7 1|GEOADD {z} 13 38 {v}`
    .split(/[|\n]/)
    .map((line) => line.split(" "));

const SCRIPTS: Readonly<Record<string, string>> = {
  "script.a": `local was = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1])
    local ok = redis.pcall('RPUSH', KEYS[2], ARGV[1]) redis.call('PUBLISH', 'news', ARGV[1]) return {was, ok, redis.call('TIME')}`,
  "script.b": `local ok, error = pcall(redis.call, 'SM.SEND', KEYS[1], 'GO') return {tostring(ok), redis.pcall('SM.STATE', KEYS[1])}`,
  "script.c": `redis.call('SELECT', 1) return {redis.call('DBSIZE'), math.random(1000), redis.call('RANDOMKEY')}`,
};

const DRAWN: Readonly<Record<string, readonly string[]>> = {
  k: ["a", "b", "c", "q"],
  v: ["1", "2", "v", "w".repeat(60)],
  d: ["0", "1"],
  l: ["l1", "l2"],
  h: ["h1", "h2"],
  s: ["s1", "s2"],
  z: ["z1", "z2"],
  x: ["x1", "x2"],
  m: ["m1", "m2", "m3"],
};

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
  await clients[0]?.call("SM.DEF", "CREATE", "part", PART);
  await clients[0]?.call("SM.DEF", "CREATE", "lamp", LAMP);
  return { memory, clock, server, clients, listener };
}

async function played(seed: number): Promise<void> {
  const sides = [await side(seed, false), await side(seed, true)] as const;
  const random = seeded(seed);
  const drawn = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) return expect.unreachable("nothing to draw from");
    return item;
  };
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
    const args = drawn(REQUESTS).map((word) => {
      const names = DRAWN[word.slice(1, -1)];
      if (/^\{.\}$/.test(word) && names !== undefined) return drawn(names);
      return SCRIPTS[word] ?? word.replace(/^\{m\}/, drawn(["m1", "m2"]));
    });
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

const first = Math.floor(Math.random() * 1_000_000);

test.each(SEEDS ?? Array.from({ length: RUNS }, (_, i) => first + i))(
  "a server answers alike over a store that forgets and over one that does not (seed %i)",
  async (seed) => {
    await played(seed);
  },
);
