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

  test("ioredis gets messages of channels and patterns, and goes on when it has unsubscribed", async () => {
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

test("the cache of node-redis forgets what another client has changed", async () => {
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
