/** Requests over a store whose reads miss: they are taken back, wait for what they need, and are run again. */
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { untilLoaded } from "../../src/storage/until-loaded.ts";
import { encodeRequest, type TestClient } from "../support/client.ts";
import { forgetfulStore } from "../support/forgetful-store.ts";
import { Push } from "../support/resp-decoder.ts";
import { startTestServer, type TestServerOptions } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** A server that knows nothing of its data; loads end at once until they are held, and from then on when the test says so. */
async function restarted(write: (client: TestClient) => Promise<void>, options: TestServerOptions = {}) {
  const memory = new MemoryStore();
  const first = await startTestServer({ clock: new VirtualClock(), store: Store.over(memory, OBJECT_TYPES) });
  await write(await first.client());
  await first.close();
  const held: Array<() => void> = [];
  let hasHeld = false;
  const ordered = forgetfulStore(memory, {
    seed: 1,
    forgets: 0,
    later: (work) => (hasHeld ? held.push(work) : work()),
  });
  const store = await untilLoaded(() => Store.over(ordered, OBJECT_TYPES));
  const clock = new VirtualClock();
  const server = await startTestServer({ clock, store, ...options });
  const release = async (): Promise<void> => {
    hasHeld = false;
    for (const work of held.splice(0)) work();
    await setImmediate();
  };
  onTestFinished(async () => {
    await release();
    await server.close();
  });
  return {
    server,
    clock,
    ordered,
    hold: () => {
      hasHeld = true;
    },
    release,
    loads: async (): Promise<void> => {
      while (held.length === 0) await setImmediate();
    },
  };
}

test("a request that misses holds up its own connection and nobody else", async () => {
  const { server, hold, loads, release } = await restarted(async (client) => {
    await client.call("SET", "cold", "1");
    await client.call("SET", "warm", "2");
  });
  const [a, b] = [await server.client(), await server.client()];
  await b.call("GET", "warm");
  hold();
  const replies = [a.call("GET", "cold"), a.call("PING"), a.call("GET", "warm")];
  await loads();
  expect(await b.call("GET", "warm")).toBe("2");
  expect(await b.call("PING")).toBe("PONG");
  let answered = 0;
  for (const reply of replies) void reply.then(() => (answered += 1));
  await b.call("PING");
  expect(answered).toBe(0);
  await release();
  expect(await Promise.all(replies)).toEqual(["1", "PONG", "2"]);
});

test("a request that is run again is counted, shown and answered once", async () => {
  const { server } = await restarted(async (client) => {
    for (const key of ["a", "b", "c"]) await client.call("SET", key, key);
  });
  const [client, monitor] = [await server.client(), await server.client()];
  monitor.write(encodeRequest(["MONITOR"]));
  await client.call("PING");
  await client.call("CONFIG", "RESETSTAT");
  expect(await client.call("MGET", "a", "b", "c", "d")).toEqual(["a", "b", "c", null]);
  await client.call("PING");
  const { keyspaceHits, keyspaceMisses, commandCount, commands } = server.context.statistics;
  expect({ keyspaceHits, keyspaceMisses, commandCount, calls: commands.get("mget")?.calls }).toEqual({
    keyspaceHits: 3,
    keyspaceMisses: 1,
    commandCount: 2,
    calls: 1,
  });
});

test("EXEC that misses is run again as a whole, and what it does beside the store is done once", async () => {
  const { server } = await restarted(async (client) => {
    await client.call("SET", "a", "1");
    await client.call("SELECT", "1");
    await client.call("SET", "b", "2");
  });
  const [client, listener] = [await server.client(), await server.client()];
  await listener.call("HELLO", "3");
  listener.write(encodeRequest(["SUBSCRIBE", "news"]));
  await listener.call("PING");
  await client.call("CLIENT", "SETNAME", "before");
  await client.call("MULTI");
  const queue = [
    ["GET", "a"],
    ["INCR", "a"],
    ["PUBLISH", "news", "once"],
    ["SELECT", "1"],
    ["CLIENT", "SETNAME", "after"],
    ["GET", "b"],
    ["SET", "new", "3"],
    ["CLIENT", "GETNAME"],
  ];
  for (const request of queue) await client.call(...request);
  expect(await client.call("EXEC")).toEqual(["1", 2, 1, "OK", "OK", "2", "OK", "after"]);
  expect(await client.call("GET", "new")).toBe("3");
  await listener.call("PING");
  const told = listener.pushes.flatMap(({ value }) => (value instanceof Push ? [value.items] : []));
  expect(told.filter(([kind]) => kind === "message")).toEqual([["message", "news", "once"]]);
  expect(server.context.statistics.commands.get("publish")?.calls).toBe(1);
});

