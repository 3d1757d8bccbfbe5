/** Streams and groups as ioredis and node-redis drive them, and how these show the replies. */
import { Redis } from "ioredis";
import { createClient, ErrorReply } from "redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe.each([2, 3] as const)("ioredis in RESP%i", (protocol) => {
  const connect = (): Redis => {
    const client = new Redis({ port: server.port, protocol });
    onTestFinished(() => client.disconnect());
    return client;
  };

  test("adds, reads and trims entries", async () => {
    const client = connect();
    await client.flushall();
    for (let at = 1; at <= 10; at += 1) expect(await client.xadd("s", `${at}-1`, "at", at)).toBe(`${at}-1`);
    expect(await client.xadd("none", "NOMKSTREAM", "*", "a", "1")).toBeNull();
    expect(await client.xlen("s")).toBe(10);
    expect(await client.xrange("s", "(9-1", "+")).toEqual([["10-1", ["at", "10"]]]);
    expect(await client.xrevrange("s", "+", "-", "COUNT", 1)).toEqual([["10-1", ["at", "10"]]]);
    expect(await client.xread("COUNT", 1, "STREAMS", "s", "other", "8-1", "0")).toEqual([
      ["s", [["9-1", ["at", "9"]]]],
    ]);
    expect(await client.xread("BLOCK", 10, "STREAMS", "s", "$")).toBeNull();
    expect(await client.xtrim("s", "MAXLEN", "=", 2)).toBe(8);
    expect(await client.xdel("s", "9-1", "77-1")).toBe(1);
    expect(await client.xinfo("STREAM", "s")).toEqual(
      expect.arrayContaining([
        "length",
        1,
        "last-generated-id",
        "10-1",
        "first-entry",
        ["10-1", ["at", "10"]],
      ]),
    );
    await expect(client.xadd("s", "5-1", "a", "1")).rejects.toThrow(/^ERR The ID specified in XADD is equal/);
  });

  test("a blocked read receives the entry that another connection adds", async () => {
    const [client, other] = [connect(), connect()];
    await client.flushall();
    const read = client.xread("BLOCK", 0, "STREAMS", "w", "0");
    await other.xadd("w", "1-1", "a", "1");
    expect(await read).toEqual([["w", [["1-1", ["a", "1"]]]]]);
  });

  test("groups hand out entries and keep them until they are acknowledged", async () => {
    const client = connect();
    await client.flushall();
    for (let at = 1; at <= 4; at += 1) await client.xadd("g", `${at}-1`, "at", at);
    expect(await client.xgroup("CREATE", "g", "workers", "0")).toBe("OK");
    await expect(client.xgroup("CREATE", "g", "workers", "0")).rejects.toThrow(/^BUSYGROUP /);
    const read = (...from: [string, ...string[]]) =>
      client.call("XREADGROUP", "GROUP", "workers", "ann", "COUNT", 2, "STREAMS", ...from);
    expect(JSON.stringify(await read("g", ">"))).toContain('[["1-1",["at","1"]],["2-1",["at","2"]]]');
    expect(await client.xreadgroup("GROUP", "workers", "bob", "NOACK", "STREAMS", "g", ">")).toEqual([
      [
        "g",
        [
          ["3-1", ["at", "3"]],
          ["4-1", ["at", "4"]],
        ],
      ],
    ]);
    expect(await client.xack("g", "workers", "1-1")).toBe(1);
    expect(await client.xpending("g", "workers")).toEqual([1, "2-1", "2-1", [["ann", "1"]]]);
    expect(await client.xclaim("g", "workers", "bob", 0, "2-1")).toEqual([["2-1", ["at", "2"]]]);
    expect(await client.xautoclaim("g", "workers", "cid", 0, "0")).toEqual([
      "0-0",
      [["2-1", ["at", "2"]]],
      [],
    ]);
    expect(await client.xpending("g", "workers", "-", "+", 10)).toEqual([
      ["2-1", "cid", expect.any(Number), 3],
    ]);
    const groups = await client.xinfo("GROUPS", "g");
    expect(groups).toEqual([
      expect.arrayContaining(["name", "workers", "consumers", 3, "pending", 1, "lag", 0]),
    ]);
    expect(await client.xgroup("DELCONSUMER", "g", "workers", "cid")).toBe(1);
    expect(await client.xgroup("DESTROY", "g", "workers")).toBe(1);
    await expect(read("g", ">")).rejects.toThrow(/^NOGROUP /);
  });
});

