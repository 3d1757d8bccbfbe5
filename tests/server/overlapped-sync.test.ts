/** Turns that run while the sync of earlier ones is under way, with a disk whose syncs wait and fail when a test says so. */
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { ByteConnection } from "../support/byte-connection.ts";
import type { TestClient } from "../support/client.ts";
import { type HeldDisk, noRoom } from "../support/held-disk.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { imageOf, temporaryDirectory } from "../support/stores.ts";

const { disk } = await vi.hoisted(async () => {
  const support = await import("../support/held-disk.ts");
  return { disk: new support.HeldDisk() as HeldDisk };
});

vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs")>();
  return { ...fs, ...disk.over(fs) };
});

afterEach(() => disk.mend());

/** Clients that write at once. */
const CROWD = 6;
const LAMP = JSON.stringify({
  initial: "off",
  context: { n: 0 },
  states: {
    off: { on: { GO: { target: "on", actions: [{ assign: { n: "context.n + 1" } }] } } },
    on: { on: { GO: "off" } },
  },
});

interface Served {
  readonly server: TestServer;
  readonly store: Store;
  readonly directory: string;
  readonly client: TestClient;
  /** Writes of so many clients at once; resolves, when they have been run, to the replies to come. */
  crowd(value: string): Promise<Promise<unknown>[]>;
}

async function serve(overlaps = true): Promise<Served> {
  const directory = temporaryDirectory();
  const store = Store.open(directory, OBJECT_TYPES);
  const server = await startTestServer({ store, overlaps });
  onTestFinished(() => server.close());
  const client = await server.client();
  await client.call("SM.DEF", "CREATE", "lamp", LAMP);
  await client.call("SM.CREATE", "m", "lamp");
  await client.call("SET", "k", "old");
  const clients = await Promise.all(Array.from({ length: CROWD }, () => server.client()));
  const crowd = async (value: string) => {
    const { commandCount } = server.context.statistics;
    const replies = clients.map((one, index) => one.call("SET", `${value}:${index}`, value));
    for (const reply of replies) reply.catch(() => undefined);
    await until(() => server.context.statistics.commandCount === commandCount + CROWD);
    return replies;
  };
  return { server, store, directory, client, crowd };
}

async function allOf(connection: ByteConnection | undefined): Promise<string | undefined> {
  await connection?.replies(Number.POSITIVE_INFINITY);
  return connection?.take();
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn();
}

/** The replies that have come, by the order in which they did. */
function noted(replies: Readonly<Record<string, Promise<unknown>>>): string[] {
  const order: string[] = [];
  for (const [name, reply] of Object.entries(replies)) void reply.then(() => order.push(name));
  return order;
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await turn();
}

test("further turns run during a sync, and each reply is sent after its changes are on disk", async () => {
  const { server, store, client, crowd } = await serve();
  disk.isHeld = true;
  const [first] = await crowd("one");
  const { commandCount } = server.context.statistics;
  const second = client.call("SET", "k", "new");
  const reader = await server.client();
  const read = reader.call("GET", "k");
  await until(() => server.context.statistics.commandCount === commandCount + 2);
  await until(() => disk.waitingCount === 1);
  const order = noted({ first: first ?? second, second, read });
  await turns(20);
  expect([order, store.position - store.settledPosition > 1]).toEqual([[], true]);
  disk.release();
  expect(await Promise.all([first, second, read])).toEqual(["OK", "OK", "new"]);
  expect(order[0]).toBe("first");
  expect(store.settledPosition).toBe(store.position);
});

test("a connection that ends in a later turn than its writes is sent all its replies", async () => {
  const { server, crowd } = await serve();
  const { port } = server;
  const [quitting, halfClosed, broken] = await Promise.all([1, 2, 3].map(() => ByteConnection.open(port)));
  disk.isHeld = true;
  const first = await crowd("one");
  await until(() => disk.waitingCount === 1);
  const { commandCount } = server.context.statistics;
  for (const one of [quitting, halfClosed, broken]) one?.write(Buffer.from("SET k 1\r\n"));
  await until(() => server.context.statistics.commandCount === commandCount + 3);
  quitting?.write(Buffer.from("QUIT\r\n"));
  halfClosed?.write(Buffer.from("SET k 2\r\n"));
  halfClosed?.end();
  broken?.write(Buffer.from("*1\r\n+no\r\n"));
  await until(() => server.context.statistics.commandCount === commandCount + 5);
  await turns(20);
  disk.release();
  await Promise.all(first);
  expect(await allOf(quitting)).toBe("+OK\r\n+OK\r\n");
  expect(await allOf(halfClosed)).toBe("+OK\r\n+OK\r\n");
  expect(await allOf(broken)).toBe("+OK\r\n-ERR Protocol error: expected '$', got '+'\r\n");
});

