/** Requests to a partition that changes hands wait for that, in order, and not for ever. Time is turned by hand. */
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { configOf } from "../../src/config/load.ts";
import { Handovers } from "../../src/server/handovers.ts";
import { Hold } from "../../src/storage/not-loaded.ts";
import type { TestClient } from "../support/client.ts";
import { member, partitionOf, viewOf } from "../support/cluster-view.ts";
import {
  type PartitionedOptions,
  type PartitionedServer,
  startPartitionedServer,
} from "../support/partitioned-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const DOWN = { message: expect.stringMatching(/^CLUSTERDOWN /) };
const MOVED = { message: expect.stringMatching(/^MOVED \d+ 127\.0\.0\.1:7002$/) };
const UNBLOCKED = { message: expect.stringMatching(/^UNBLOCKED /) };

async function serve(
  options: PartitionedOptions = {},
): Promise<{ readonly server: PartitionedServer; readonly clock: VirtualClock }> {
  const clock = new VirtualClock();
  const server = await startPartitionedServer({ clock, ...options });
  onTestFinished(() => server.close());
  return { server, clock };
}

/** Resolves when so many requests wait. */
async function held({ context: { handovers } }: PartitionedServer, count: number): Promise<void> {
  while (handovers.heldCount !== count) await setImmediate();
}

/** The replies to requests of one connection that are sent at once. */
async function replies(client: TestClient, requests: readonly (readonly string[])[]): Promise<unknown[]> {
  return (await client.pipeline(requests)).map(({ value }) => value);
}

test("a request to a partition that is handed over waits, and is sent to the new owner", async () => {
  const { server } = await serve();
  const client = await server.client();
  const { key } = server.part(1);
  await client.call("SET", key("k"), "v");
  server.leave(1);
  const reply = client.call("GET", key("k"));
  await held(server, 1);
  await server.release(1);
  expect(server.context.handovers).toMatchObject({ heldCount: 1, heldTotal: 1 });
  await server.remove(1);
  expect(await reply).toMatchObject(MOVED);
  expect(server.context.handovers).toMatchObject({ heldCount: 0, heldBytes: 0, heldTotal: 1 });
});

test("a request to a partition that was granted, and is still read, runs when it is served", async () => {
  const { server, clock } = await serve({ held: [0, 2] });
  const client = await server.client();
  const { key } = server.part(1);
  server.grant(1);
  const reply = client.call("INCR", key("n"));
  await held(server, 1);
  clock.advance(1499);
  await server.add(1);
  expect(await reply).toBe(1);
});

test("a pipeline keeps its order while a request in its midst waits, and other connections go on", async () => {
  const { server } = await serve();
  const [client, other] = [await server.client(), await server.client()];
  const [zero, one] = [server.part(0), server.part(1)];
  await server.release(1);
  const requests = [
    ["SET", zero.key("a"), "1"],
    ["INCR", one.key("n")],
    ["INCR", one.key("n")],
    ["APPEND", zero.key("a"), "2"],
    ["PING"],
    ["INCR", one.key("n")],
  ];
  const all = replies(client, requests);
  await held(server, 1);
  expect(await replies(other, [["GET", zero.key("a")], ["PING"], ["DBSIZE"]])).toEqual(["1", "PONG", 1]);
  await server.add(1);
  expect(await all).toEqual(["OK", 1, 2, 2, "PONG", 3]);
});

test("a request waits no longer than cluster-hold, and those behind it read CLUSTERDOWN at once", async () => {
  const { server, clock } = await serve({ config: { "cluster-hold": 500 } });
  const [client, later] = [await server.client(), await server.client()];
  const { key } = server.part(1);
  await server.release(1);
  const first = client.call("GET", key("k"));
  await held(server, 1);
  clock.advance(400);
  const second = later.call("GET", key("k"));
  await held(server, 2);
  clock.advance(99);
  await setImmediate();
  expect(server.context.handovers.heldCount).toBe(2);
  clock.advance(1);
  // The time counts from the first of them.
  expect([await first, await second]).toMatchObject([DOWN, DOWN]);
  expect(await client.call("GET", key("k"))).toMatchObject(DOWN);
  expect(await client.call("GET", server.part(0).key("k"))).toBeNull();
  expect(server.context.handovers).toMatchObject({ heldCount: 0, heldBytes: 0, heldTotal: 2 });
  // Once it was served, requests wait again when it is not.
  await server.add(1);
  expect(await client.call("GET", key("k"))).toBeNull();
  await server.release(1);
  const again = client.call("GET", key("k"));
  await held(server, 1);
  await server.remove(1);
  expect(await again).toMatchObject(MOVED);
});

test("with cluster-hold 0 no request waits", async () => {
  const { server } = await serve({ config: { "cluster-hold": 0 } });
  const client = await server.client();
  server.leave(1);
  expect(await client.call("GET", server.part(1).key("k"))).toMatchObject(DOWN);
});