test("EXEC that waits for a load answers null when a watched key is changed meanwhile", async () => {
  const { server, hold, loads, release } = await restarted(async (client) => {
    await client.call("MSET", "cold", "1", "watched", "2");
  });
  const [a, b] = [await server.client(), await server.client()];
  await b.call("SET", "watched", "2");
  await a.call("WATCH", "watched");
  await a.call("MULTI");
  await a.call("INCR", "cold");
  hold();
  const reply = a.call("EXEC");
  await loads();
  await b.call("SET", "watched", "3");
  await release();
  expect(await reply).toBe(null);
  expect(await b.call("GET", "cold")).toBe("1");
});

test("a script that misses ends at once, though it catches errors, and is run again from its beginning", async () => {
  const { server } = await restarted(async (client) => {
    await client.call("MSET", "a", "1", "b", "2");
  });
  const client = await server.client();
  const script = `
    redis.call('INCR', 'runs')
    local ok, value = pcall(function() return redis.call('GET', 'a') end)
    local other = redis.pcall('GET', 'b')
    return {ok and 1 or 0, value, other, redis.call('GET', 'runs')}`;
  expect(await client.call("EVAL", script, "0")).toEqual([1, "1", "2", "1"]);
  expect(server.context.statistics.commands.get("incr")?.calls).toBe(1);
});

test("a waiter that misses keeps its place, and no request takes what it is about to take", async () => {
  const { server, hold, loads, release } = await restarted(async (client) => {
    await client.call("RPUSH", "to", "old");
  });
  const [first, second, c, d] = await Promise.all([1, 2, 3, 4].map(() => server.client()));
  if (first === undefined || second === undefined || c === undefined || d === undefined) return;
  await c.call("RPUSH", "from", "x", "y");
  await c.call("LPOP", "from", "2");
  const moved = first.call("BLMOVE", "from", "to", "LEFT", "RIGHT", "0");
  while (server.context.waiters.size < 1) await setImmediate();
  const popped = second.call("BLPOP", "from", "0");
  while (server.context.waiters.size < 2) await setImmediate();
  hold();
  expect(await c.call("RPUSH", "from", "x", "y")).toBe(2);
  await loads();
  const late = d.call("LPOP", "from");
  expect(await c.call("PING")).toBe("PONG");
  await release();
  expect(await moved).toBe("x");
  expect(await popped).toEqual(["from", "y"]);
  expect(await late).toBe(null);
});

test("timers that are due run in order when their machines are loaded, and other requests go on meanwhile", async () => {
  const { server, clock, hold, loads, release } = await restarted(
    async (client) => {
      await client.call("SM.DEF", "CREATE", "d", '{"states":{"a":{"after":{"5s":"b"}},"b":{}}}');
      await client.call("SM.CREATE", "m", "d");
      await client.call("SET", "k", "v", "PX", "6000");
    },
    { waitsForDue: false },
  );
  const client = await server.client();
  await client.call("GET", "other");
  hold();
  clock.advance(10_000);
  await loads();
  expect(await client.call("GET", "other")).toBe(null);
  await release();
  while (String(await client.call("SM.STATE", "m")) === "a") await setImmediate();
  while (server.context.statistics.expiredKeys === 0) await setImmediate();
});

test("a request that needs more than it may have is refused, and nothing of it is done", async () => {
  const { server } = await restarted(
    async (client) => {
      for (let i = 0; i < 40; i += 1) await client.call("SET", `k${i}`, "x".repeat(1000));
    },
    { loadLimits: { bytesMax: 10_000, runsMax: 1000 } },
  );
  const client = await server.client();
  await client.call("MULTI");
  await client.call("SET", "new", "1");
  await client.call("KEYS", "*");
  await expect(client.call("EXEC")).resolves.toMatchObject({
    message: expect.stringContaining("'exec' needs more than 0 MB of the store in memory at once"),
  });
  expect(await client.call("GET", "new")).toBe(null);
  expect(await client.call("GET", "k7")).toBe("x".repeat(1000));
});