describe.each([2, 3] as const)("node-redis in RESP%i", (protocol) => {
  const connect = async () => {
    const client = createClient({
      RESP: protocol,
      socket: { port: server.port, reconnectStrategy: false },
    });
    await client.connect();
    onTestFinished(() => client.destroy());
    return client;
  };

  test("adds, reads and trims entries", async () => {
    const client = await connect();
    await client.flushAll();
    for (let at = 1; at <= 10; at += 1) {
      expect(await client.xAdd("s", `${at}-1`, { at: String(at) })).toBe(`${at}-1`);
    }
    expect(await client.xLen("s")).toBe(10);
    expect(await client.xRange("s", "(9-1", "+")).toEqual([{ id: "10-1", message: { at: "10" } }]);
    expect(await client.xRevRange("s", "+", "-", { COUNT: 1 })).toEqual([
      { id: "10-1", message: { at: "10" } },
    ]);
    const streams = [
      { key: "s", id: "8-1" },
      { key: "other", id: "0" },
    ];
    expect(await client.xRead(streams, { COUNT: 1 })).toEqual([
      { name: "s", messages: [{ id: "9-1", message: { at: "9" } }] },
    ]);
    expect(await client.xRead({ key: "s", id: "$" }, { BLOCK: 10 })).toBeNull();
    expect(await client.xTrim("s", "MINID", 9)).toBe(8);
    expect(await client.xDel("s", ["9-1", "77-1"])).toBe(1);
    expect(await client.xInfoStream("s")).toMatchObject({
      length: 1,
      "last-generated-id": "10-1",
      "entries-added": 10,
      "first-entry": { id: "10-1", message: { at: "10" } },
    });
    await expect(client.xAdd("s", "5-1", { a: "1" })).rejects.toThrow(ErrorReply);
  });

  test("a blocked read receives the entry that another connection adds", async () => {
    const [client, other] = [await connect(), await connect()];
    await client.flushAll();
    const read = client.xRead({ key: "w", id: "0" }, { BLOCK: 0 });
    await other.xAdd("w", "1-1", { a: "1" });
    expect(await read).toEqual([{ name: "w", messages: [{ id: "1-1", message: { a: "1" } }] }]);
  });

  test("groups hand out entries and keep them until they are acknowledged", async () => {
    const client = await connect();
    await client.flushAll();
    for (let at = 1; at <= 4; at += 1) await client.xAdd("g", `${at}-1`, { at: String(at) });
    expect(await client.xGroupCreate("g", "workers", "0")).toBe("OK");
    await expect(client.xGroupCreate("g", "workers", "0")).rejects.toThrow(/^BUSYGROUP /);
    const read = (consumer: string, options: object) =>
      client.xReadGroup("workers", consumer, { key: "g", id: ">" }, options);
    const entry = (at: number) => ({ id: `${at}-1`, message: { at: String(at) } });
    expect(await read("ann", { COUNT: 2 })).toMatchObject([{ name: "g", messages: [entry(1), entry(2)] }]);
    expect(await read("bob", { NOACK: true })).toMatchObject([{ name: "g", messages: [entry(3), entry(4)] }]);
    expect(await client.xAck("g", "workers", "1-1")).toBe(1);
    expect(await client.xPending("g", "workers")).toEqual({
      pending: 1,
      firstId: "2-1",
      lastId: "2-1",
      consumers: [{ name: "ann", deliveriesCounter: 1 }],
    });
    expect(await client.xClaim("g", "workers", "bob", 0, "2-1")).toEqual([entry(2)]);
    expect(await client.xAutoClaim("g", "workers", "cid", 0, "0")).toEqual({
      nextId: "0-0",
      messages: [entry(2)],
      deletedMessages: [],
    });
    expect(await client.xPendingRange("g", "workers", "-", "+", 10)).toMatchObject([
      { id: "2-1", consumer: "cid", deliveriesCounter: 3 },
    ]);
    expect(await client.xInfoGroups("g")).toMatchObject([
      { name: "workers", consumers: 3, pending: 1, "last-delivered-id": "4-1", lag: 0 },
    ]);
    const consumers = await client.xInfoConsumers("g", "workers");
    expect(consumers.map(({ name, pending }) => [name, pending])).toEqual([
      ["ann", 0],
      ["bob", 0],
      ["cid", 1],
    ]);
    expect(await client.xGroupDelConsumer("g", "workers", "cid")).toBe(1);
    expect(await client.xGroupDestroy("g", "workers")).toBe(1);
    await expect(read("ann", {})).rejects.toThrow(/^NOGROUP /);
  });
});
