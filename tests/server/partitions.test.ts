/** Turns of a server that holds several partitions, each with a store of its own. */
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { misplaced } from "../../src/commands/cluster/placement.ts";
import { NotLoaded } from "../../src/storage/not-loaded.ts";
import type { OrderedStore } from "../../src/storage/ordered-store.ts";
import { type Argument, encodeRequest, type TestClient } from "../support/client.ts";
import { define } from "../support/machines.ts";
import {
  type PartitionedOptions,
  type PartitionedServer,
  startPartitionedServer,
} from "../support/partitioned-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const LAMP = { initial: "off", states: { off: { on: { GO: "on" } }, on: { after: { "2s": "off" } } } };

async function serve(options: PartitionedOptions = {}): Promise<PartitionedServer> {
  const server = await startPartitionedServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await setImmediate();
}

async function rounds(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await setImmediate();
}

/** The names of the replies that have come, in the order in which they did. */
function noted(replies: Readonly<Record<string, Promise<unknown>>>): string[] {
  const order: string[] = [];
  for (const [name, reply] of Object.entries(replies))
    void reply.then(
      () => order.push(name),
      () => order.push(`${name} is cut off`),
    );
  return order;
}

const MISCONF = { message: expect.stringMatching(/^MISCONF /) };
const UNBLOCKED = { message: expect.stringMatching(/^UNBLOCKED /) };

/** A request of a client, which has been run when this resolves, to the reply to come. */
async function ran(
  { context: { statistics } }: PartitionedServer,
  client: TestClient,
  ...args: readonly Argument[]
): Promise<{ readonly reply: Promise<unknown> }> {
  const { commandCount } = statistics;
  const reply = client.call(...args);
  reply.catch(() => undefined);
  await until(() => statistics.commandCount > commandCount);
  return { reply };
}

/** The lamp is known to each partition. */
async function defined(server: PartitionedServer): Promise<void> {
  const client = await server.client();
  for (const { partition } of server.parts) {
    if (server.context.partitions.get(partition.number) !== undefined) continue;
    await server.add(partition.number);
    await define(client, "lamp", LAMP);
    await server.remove(partition.number);
  }
  for (const { partition } of server.parts) await server.add(partition.number);
}

test("a pipeline that touches several partitions is answered in order", async () => {
  const server = await serve();
  const client = await server.client();
  const numbers = Array.from({ length: 30 }, (_, index) => index);
  const requests = numbers.map((n) => ["INCRBY", server.part(n % 3).key(`n${n % 5}`), String(n)]);
  const replies = await client.pipeline([...requests, ["PING"], ["ECHO", "end"]]);
  const sums = new Map<string, number>();
  const expected = numbers.map((n) => {
    const sum = (sums.get(`${n % 3} ${n % 5}`) ?? 0) + n;
    sums.set(`${n % 3} ${n % 5}`, sum);
    return sum;
  });
  expect(replies.map(({ value }) => value)).toEqual([...expected, "PONG", "end"]);
  expect(server.parts.map(({ store }) => store.position > 1)).toEqual([true, true, true]);
});

test("a transaction runs in the partition of its keys, WATCH too, and is refused across two", async () => {
  const server = await serve();
  const [client, other] = [await server.client(), await server.client()];
  const [a, b] = [server.part(1).key("a"), server.part(2).key("b")];
  const transaction = [["MULTI"], ["SET", a, "1"], ["INCR", a], ["GET", a], ["EXEC"]];
  expect((await client.pipeline(transaction)).at(-1)?.value).toEqual(["OK", 2, "2"]);
  await client.call("WATCH", a);
  await client.call("WATCH", b);
  await other.call("SET", b, "changed");
  expect((await client.pipeline([["MULTI"], ["SET", a, "lost"], ["EXEC"]])).at(-1)?.value).toBe(null);
  const crossing = await client.pipeline([["MULTI"], ["SET", a, "lost"], ["SET", b, "lost"], ["EXEC"]]);
  expect(crossing.at(-1)?.value).toMatchObject({ message: expect.stringMatching(/^CROSSSLOT /) });
  expect([await client.call("GET", a), await client.call("GET", b)]).toEqual(["2", "changed"]);
});

