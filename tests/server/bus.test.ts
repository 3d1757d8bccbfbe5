/** Channels across the servers of a cluster: a client subscribes at any of them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { TestClient } from "../support/client.ts";
import { member, viewOf } from "../support/cluster-view.ts";
import { type FailingStore, failingStore } from "../support/failing-store.ts";
import { localBus } from "../support/local-bus.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const MEMBERS = [member("a", 7001), member("b", 7002)];

let disk: FailingStore;
let owner: TestServer;
let standby: TestServer;
let writer: TestClient;
let reader: TestClient;

beforeEach(async () => {
  const bus = localBus();
  const facts = { members: MEMBERS, owner: "a" };
  disk = failingStore();
  const store = Store.over(disk.store, OBJECT_TYPES);
  owner = await startTestServer({ cluster: viewOf("a", facts), bus: bus(), store });
  standby = await startTestServer({ cluster: viewOf("b", facts), bus: bus() });
  writer = await owner.client();
  reader = await standby.client();
  await reader.call("HELLO", "3");
});
afterEach(async () => {
  await owner.close();
  await standby.close();
});

/** What the reader is pushed, once there are so many. */
async function pushed(count: number, client = reader): Promise<string[]> {
  while (client.pushes.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  return client.pushes.map(({ bytes }) =>
    bytes
      .toString()
      .trimEnd()
      .split("\r\n")
      .filter((line) => !/^[>$*:%]/.test(line))
      .join(" "),
  );
}

async function subscribe(...request: string[]): Promise<void> {
  reader.write(`${request.join(" ")}\r\n`);
  await pushed(1);
  reader.pushes.length = 0;
}

describe("a subscriber at another server", () => {
  test("gets what is published at the owner, in order, and does not count there", async () => {
    await subscribe("SUBSCRIBE", "news");
    for (let number = 0; number < 50; number += 1)
      expect(await writer.call("PUBLISH", "news", String(number))).toBe(0);
    expect(await pushed(50)).toEqual(Array.from({ length: 50 }, (_, number) => `message news ${number}`));
  });

  test("gets what matches its pattern, and bytes that are no text", async () => {
    await subscribe("PSUBSCRIBE", "n*");
    await writer.call("PUBLISH", "news", Buffer.from([0, 255, 13, 10, 200]));
    await pushed(1);
    expect(reader.pushes[0]?.bytes.includes(Buffer.from([0, 255, 13, 10, 200]))).toBe(true);
  });

  test("gets messages of a shard channel, wherever they are published", async () => {
    await subscribe("SSUBSCRIBE", "news");
    await writer.call("SPUBLISH", "news", "1");
    await pushed(1);
    expect(await reader.call("SPUBLISH", "news", "2")).toBe(1);
    expect(await pushed(2)).toEqual(["smessage news 1", "smessage news 2"]);
  });

  test("gets what a standby publishes at the owner", async () => {
    const listener = await owner.client();
    await listener.call("HELLO", "3");
    listener.write("SUBSCRIBE news\r\n");
    await pushed(1, listener);
    expect(await reader.call("PUBLISH", "news", "from afar")).toBe(0);
    expect((await pushed(2, listener))[1]).toBe("message news from afar");
  });

  test("gets keyspace events and changes of machines of the owner", async () => {
    await writer.call("CONFIG", "SET", "notify-keyspace-events", "KA");
    await subscribe("PSUBSCRIBE", "__keyspace@0__:*", "sm:order:1");
    await pushed(0);
    reader.pushes.length = 0;
    await writer.call(
      "SM.DEF",
      "CREATE",
      "order",
      '{"initial":"open","states":{"open":{"on":{"PAY":"paid"}},"paid":{}}}',
    );
    await writer.call("SET", "k", "1");
    await writer.call("SM.CREATE", "order:1", "order");
    await writer.call("SM.SEND", "order:1", "PAY");
    while (!reader.pushes.some(({ bytes }) => bytes.includes('"event":"PAY"')))
      await new Promise((resolve) => setTimeout(resolve, 1));
    const all = reader.pushes.map(({ bytes }) => bytes.toString()).join("");
    expect(all).toContain("__keyspace@0__:k\r\n$3\r\nset\r\n");
  });

  test("gets what a transaction publishes, and nothing of a commit that fails", async () => {
    await subscribe("SUBSCRIBE", "news");
    await writer.call("MULTI");
    await writer.call("PUBLISH", "news", "1");
    await writer.call("SET", "k", "1");
    await writer.call("EXEC");
    expect(await pushed(1)).toEqual(["message news 1"]);
    disk.fail(1000);
    const refused = await writer.pipeline([
      ["PUBLISH", "news", "lost"],
      ["SET", "k", "2"],
    ]);
    expect(refused.map(({ bytes }) => bytes.toString().slice(0, 9))).toEqual(["-MISCONF ", "-MISCONF "]);
    await writer.call("PUBLISH", "news", "2");
    expect(await pushed(2)).toEqual(["message news 1", "message news 2"]);
  });

  test.each([
    ["SUBSCRIBE", "sm:order:1", true],
    ["SUBSCRIBE", "__keyspace@0__:k", true],
    ["SUBSCRIBE", "news", false],
    ["SUBSCRIBE", "s*", false],
    ["PSUBSCRIBE", "*", true],
    ["PSUBSCRIBE", "s*", true],
    ["PSUBSCRIBE", "sm:order:*", true],
    ["PSUBSCRIBE", "[a-z]*", true],
    ["PSUBSCRIBE", "__key*__:*", true],
    ["PSUBSCRIBE", "sm", false],
    ["PSUBSCRIBE", "news*", false],
    ["SSUBSCRIBE", "sm:order:1", false],
  ])("%s %s has the owner send events: %s", async (command, name, isHeard) => {
    expect(owner.context.subscriptions.hasSubscribers).toBe(false);
    await subscribe(command, name);
    expect(owner.context.subscriptions.hasSubscribers).toBe(isHeard);
    reader.write("UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\n");
    await pushed(2);
    expect(owner.context.subscriptions.hasSubscribers).toBe(false);
  });

  test("causes no event for other servers when it is connected to the owner", async () => {
    await writer.call("HELLO", "3");
    writer.write("PSUBSCRIBE *\r\n");
    await pushed(1, writer);
    await writer.call("CONFIG", "SET", "notify-keyspace-events", "KA");
    await subscribe("SUBSCRIBE", "news");
    await writer.call("SET", "k", "1");
    await writer.call("PUBLISH", "news", "1");
    // Nothing else has come before it.
    expect(await pushed(1)).toEqual(["message news 1"]);
    expect((await pushed(3, writer)).slice(1)).toEqual(["pmessage __keyspace@0__:k set", "pmessage news 1"]);
  });
});
