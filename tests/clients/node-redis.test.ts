import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { ORDER } from "./order.ts";

describe.each([2, 3] as const)("node-redis in RESP%i", (protocol) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const connect = async () => {
    const client = createClient({
      RESP: protocol,
      name: "tester",
      database: 3,
      socket: { host: "127.0.0.1", port: server.port, reconnectStrategy: false },
    });
    await client.connect();
    onTestFinished(() => client.destroy());
    return client;
  };

  test("speaks the protocol asked for", async () => {
    const client = await connect();
    const info = await client.sendCommand(["CLIENT", "INFO"]);
    expect(String(info)).toContain(`resp=${protocol} lib-name=node-redis`);
    expect(String(info)).toContain("name=tester ");
  });

  test("plays the order", async () => {
    const client = await connect();
    for (const [request, reply] of ORDER) expect(await client.sendCommand([...request])).toEqual(reply);
  });

  test("sends pipelines and transactions", async () => {
    const client = await connect();
    const replies = await Promise.all(
      Array.from({ length: 1000 }, (_, at) => client.set(`k${at}`, String(at))),
    );
    expect(new Set(replies)).toEqual(new Set(["OK"]));
    expect(await client.multi().incr("k1").get("k1").exec()).toEqual([2, "2"]);
    const other = await connect();
    await client.watch("k0");
    await other.set("k0", "changed");
    await expect(client.multi().set("k0", "mine").exec()).rejects.toThrow();
  });

  test("reads INFO, CONFIG and CLIENT LIST, and shows errors with their codes", async () => {
    const client = await connect();
    expect(await client.info()).toMatch(/redis_version:7\.2\.\d+\r\n/);
    expect(await client.configGet("maxclients")).toEqual({ maxclients: "10000" });
    expect((await client.clientList()).length).toBeGreaterThan(0);
    await client.set("text", "v");
    await expect(client.sendCommand(["SM.GET", "text"])).rejects.toThrow(/^WRONGTYPE /);
    const keys: string[] = [];
    for await (const some of client.scanIterator({ MATCH: "te*" })) keys.push(...some);
    expect(keys).toEqual(["text"]);
  });
});
