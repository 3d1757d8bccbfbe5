import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { ORDER } from "./order.ts";

describe.each([2, 3] as const)("ioredis in RESP%i", (protocol) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const connect = async (options = {}): Promise<Redis> => {
    const client = new Redis(server.port, "127.0.0.1", { protocol, lazyConnect: true, ...options });
    await client.connect();
    onTestFinished(() => client.disconnect());
    return client;
  };

  test("speaks the protocol asked for", async () => {
    const client = await connect({ connectionName: "tester" });
    const info = String(await client.call("CLIENT", "INFO"));
    expect(info).toContain(`resp=${protocol} `);
    expect(info).toContain("name=tester ");
  });

  test("plays the order", async () => {
    const client = await connect({ db: 2 });
    for (const [[name = "", ...args], reply] of ORDER)
      expect(await client.call(name, ...args)).toEqual(reply);
  });

  test("sends pipelines and transactions", async () => {
    const client = await connect();
    const pipeline = client.pipeline();
    for (let at = 0; at < 1000; at += 1) pipeline.set(`k${at}`, at);
    const replies = await pipeline.exec();
    expect(replies?.every(([error, reply]) => error === null && reply === "OK")).toBe(true);
    await client.watch("k0");
    const done = await client.multi().incr("k1").get("k1").exec();
    expect(done).toEqual([
      [null, 2],
      [null, "2"],
    ]);
    const other = await connect();
    await client.watch("k0");
    await other.set("k0", "changed");
    expect(await client.multi().set("k0", "mine").exec()).toBeNull();
  });

  test("reads INFO and CONFIG, and shows errors with their codes", async () => {
    const client = await connect();
    expect(await client.info()).toMatch(/redis_version:7\.2\.\d+\r\n/);
    expect(await client.config("GET", "maxclients")).toEqual(["maxclients", "10000"]);
    await client.set("text", "v");
    await expect(client.call("SM.GET", "text")).rejects.toThrow(/^WRONGTYPE /);
  });

  test("returns a binary value unchanged", async () => {
    const client = await connect();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await client.set("bytes", bytes);
    expect(await client.getBuffer("bytes")).toEqual(bytes);
  });
});