test("a script with allow-cross-slot-keys reaches other slots of its partition, and none of another partition", async () => {
  const { context, part } = await serve();
  const { firstSlot, lastSlot } = part(1).partition;
  const refusal = (slot: number, ...otherSlots: number[]) => {
    const session = { isReplicaReader: false, isSecure: false, mayCrossSlots: true };
    return misplaced(context, { slot, otherSlots, usesStore: true, isRead: true }, session, 0)?.message;
  };
  expect(refusal(firstSlot, firstSlot + 1, lastSlot)).toBe(undefined);
  expect(refusal(firstSlot, firstSlot - 1)).toMatch(/^CROSSSLOT /);
  expect(refusal(firstSlot, lastSlot, lastSlot + 1)).toMatch(/^CROSSSLOT /);
});

test("a request that fails leaves what others have done in other partitions within the turn", async () => {
  const server = await serve();
  const client = await server.client();
  const [a, b] = [server.part(0).key("a"), server.part(2).key("b")];
  const replies = await client.pipeline([
    ["SET", a, "1"],
    ["RPUSH", b, "x", "y"],
    ["INCR", b],
    ["MULTI"],
    ["INCR", b],
    ["RPUSH", b, "z"],
    ["EXEC"],
    ["GET", a],
    ["LRANGE", b, "0", "-1"],
  ]);
  expect(replies.at(-2)?.value).toBe("1");
  expect(replies.at(-1)?.value).toEqual(["x", "y", "z"]);
});

test("a script runs in the partition of its keys and reaches no other one", async () => {
  const server = await serve();
  const client = await server.client();
  const [a, b] = [server.part(1).key("a"), server.part(2).key("b")];
  const script = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', ARGV[2])";
  expect(await client.call("EVAL", script, "1", a, "v", a)).toBe("v");
  expect(await client.call("EVAL", script, "1", a, "w", b)).toMatchObject({
    message: expect.stringMatching(/^ERR Script attempted to access/),
  });
  expect(await client.call("GET", b)).toBe(null);
});

test("a client that waits at a key of another partition is answered when the key is filled, and at its deadline", async () => {
  const clock = new VirtualClock();
  const server = await serve({ clock });
  const [taker, late, mover, client] = [
    await server.client(),
    await server.client(),
    await server.client(),
    await server.client(),
  ];
  const [one, two] = [server.part(1), server.part(2)];
  const taken = taker.call("BLPOP", one.key("l"), "0");
  await until(() => server.context.waiters.size === 1);
  const timed = late.call("BLPOP", two.key("l"), "5");
  await until(() => server.context.waiters.size === 2);
  const moved = mover.call("BLMOVE", two.key("from"), two.key("to"), "LEFT", "RIGHT", "0");
  await until(() => server.context.waiters.size === 3);
  await client.pipeline([
    ["RPUSH", one.key("l"), "x"],
    ["RPUSH", two.key("from"), "y"],
  ]);
  expect(await taken).toEqual([one.key("l"), "x"]);
  expect(await moved).toBe("y");
  expect(await client.call("LRANGE", two.key("to"), "0", "-1")).toEqual(["y"]);
  clock.advance(5000);
  expect(await timed).toBe(null);
});

test("keys of each partition expire, and timers of machines in each fire", async () => {
  const clock = new VirtualClock();
  const server = await serve({ clock, held: [] });
  await defined(server);
  const client = await server.client();
  for (const { key } of server.parts) {
    await client.call("SET", key("k"), "v", "PX", "1000");
    await client.call("SM.CREATE", key("m"), "lamp");
    await client.call("SM.SEND", key("m"), "GO");
  }
  const { statistics } = server.context;
  clock.advance(1500);
  await until(() => statistics.expiredKeys === 3);
  clock.advance(1000);
  for (const { key } of server.parts) {
    await expect.poll(() => client.call("SM.STATE", key("m"))).toEqual(["off"]);
    expect(await client.call("EXISTS", key("k"))).toBe(0);
  }
});

test("a commit that settles late holds back the later replies of its connection, and nothing overtakes them", async () => {
  const server = await serve({ overlaps: true });
  const [writer, reader] = [await server.client(), await server.client()];
  const { disk } = server.part(1);
  disk.hold();
  const first = await ran(server, writer, "SET", server.part(1).key("k"), "v");
  const second = await ran(server, writer, "SET", server.part(0).key("k"), "v");
  const read = await ran(server, reader, "GET", server.part(1).key("k"));
  const order = noted({ first: first.reply, second: second.reply, read: read.reply });
  await rounds(20);
  expect([order, disk.unsettledCount]).toEqual([[], 1]);
  disk.settle();
  expect(await Promise.all([first.reply, second.reply, read.reply])).toEqual(["OK", "OK", "v"]);
  expect(order.indexOf("first")).toBeLessThan(order.indexOf("second"));
});

