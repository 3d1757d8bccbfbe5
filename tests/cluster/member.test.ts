import { afterEach, beforeEach, expect, test } from "vitest";
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
  expect(cluster.epoch).toBeGreaterThanOrEqual(2);
  expect(first.lines.join("\n")).toContain("All is committed: the slots are released for another server");
  expect(second.lines.join("\n")).toMatch(
    /Taking over the slots 0-16383 at epoch \d+: .* no longer owns them/,
  );
  await other.close();
});

test("an owner that the database does not answer stops before another one takes over", async () => {
  const first = await owning("a");
  const second = await start("b");
  const client = await first.client();
  const { context } = first.member.server;
  first.isCut = true;
  await expect.poll(() => second.member.isOwner, { timeout: 5000 }).toBe(true);
  expect(context.cluster?.isOver(0, performance.now())).toBe(true);
  await expect.poll(() => client.isClosed).toBe(true);
  await expect.poll(() => first.member.isOwner).toBe(false);
  // It stands by again, and says so once it reaches the database.
  first.isCut = false;
  await expect
    .poll(() => first.member.server.context.cluster?.ownerOf(0)?.id, { timeout: 5000 })
    .toBe(second.id);
  expect(first.lines.join("\n")).toContain("the lease could not be renewed in time; connections are closed");
});

test("an owner that is fenced ends its run without an answer, and takes the slots again when they are free", async () => {
  const first = await owning("a");
  const client = await first.client();
  cluster.giveAway();
  await expect.poll(() => client.isClosed).toBe(true);
  await expect.poll(() => first.member.isOwner, { timeout: 5000 }).toBe(false);
  await expect.poll(() => first.member.isOwner, { timeout: 5000 }).toBe(true);
  expect(cluster.epoch).toBeGreaterThanOrEqual(3);
});

test("a member that cannot open the store leaves it to another one", async () => {
  cluster.openFault = "it is damaged";
  const first = await start("a");
  await expect.poll(() => first.lines.join("\n")).toContain("The slots cannot be served: it is damaged");
  cluster.openFault = undefined;
  const second = await start("b");
  await expect.poll(() => second.member.isOwner, { timeout: 5000 }).toBe(true);
  expect(first.member.isOwner).toBe(false);
});