test("a transaction waits at EXEC, and where it is queued, and runs as a whole", async () => {
  const { server } = await serve();
  const [client, early] = [await server.client(), await server.client()];
  const { key } = server.part(1);
  expect(await replies(early, [["MULTI"], ["INCR", key("n")]])).toEqual(["OK", "QUEUED"]);
  await server.release(1);
  const exec = early.call("EXEC");
  await held(server, 1);
  const whole = replies(client, [["MULTI"], ["INCR", key("n")], ["INCR", key("n")], ["EXEC"]]);
  await held(server, 2);
  await server.add(1);
  expect(await exec).toEqual([1]);
  expect(await whole).toEqual(["OK", "QUEUED", "QUEUED", [2, 3]]);
});

test("a transaction whose partition goes elsewhere meanwhile reads MOVED, and the connection goes on", async () => {
  const { server } = await serve();
  const client = await server.client();
  const { key } = server.part(1);
  await replies(client, [["WATCH", key("n")], ["MULTI"], ["INCR", key("n")]]);
  server.leave(1);
  const exec = client.call("EXEC");
  await held(server, 1);
  await server.remove(1);
  expect(await exec).toMatchObject(MOVED);
  expect(await replies(client, [["SET", server.part(0).key("k"), "v"], ["PING"]])).toEqual(["OK", "PONG"]);
});

test("a client that waits at a key gets UNBLOCKED when its partition is lost, and a new one waits until the partition has an owner", async () => {
  const { server } = await serve();
  const [a, b, c] = [await server.client(), await server.client(), await server.client()];
  const { key } = server.part(1);
  const waiting = a.call("BLPOP", key("l"), "0");
  while (server.context.waiters.size < 1) await setImmediate();
  server.leave(1);
  const late = b.call("BLPOP", key("l"), "0");
  const push = c.call("RPUSH", key("l"), "x");
  await held(server, 2);
  await server.release(1);
  expect(await waiting).toMatchObject(UNBLOCKED);
  await server.add(1);
  expect(await push).toBe(1);
  expect(await late).toEqual([key("l"), "x"]);
});

test("a waiter that is asked while its partition is handed over goes on waiting", async () => {
  const { server } = await serve();
  const [reader, writer] = [await server.client(), await server.client()];
  const { key } = server.part(1);
  const waiting = reader.call("XREAD", "BLOCK", "0", "STREAMS", key("s"), "$");
  while (server.context.waiters.size < 1) await setImmediate();
  // Something makes it ready: it is asked in a turn of the handover.
  const [id] = [...Array(100).keys()].filter((each) => server.context.waiters.isWaiting(each));
  server.context.waiters.wake(id ?? 0);
  server.leave(1);
  await writer.call("PING");
  expect(server.context.waiters.size).toBe(1);
  await server.remove(1);
  expect(await waiting).toMatchObject(UNBLOCKED);
});

test("scripts and sends wait as other requests do", async () => {
  const { server } = await serve();
  const [client, other] = [await server.client(), await server.client()];
  const { key } = server.part(1);
  await server.release(1);
  const script = client.call("EVAL", "return redis.call('INCR', KEYS[1])", "1", key("n"));
  await held(server, 1);
  const state = other.call("SM.SEND", key("m"), "GO");
  await held(server, 2);
  await server.add(1);
  expect(await script).toBe(1);
  expect(await state).toMatchObject({ message: expect.stringMatching(/^NOMACHINE /) });
});

test("a connection that ends gives its place up", async () => {
  const { server } = await serve();
  const [client, other] = [await server.client(), await server.client()];
  await server.release(1);
  const reply = client.call("SET", server.part(1).key("k"), "v");
  reply.catch(() => undefined);
  await held(server, 1);
  expect(await other.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")).toBe(1);
  await held(server, 0);
  expect(server.context.handovers.heldBytes).toBe(0);
});

test("hold() refuses what is beyond its bounds of requests and of bytes", async () => {
  const cluster = viewOf("a", { members: [], owner: undefined });
  const handovers = new Handovers({
    clock: new VirtualClock(),
    config: configOf({}),
    cluster,
    partitions: { get: () => undefined },
    limits: { countMax: 2, bytesMax: 100 },
  });
  const wait = (bytes: number) => handovers.hold(0, bytes)?.load(new Hold());
  const first = wait(90);
  expect(handovers.hold(0, 11)).toBeUndefined();
  const second = wait(10);
  expect(handovers.hold(0, 0)).toBeUndefined();
  expect(handovers).toMatchObject({ heldCount: 2, heldBytes: 100 });
  cluster.update({ members: [member("b", 7002)], partitions: [partitionOf("b")] });
  await Promise.all([first, second, handovers.released()]);
  expect(handovers).toMatchObject({ heldCount: 0, heldBytes: 0, heldTotal: 2 });
});

test("a request of all partitions does not wait for one that is handed over", async () => {
  const { server } = await serve();
  const client = await server.client();
  await client.call("SET", server.part(2).key("k"), "v");
  server.leave(0);
  expect(await client.call("DBSIZE")).toBe(1);
});