test("a slow commit of a partition holds up the replies that depend on it, and no others", async () => {
  const server = await serve({ overlaps: true });
  const [slow, quick, mixed] = [await server.client(), await server.client(), await server.client()];
  const [zero, one] = [server.part(0), server.part(1)];
  one.disk.hold();
  const held = await ran(server, slow, "SET", one.key("k"), "1");
  // More turns than may wait for one partition.
  for (let turn = 1; turn <= 40; turn += 1) expect(await quick.call("INCR", zero.key("n"))).toBe(turn);
  expect(await quick.call("PING")).toBe("PONG");
  const pipeline = [
    ["INCR", zero.key("n")],
    ["GET", one.key("k")],
    ["INCR", zero.key("n")],
  ].map((args) => mixed.call(...args));
  const names = ["first", "second", "third"];
  const order = noted(Object.fromEntries(pipeline.map((reply, at) => [names[at] ?? "", reply])));
  await until(() => order.length === 1);
  const wide = await ran(server, quick, "DBSIZE");
  const wideOrder = noted({ held: held.reply, wide: wide.reply });
  await rounds(20);
  expect([order, wideOrder]).toEqual([["first"], []]);
  one.disk.settle();
  expect(await Promise.all(pipeline)).toEqual([41, "1", 42]);
  expect(await Promise.all([held.reply, wide.reply])).toEqual(["OK", 2]);
});

test("messages of several partitions reach a subscriber in the order of turns, whichever settles first", async () => {
  const server = await serve({ overlaps: true, config: { "notify-keyspace-events": new Set(["E", "$"]) } });
  const [listener, writer, other] = [await server.client(), await server.client(), await server.client()];
  await listener.call("HELLO", "3");
  listener.write(encodeRequest(["PSUBSCRIBE", "__keyevent@0__:set"]));
  await listener.call("PING");
  const [zero, one] = [server.part(0), server.part(1)];
  one.disk.hold();
  const held = await ran(server, writer, "SET", one.key("k"), "1");
  expect(await other.call("SET", zero.key("k"), "1")).toBe("OK");
  await rounds(10);
  const heard = () => listener.pushes.length;
  const before = heard();
  one.disk.settle();
  await held.reply;
  await until(() => heard() === before + 2);
  const last = listener.pushes.slice(-2).map(({ value }) => JSON.stringify(value));
  expect([last[0]?.includes(one.key("k")), last[1]?.includes(zero.key("k"))]).toEqual([true, true]);
});

test("a store that fails while another one settles refuses its own replies alone, in their order", async () => {
  const server = await serve({ overlaps: true });
  const client = await server.client();
  const [zero, one] = [server.part(0), server.part(1)];
  one.disk.hold();
  const requests = [
    ["SET", zero.key("a"), "1"],
    ["SET", one.key("a"), "1"],
    ["GET", zero.key("a")],
    ["GET", one.key("a")],
    ["PING"],
  ];
  // All of them have been run before the store fails.
  const run = [];
  for (const args of requests) run.push(await ran(server, client, ...args));
  await until(() => one.disk.unsettledCount > 0);
  one.disk.fail();
  const replies = await Promise.all(run.map(({ reply }) => reply));
  expect(replies).toMatchObject(["OK", MISCONF, "1", MISCONF, "PONG"]);
  one.store.reopen();
});

test("a turn waits for the commits of all its partitions, whichever settles first", async () => {
  const server = await serve({ overlaps: true });
  const client = await server.client();
  for (const { disk } of server.parts) disk.hold();
  const replies = client.pipeline(server.parts.map(({ key }) => ["SET", key("k"), "v"]));
  await until(() => server.parts.every(({ disk }) => disk.unsettledCount === 1));
  const order = noted({ replies });
  for (const number of [2, 0]) {
    server.part(number).disk.settle();
    await rounds(10);
    expect(order).toEqual([]);
  }
  server.part(1).disk.settle();
  expect((await replies).map(({ value }) => value)).toEqual(["OK", "OK", "OK"]);
});