test("a sync that fails with two turns in flight refuses both, and reads of what they wrote", async () => {
  const { server, store, directory, client, crowd } = await serve();
  const before = [await client.call("SM.INFO", "m"), await client.call("DBSIZE")];
  const counted = await client.call("SM.COUNT", "BY", "STATE");
  disk.isHeld = true;
  const replies = await crowd("lost");
  await until(() => disk.waitingCount === 1);
  const { commandCount } = server.context.statistics;
  const sent = client.call("SM.SEND", "m", "GO", "{}", "ID", "1");
  const [reader, other] = [await server.client(), await server.client()];
  const read = reader.call("SM.STATE", "m");
  const listened = other.call("SUBSCRIBE", "news");
  await until(() => server.context.statistics.commandCount === commandCount + 3);
  disk.release(noRoom());
  const misconf = { message: expect.stringMatching(/^MISCONF .*the disk is full/) };
  for (const reply of [...replies, sent, read]) expect(await reply).toMatchObject(misconf);
  // What tells of nothing that is stored is answered as ever.
  expect(await listened).toEqual(["subscribe", "news", 1]);
  expect(await client.call("SET", "k", "v")).toMatchObject(misconf);
  expect(await client.call("GET", "k")).toBe("old");
  disk.mend();
  await until(() => {
    try {
      store.reopen();
      return true;
    } catch {
      return false;
    }
  });
  expect([await client.call("SM.INFO", "m"), await client.call("DBSIZE")]).toEqual(before);
  expect(await client.call("SM.COUNT", "BY", "STATE")).toEqual(counted);
  expect(await client.call("XLEN", "sm:changes:lamp")).toBe(1);
  // The event was not taken, so that its id is new.
  expect(await client.call("SM.SEND", "m", "GO", "{}", "ID", "1")).not.toMatchObject({
    message: expect.anything(),
  });
  expect(await client.call("SM.CONTEXT", "m", "n")).toEqual(["1"]);
  const again = await startTestServer({ store: Store.open(imageOf(directory), OBJECT_TYPES) });
  const later = await again.client();
  expect(await later.call("SM.CONTEXT", "m", "n")).toEqual(["1"]);
  expect(await later.call("KEYS", "lost:*")).toEqual([]);
  await again.close();
});

test("a blocked client gets nothing that was rolled back", async () => {
  const { server, store, client, crowd } = await serve();
  const taker = await server.client();
  const taken = taker.call("BLPOP", "list", "0");
  await until(() => server.context.waiters.size === 1);
  disk.isHeld = true;
  const replies = await crowd("lost");
  await until(() => disk.waitingCount === 1);
  const pushed = client.call("RPUSH", "list", "lost");
  await until(() => server.context.waiters.size === 0);
  disk.release(noRoom());
  for (const reply of [...replies, pushed, taken])
    expect(await reply).toMatchObject({ message: expect.stringMatching(/^MISCONF/) });
  disk.mend();
  store.reopen();
  expect(await client.call("EXISTS", "list")).toBe(0);
});

test("messages of a turn are sent when it is on disk, and dropped when it is rolled back", async () => {
  const { server, client, crowd } = await serve();
  const listener = await server.client();
  await listener.call("SUBSCRIBE", "news");
  disk.isHeld = true;
  await crowd("held");
  const { commandCount } = server.context.statistics;
  const published = client.call("PUBLISH", "news", "early");
  await until(() => server.context.statistics.commandCount === commandCount + 1);
  const order = noted({ published });
  await turns(10);
  expect(order).toEqual([]);
  disk.release();
  expect(await published).toBe(1);
  expect((await listener.next()).value).toEqual(["message", "news", "early"]);
});

test("shutdown syncs turns in flight and sends their replies", async () => {
  const directory = temporaryDirectory();
  const store = Store.open(directory, OBJECT_TYPES);
  const server = await startTestServer({ store, overlaps: true });
  const clients = await Promise.all(Array.from({ length: CROWD }, () => server.client()));
  disk.isHeld = true;
  const replies = clients.map((one, index) => one.call("SET", `k${index}`, "v"));
  await until(() => server.context.statistics.commandCount === CROWD);
  setImmediate(() => disk.release());
  const [, ...answers] = await Promise.all([server.context.shutdown(), ...replies]);
  expect(answers).toEqual(replies.map(() => "OK"));
  await server.close();
});

test("a turn waits for its sync when nobody else is ready and the disk is fast", async () => {
  const { client, store } = await serve(false);
  vi.spyOn(store, "lastSyncMs", "get").mockReturnValue(0.4);
  disk.isHeld = true;
  expect(await client.call("SET", "k", "v")).toBe("OK");
  expect(disk.waitingCount).toBe(0);
});

test("a turn does not wait for its sync when the disk is slow", async () => {
  const { client, store } = await serve(false);
  vi.spyOn(store, "lastSyncMs", "get").mockReturnValue(8);
  disk.isHeld = true;
  const reply = client.call("SET", "k", "v");
  await until(() => disk.waitingCount === 1);
  disk.release();
  expect(await reply).toBe("OK");
});

test("no further turn begins while many wait for the disk", async () => {
  const { server, client, crowd } = await serve();
  disk.isHeld = true;
  await crowd("held");
  const clients = await Promise.all(Array.from({ length: 30 }, () => server.client()));
  const replies: Promise<unknown>[] = [];
  const ran = server.context.statistics.turns;
  const before = ran.count;
  for (const one of clients) {
    replies.push(one.call("INCR", "counter"));
    await turns(5);
  }
  expect(ran.count - before).toBeLessThanOrEqual(16);
  disk.release();
  expect((await Promise.all(replies)).toSorted()).toEqual(clients.map((_one, index) => index + 1).toSorted());
  expect(await client.call("GET", "counter")).toBe("30");
});
