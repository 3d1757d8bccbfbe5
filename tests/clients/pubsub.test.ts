import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe.each([2, 3] as const)("pub/sub in RESP%i", (protocol) => {
  test("node-redis gets messages of channels, patterns and shard channels", async () => {
    const connect = async () => {
      const client = createClient({
        RESP: protocol,
        socket: { port: server.port, reconnectStrategy: false },
      });
      await client.connect();
      onTestFinished(() => client.destroy());
      return client;
    };
    const [subscriber, publisher] = [await connect(), await connect()];
    const heard: string[] = [];
    await subscriber.subscribe("news", (message) => heard.push(message));
    await subscriber.pSubscribe("n?ght", (message, channel) => heard.push(`${channel}: ${message}`));
    await subscriber.sSubscribe("shard", (message) => heard.push(message));
    expect(await publisher.publish("news", "one")).toBe(1);
    expect(await publisher.publish("night", "two")).toBe(1);
    expect(await publisher.sPublish("shard", "three")).toBe(1);
    await subscriber.unsubscribe("news");
    expect(await publisher.publish("news", "four")).toBe(0);
    await subscriber.ping();
    expect(heard).toEqual(["one", "night: two", "three"]);
  });

  test("ioredis gets messages of channels and patterns, and sends commands after it has unsubscribed", async () => {
    const connect = () => {
      const client = new Redis({ port: server.port, protocol });
      onTestFinished(() => client.disconnect());
      return client;
    };
    const [subscriber, publisher] = [connect(), connect()];
    const heard: string[] = [];
    subscriber.on("message", (channel: string, message: string) => heard.push(channel, message));
    subscriber.on("pmessage", (...parts: string[]) => heard.push(...parts));
    expect(await subscriber.subscribe("ours")).toBe(1);
    expect(await subscriber.psubscribe("th*")).toBe(2);
    expect(await publisher.publish("ours", "one")).toBe(1);
    expect(await publisher.publish("theirs", "two")).toBe(1);
    await subscriber.unsubscribe("ours");
    await subscriber.punsubscribe("th*");
    expect(heard).toEqual(["ours", "one", "th*", "theirs", "two"]);
    expect(await subscriber.set("k", "v")).toBe("OK");
  });
});

describe.each([2, 3] as const)("keyspace notifications in RESP%i", (protocol) => {
  /** What is reported of these: a key that is written, made to expire, and read too late; a machine. */
  const requests = [
    ["SET", "k", "v", "PX", "1"],
    ["XADD", "t", "1-1", "a", "1"],
    ["SM.CREATE", "m"],
    ["DEL", "t", "m"],
  ];
  const told = ["set k", "expire k", "xadd t", "sm.create m", "del t", "del m", "expired k"].sort();

  test("node-redis receives keyspace events", async () => {
    const options = { RESP: protocol, socket: { port: server.port, reconnectStrategy: false } } as const;
    const [subscriber, client] = [createClient(options), createClient(options)];
    await Promise.all([subscriber.connect(), client.connect()]);
    onTestFinished(() => {
      subscriber.destroy();
      client.destroy();
    });
    await client.configSet("notify-keyspace-events", "EA");
    const heard: string[] = [];
    await subscriber.pSubscribe("__keyevent@0__:*", (key, channel) => {
      heard.push(`${channel.slice("__keyevent@0__:".length)} ${key}`);
    });
    for (const request of requests) await client.sendCommand(request);
    await vi.waitFor(() => expect([...heard].sort()).toEqual(told));
  });

  test("ioredis receives keyspace events", async () => {
    const [subscriber, client] = [
      new Redis({ port: server.port, protocol, db: 1 }),
      new Redis({ port: server.port, protocol, db: 1 }),
    ];
    onTestFinished(() => {
      subscriber.disconnect();
      client.disconnect();
    });
    await client.config("SET", "notify-keyspace-events", "KA");
    const heard: string[] = [];
    subscriber.on("pmessage", (_pattern: string, channel: string, event: string) => {
      heard.push(`${event} ${channel.slice("__keyspace@1__:".length)}`);
    });
    await subscriber.psubscribe("__keyspace@1__:*");
    for (const [name = "", ...args] of requests) await client.call(name, ...args);
    await vi.waitFor(() => expect([...heard].sort()).toEqual(told));
  });
});

test("ioredis in RESP2 receives invalidations on another connection", async () => {
  const [listener, reader, writer] = [0, 1, 2].map(() => new Redis({ port: server.port, protocol: 2 }));
  if (listener === undefined || reader === undefined || writer === undefined)
    throw new Error("three of them");
  onTestFinished(() => {
    for (const client of [listener, reader, writer]) client.disconnect();
  });
  const id = await listener.client("ID");
  const heard: string[] = [];
  listener.on("message", (channel: string, key: string) => heard.push(`${channel} ${key}`));
  await listener.subscribe("__redis__:invalidate");
  expect(await reader.call("CLIENT", "TRACKING", "ON", "REDIRECT", id)).toBe("OK");
  await writer.mset("x", "1", "y", "2");
  expect(await reader.mget("x", "y")).toEqual(["1", "2"]);
  await writer.set("x", "3");
  await vi.waitFor(() => expect(heard).toEqual(["__redis__:invalidate x"]));
});

test("ioredis in RESP3 reads keys while it receives invalidations", async () => {
  const [reader, writer] = [new Redis({ port: server.port, protocol: 3 }), new Redis(server.port)];
  onTestFinished(() => {
    reader.disconnect();
    writer.disconnect();
  });
  expect(await reader.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "told:", "NOLOOP")).toBe("OK");
  for (let round = 0; round < 100; round += 1) {
    await writer.set("told:x", round);
    expect(await reader.get("told:x")).toBe(String(round));
  }
});

test("node-redis in RESP2 tracks with OPTIN, and receives invalidations on another connection", async () => {
  const options = { RESP: 2, socket: { port: server.port, reconnectStrategy: false } } as const;
  const [listener, reader, writer] = [createClient(options), createClient(options), createClient(options)];
  await Promise.all([listener.connect(), reader.connect(), writer.connect()]);
  onTestFinished(() => {
    for (const client of [listener, reader, writer]) client.destroy();
  });
  const id = await listener.clientId();
  const heard: unknown[] = [];
  await listener.subscribe("__redis__:invalidate", (keys) => heard.push(keys));
  await reader.clientTracking(true, { REDIRECT: id, OPTIN: true });
  expect(await reader.clientGetRedir()).toBe(id);
  await writer.mSet(["x", "1", "y", "2"]);
  await reader.get("x");
  await reader.clientCaching(true);
  await reader.get("y");
  await writer.mSet(["x", "3", "y", "4"]);
  await vi.waitFor(() => expect(heard.flat().map(String)).toEqual(["y"]));
  expect((await reader.clientTrackingInfo()).redirect).toBe(id);
});

test("the cache of node-redis drops keys that another client changes", async () => {
  const client = createClient({
    RESP: 3,
    clientSideCache: { ttl: 0, maxEntries: 10 },
    socket: { port: server.port, reconnectStrategy: false },
  });
  const writer = createClient({ socket: { port: server.port, reconnectStrategy: false } });
  await client.connect();
  await writer.connect();
  onTestFinished(() => {
    client.destroy();
    writer.destroy();
  });
  await writer.set("cached", "old");
  expect([await client.get("cached"), await client.get("cached")]).toEqual(["old", "old"]);
  await writer.set("cached", "new");
  await vi.waitFor(async () => expect(await client.get("cached")).toBe("new"));
});