test("a store that fails refuses what was written to its partition, and no other one", async () => {
  const server = await serve({ overlaps: true });
  const client = await server.client();
  const [one, two] = [server.part(1), server.part(2)];
  await client.call("SET", one.key("k"), "old");
  one.disk.hold();
  two.disk.hold();
  const replies = client.pipeline([
    ["SET", one.key("k"), "lost"],
    ["SET", two.key("k"), "kept"],
    ["GET", one.key("k")],
    ["PING"],
  ]);
  await until(() => one.disk.unsettledCount === 1 && two.disk.unsettledCount === 1);
  two.disk.settle();
  one.disk.fail();
  const values = (await replies).map(({ value }) => value);
  expect(values).toEqual([MISCONF, "OK", MISCONF, "PONG"].map((value) => expectOf(value)));
  expect(await client.call("SET", one.key("k"), "lost")).toMatchObject(MISCONF);
  expect(await client.call("SET", two.key("k"), "again")).toBe("OK");
  expect(await client.call("GET", one.key("k"))).toBe("old");
  one.store.reopen();
  expect(await client.call("SET", one.key("k"), "new")).toBe("OK");
});

test("a commit that is refused at once refuses its partition alone", async () => {
  const server = await serve({ overlaps: true });
  const client = await server.client();
  const [one, two] = [server.part(1), server.part(2)];
  await client.call("MULTI");
  one.disk.fail();
  await client.call("DISCARD");
  const replies = await client.pipeline([
    ["SET", one.key("k"), "lost"],
    ["SET", two.key("k"), "kept"],
  ]);
  expect(replies.map(({ value }) => value)).toEqual([expectOf(MISCONF), "OK"]);
  one.store.reopen();
  expect(await client.call("MGET", one.key("k"))).toEqual([null]);
});

test("a request that speaks of all partitions is refused when the store of one fails", async () => {
  const server = await serve({ overlaps: true });
  const client = await server.client();
  for (const { key } of server.parts) await client.call("SET", key("k"), "v");
  const two = server.part(2);
  two.disk.hold();
  const flushed = await ran(server, client, "FLUSHALL");
  await until(() => two.disk.unsettledCount === 1);
  two.disk.fail();
  expect(await flushed.reply).toMatchObject(MISCONF);
  expect(await client.call("GET", two.key("k"))).toBe("v");
  two.store.reopen();
});

test("a client that waits is answered when the store of another partition fails in the same turn", async () => {
  const server = await serve({ overlaps: true });
  const [taker, client] = [await server.client(), await server.client()];
  const [one, two] = [server.part(1), server.part(2)];
  const taken = taker.call("BLPOP", one.key("l"), "0");
  await until(() => server.context.waiters.size === 1);
  two.disk.hold();
  const replies = client.pipeline([
    ["RPUSH", one.key("l"), "x"],
    ["SET", two.key("k"), "lost"],
  ]);
  await until(() => two.disk.unsettledCount === 1);
  two.disk.fail();
  expect(await taken).toEqual([one.key("l"), "x"]);
  expect((await replies).map(({ value }) => value)).toEqual([1, expectOf(MISCONF)]);
  two.store.reopen();
});

function expectOf(value: string | typeof MISCONF): unknown {
  return typeof value === "string" ? value : expect.objectContaining(value);
}

test("addPartition() serves what was elsewhere, and its timers fire", async () => {
  const clock = new VirtualClock();
  const server = await serve({ clock, held: [] });
  await defined(server);
  const client = await server.client();
  const { key } = server.part(1);
  await client.call("SM.CREATE", key("m"), "lamp");
  await client.call("SM.SEND", key("m"), "GO");
  await server.remove(1);
  expect(await client.call("GET", key("m"))).toMatchObject({ message: expect.stringMatching(/^MOVED /) });
  clock.advance(5000);
  await rounds(5);
  await server.add(1);
  await expect.poll(() => client.call("SM.STATE", key("m"))).toEqual(["off"]);
});

test("a server without a partition says where each key is, and answers what needs none", async () => {
  const server = await serve({ held: [] });
  const client = await server.client();
  for (const { key } of server.parts)
    expect(await client.call("SET", key("k"), "v")).toMatchObject({
      message: expect.stringMatching(/^MOVED \d+ 127\.0\.0\.1:7002$/),
    });
  expect(await client.pipeline([["PING"], ["CLUSTER", "MYID"]])).toHaveLength(2);
});

