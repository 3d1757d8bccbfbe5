import { afterEach, beforeEach, expect, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { SharedMemory, type StartedMember } from "./shared-memory.ts";

let cluster: SharedMemory;
let started: StartedMember[];

beforeEach(() => {
  cluster = new SharedMemory();
  started = [];
});

afterEach(async () => {
  for (const { member } of started) await member.close();
});

async function start(name: string): Promise<StartedMember> {
  const member = await cluster.start(name);
  started.push(member);
  return member;
}

async function owning(name: string): Promise<StartedMember> {
  const member = await start(name);
  await expect.poll(() => member.member.isOwner).toBe(true);
  return member;
}

test("a member that is alone takes the slots and serves them on the port it stood by on", async () => {
  const first = await start("a");
  const { port } = first.member.server;
  await expect.poll(() => first.member.isOwner).toBe(true);
  expect(first.member.server.port).toBe(port);
  const client = await first.client();
  expect(await client.call("SET", "k", "v")).toBe("OK");
  const view = first.member.server.context.cluster;
  expect(view?.ownerOf(7)).toMatchObject({ id: first.id, port });
  expect(view?.isServing(0, performance.now())).toBe(true);
  await client.close();
});

test("a second member stands by and knows the owner", async () => {
  const first = await owning("a");
  const second = await start("b");
  const view = second.member.server.context.cluster;
  expect(view?.ownerOf(7)).toMatchObject({ id: first.id, port: first.member.server.port });
  expect(view?.isServing(0, performance.now())).toBe(false);
  expect(view?.isOver(0, performance.now())).toBe(false);
  expect(second.lines.join("\n")).toMatch(
    /Standing by: 127\.0\.0\.1:\d+ \(aaaaaaaa\) owns the slots, epoch \d+/,
  );
});

test("a member that ends hands over at once, with all that was acknowledged", async () => {
  const first = await owning("a");
  const second = await start("b");
  const client = await first.client();
  await client.call("SET", "k", "v");
  await first.member.close();
  started = [second];
  await expect.poll(() => second.member.isOwner).toBe(true);
  const other = await second.client();
  expect(await other.call("GET", "k")).toBe("v");
  expect(cluster.epoch()).toBeGreaterThanOrEqual(2);
  expect(first.lines.join("\n")).toContain(
    "All is committed: the slots 0-16383 are released for another server",
  );
  expect(second.lines.join("\n")).toMatch(
    /Taking over the slots 0-16383 at epoch \d+: .* no longer owns them/,
  );
  await other.close();
});

test("a request that comes while a member ends is answered, or sent to the member that takes the slots", async () => {
  const holdMs = 60_000;
  const first = await cluster.start("a", holdMs);
  started.push(first);
  await expect.poll(() => first.member.isOwner).toBe(true);
  const second = await cluster.start("b", holdMs);
  started = [second];
  const clients = await Promise.all(Array.from({ length: 5 }, () => first.client()));
  await clients[0]?.call("SET", "k", "v");
  const replies = new Set<string>();
  const ask = async (client: TestClient): Promise<void> => {
    while (!client.isClosed) {
      const reply = await client.exchange("GET", "k").catch(() => undefined);
      if (reply !== undefined) replies.add(reply.bytes.toString().replace(/\d+\r\n$/, ""));
    }
  };
  const asking = clients.map(ask);
  await first.member.close();
  await Promise.all(asking);
  const expected = ["$1\r\nv\r\n", "-MOVED 7629 127.0.0.1:"];
  expect([...replies].filter((reply) => !expected.includes(reply))).toEqual([]);
});

test("an owner that the database does not answer stops before another one takes over", async () => {
  const first = await owning("a");
  const second = await start("b");
  const client = await first.client();
  const { context } = first.member.server;
  first.isCut = true;
  await expect.poll(() => second.member.isOwner, { timeout: 5000 }).toBe(true);
  expect(context.cluster?.isServing(0, performance.now())).toBe(false);
  expect(await client.call("GET", "k")).toMatchObject({
    message: expect.stringMatching(/^(CLUSTERDOWN|MOVED)/),
  });
  await expect.poll(() => first.member.isOwner).toBe(false);
  // It stands by again, and says so once it reaches the database.
  first.isCut = false;
  await expect
    .poll(() => first.member.server.context.cluster?.ownerOf(0)?.id, { timeout: 5000 })
    .toBe(second.id);
  expect(first.lines.join("\n")).toContain(
    "the lease could not be renewed in time; connections that wait for commits are closed",
  );
});

test("an owner that is fenced answers nothing further, and takes the slots again when they are free", async () => {
  const first = await owning("a");
  const client = await first.client();
  cluster.giveAway();
  expect(await client.call("GET", "k")).toMatchObject({ message: expect.stringMatching(/^CLUSTERDOWN/) });
  await expect.poll(() => first.member.isOwner, { timeout: 5000 }).toBe(false);
  await expect.poll(() => first.member.isOwner, { timeout: 5000 }).toBe(true);
  expect(cluster.epoch()).toBeGreaterThanOrEqual(3);
});

test("a member that cannot open the store leaves it to another one", async () => {
  cluster.openFault = "it is damaged";
  const first = await start("a");
  await expect
    .poll(() => first.lines.join("\n"))
    .toContain("This server cannot serve the slots 0-16383: it is damaged");
  cluster.openFault = undefined;
  const second = await start("b");
  await expect.poll(() => second.member.isOwner, { timeout: 5000 }).toBe(true);
  expect(first.member.isOwner).toBe(false);
});

/** Two keys, each of a slot of its own half. */
const LOW = "b"; // 3300
const HIGH = "a"; // 15495

test("members share the partitions, and each says where the others are", async () => {
  cluster = new SharedMemory(4);
  const first = await owning("a");
  await expect.poll(() => first.member.served).toEqual([0, 1, 2, 3]);
  const client = await first.client();
  await client.call("SET", LOW, "1");
  await client.call("SET", HIGH, "2");
  const second = await start("b");
  await expect.poll(() => second.member.served, { timeout: 20_000 }).toEqual([2, 3]);
  expect(first.member.served).toEqual([0, 1]);
  const other = await second.client();
  expect(await other.call("GET", HIGH)).toBe("2");
  expect(await client.call("GET", LOW)).toBe("1");
  const moved = (port: number, slot: number) => `MOVED ${slot} 127.0.0.1:${port}`;
  expect(await client.call("GET", HIGH)).toMatchObject({ message: moved(second.member.server.port, 15495) });
  expect(await other.call("GET", LOW)).toMatchObject({ message: moved(first.member.server.port, 3300) });
});

test("a member that ends hands over all its partitions, and nobody else's", async () => {
  cluster = new SharedMemory(4);
  const first = await owning("a");
  const second = await start("b");
  await expect.poll(() => second.member.served.length, { timeout: 20_000 }).toBe(2);
  const client = await first.client();
  await client.call("SET", LOW, "1");
  await second.member.close();
  started = [first];
  await expect.poll(() => first.member.served).toEqual([0, 1, 2, 3]);
  // The connection to the one that stayed is the same, and so are the partitions that it had.
  expect(await client.call("GET", LOW)).toBe("1");
  expect([cluster.epoch(0), cluster.epoch(1)]).toEqual([1, 1]);
});

test("a member that loses one partition goes on serving the others", async () => {
  cluster = new SharedMemory(2);
  const first = await owning("a");
  await expect.poll(() => first.member.served).toEqual([0, 1]);
  const client = await first.client();
  await client.call("SET", LOW, "1");
  cluster.giveAway(1);
  await expect.poll(() => first.member.served).toEqual([0]);
  expect(await client.call("GET", LOW)).toBe("1");
  expect(await client.call("GET", HIGH)).toMatchObject({ message: expect.stringContaining("CLUSTERDOWN") });
  await expect.poll(() => first.member.served, { timeout: 10_000 }).toEqual([0, 1]);
});

test("a partition that goes breaks what its keys were watched for, and the caches of clients", async () => {
  cluster = new SharedMemory(2);
  const first = await owning("a");
  await expect.poll(() => first.member.served).toEqual([0, 1]);
  const watching = await first.client();
  const staying = await first.client();
  const waiting = await first.client();
  await watching.call("WATCH", HIGH);
  await staying.call("WATCH", LOW);
  const popped = waiting.call("BLPOP", HIGH, 0);
  await watching.call("PING");
  cluster.giveAway(1);
  expect(await popped).toMatchObject({ message: expect.stringContaining("UNBLOCKED") });
  await expect.poll(() => first.member.served, { timeout: 10_000 }).toEqual([0, 1]);
  for (const [client, key, result] of [
    [watching, HIGH, null],
    [staying, LOW, ["OK"]],
  ] as const) {
    await client.call("MULTI");
    await client.call("SET", key, "1");
    expect(await client.call("EXEC")).toEqual(result);
  }
});
