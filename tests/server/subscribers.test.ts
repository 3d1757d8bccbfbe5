import { expect, onTestFinished, test } from "vitest";
import type { ConfigValues } from "../../src/config/directives.ts";
import { ByteConnection, settle } from "../support/byte-connection.ts";
import { encodeRequest, type TestClient } from "../support/client.ts";
import { Push } from "../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

async function serve(config: Partial<ConfigValues> = {}, clock = new VirtualClock()): Promise<TestServer> {
  const server = await startTestServer({ config, clock });
  onTestFinished(() => server.close());
  return server;
}

/** What a client was pushed so far, but for confirmations. */
async function pushed(client: TestClient): Promise<unknown[]> {
  await client.call("PING");
  return client.pushes
    .map(({ value }) => (value instanceof Push ? value.items : []))
    .filter(([kind]) => kind !== "subscribe");
}

async function listener(server: TestServer, channel: string): Promise<TestClient> {
  const client = await server.client();
  await client.call("HELLO", "3");
  client.write(encodeRequest(["SUBSCRIBE", channel]));
  await client.call("PING");
  return client;
}

test("a change of a machine is published to the channel of its key", async () => {
  const server = await serve();
  const client = await server.client();
  const door = '{"current":"shut","map":{"shut":["open"],"open":["shut"]},"initial":"shut","reason":""}';
  expect(await client.call("SM.SET", "door", door)).toBe("OK");
  const watcher = await listener(server, "sm:door");
  await client.call("SM.MUTATE", "door", "open");
  await client.call("SM.MUTATE", "door", "nowhere");
  const [message, ...others] = await pushed(watcher);
  expect(others).toEqual([]);
  expect(JSON.parse(String((message as string[])[2]))).toMatchObject({
    key: "door",
    kind: "mutate",
    from: ["shut"],
    to: ["open"],
  });
});

test("a key that expires by itself is reported", async () => {
  const clock = new VirtualClock();
  const server = await serve({ "notify-keyspace-events": new Set(["E", "x"]) }, clock);
  const client = await server.client();
  const watcher = await listener(server, "__keyevent@0__:expired");
  await client.call("SET", "k", "v", "PX", 500);
  clock.advance(500);
  await client.call("PING");
  expect(await pushed(watcher)).toEqual([["message", "__keyevent@0__:expired", "k"]]);
});

test("a subscriber that does not read is disconnected at its output limit, and others are not", async () => {
  const limit = { hardBytes: 1 << 20, softBytes: 0, softSeconds: 0 };
  const server = await serve({
    "client-output-buffer-limit": { normal: { ...limit, hardBytes: 0 }, replica: limit, pubsub: limit },
  });
  const publisher = await server.client();
  const reader = await ByteConnection.open(server.port);
  const sleeper = await ByteConnection.open(server.port);
  const fence = await ByteConnection.open(server.port);
  onTestFinished(() => [reader, sleeper, fence].forEach((one) => void one.close()));
  for (const one of [reader, sleeper]) {
    one.write(encodeRequest(["SUBSCRIBE", "news"]));
    await one.replies(1);
  }
  sleeper.pause();
  for (let count = 0; count < 400; count += 1) {
    await publisher.call("PUBLISH", "news", Buffer.alloc(100_000, "x"));
    reader.take();
  }
  await settle(fence);
  expect(await publisher.call("PUBSUB", "NUMSUB", "news")).toEqual(["news", 1]);
  expect(reader.isClosed).toBe(false);
});

test("tracking drops the oldest keys beyond tracking-table-max-keys, and invalidates them for their readers", async () => {
  const server = await serve({ "tracking-table-max-keys": 2 });
  const client = await server.client();
  await client.call("HELLO", "3");
  await client.call("CLIENT", "TRACKING", "ON");
  for (const key of ["a", "b", "c", "d"]) await client.call("GET", key);
  expect(await pushed(client)).toEqual([
    ["invalidate", ["a"]],
    ["invalidate", ["b"]],
  ]);
  expect(server.context.tracking.counts).toEqual({ keys: 2, items: 2, prefixes: 0 });
});