test("removePartition() unblocks those who wait at its keys, and no others", async () => {
  const server = await serve();
  const [a, b, client] = [await server.client(), await server.client(), await server.client()];
  const [one, two] = [server.part(1), server.part(2)];
  const gone = a.call("BLPOP", one.key("l"), "0");
  await until(() => server.context.waiters.size === 1);
  const stays = b.call("BLPOP", two.key("l"), "0");
  await until(() => server.context.waiters.size === 2);
  await server.remove(1);
  expect(await gone).toMatchObject(UNBLOCKED);
  expect(server.context.waiters.size).toBe(1);
  await client.call("RPUSH", two.key("l"), "x");
  expect(await stays).toEqual([two.key("l"), "x"]);
});

test("removePartition() never sends what waits for its commits, and closes those connections alone", async () => {
  const server = await serve({ overlaps: true });
  const [writer, other] = [await server.client(), await server.client()];
  const [one, two] = [server.part(1), server.part(2)];
  one.disk.hold();
  const lost = await ran(server, writer, "SET", one.key("k"), "v");
  const kept = await ran(server, other, "SET", two.key("k"), "v");
  const order = noted({ lost: lost.reply, kept: kept.reply });
  await rounds(5);
  expect(order).toEqual(["kept"]);
  await server.remove(1);
  expect(await kept.reply).toBe("OK");
  await writer.closed();
  await expect.poll(() => order.toSorted()).toEqual(["kept", "lost is cut off"]);
  one.disk.settle();
  expect(await other.call("GET", two.key("k"))).toBe("v");
  expect(await other.call("GET", one.key("k"))).toMatchObject({ message: expect.stringMatching(/^MOVED /) });
});

test("removePartition() ends what it does by itself: a timer of it does not fire any more", async () => {
  const clock = new VirtualClock();
  const server = await serve({ clock, held: [] });
  await defined(server);
  const client = await server.client();
  for (const { key } of server.parts) {
    await client.call("SM.CREATE", key("m"), "lamp");
    await client.call("SM.SEND", key("m"), "GO");
  }
  const { store, key } = server.part(1);
  await server.remove(1);
  const { position } = store;
  clock.advance(5000);
  await expect.poll(() => client.call("SM.STATE", server.part(2).key("m"))).toEqual(["off"]);
  await rounds(5);
  expect(store.position).toBe(position);
  await server.add(1);
  await expect.poll(() => client.call("SM.STATE", key("m"))).toEqual(["off"]);
});

test.each([
  ["ends", undefined],
  ["fails", new Error("the store is closed")],
])(
  "a request whose partition is taken away while it loads is redirected when that %s",
  async (_, failure) => {
    const loads: Array<() => void> = [];
    let isHeld = false;
    const load = async (): Promise<void> => {
      await new Promise<void>((resolve) => loads.push(resolve));
      if (failure !== undefined) throw failure;
    };
    const missing = (store: OrderedStore): OrderedStore =>
      new Proxy(store, {
        get: (target, name) => {
          if (name === "mayMiss") return true;
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== "function") return value;
          if (name !== "get") return value.bind(target);
          return (key: Bytes) => {
            if (isHeld) throw new NotLoaded(load);
            return target.get(key);
          };
        },
      });
    const server = await serve({ over: missing });
    const [client, other] = [await server.client(), await server.client()];
    isHeld = true;
    const { reply } = await ran(server, client, "GET", server.part(1).key("k"));
    await until(() => loads.length > 0);
    isHeld = false;
    await server.remove(1);
    expect(await other.call("SET", server.part(2).key("k"), "v")).toBe("OK");
    for (const end of loads) end();
    expect(await reply).toMatchObject({ message: expect.stringMatching(/^MOVED /) });
    expect(await client.call("GET", server.part(2).key("k"))).toBe("v");
  },
);

test("a transaction whose keys are taken away meanwhile is redirected, and its connection goes on", async () => {
  const server = await serve();
  const client = await server.client();
  const { key } = server.part(1);
  await client.pipeline([["MULTI"], ["SET", key("k"), "v"]]);
  await server.remove(1);
  expect(await client.call("EXEC")).toMatchObject({ message: expect.stringMatching(/^MOVED /) });
  expect(await client.call("SET", server.part(0).key("k"), "v")).toBe("OK");
});
