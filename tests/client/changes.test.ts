/** changes(): every change, in order, whatever the connection does. */
import { expect, test } from "vitest";
import type { MachineChange } from "../../src/client/changes.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { carts } from "./carts.ts";
import { losingReplies, withoutServer } from "./ways.ts";

const STREAM = "sm:changes:cart";

/** The revisions read until one is `last`; each is acknowledged. */
async function revisions(changes: AsyncIterable<MachineChange>, last: number): Promise<number[]> {
  const revs: number[] = [];
  for await (const change of changes) {
    revs.push(change.rev);
    await change.ack();
    if (change.rev === last) break;
  }
  return revs;
}

test("changes() leaves out nothing and keeps the order when a reply is lost", async () => {
  const { client, through } = await carts();
  const reader = through(losingReplies("XREADGROUP", 2));
  await client.create("c1", "cart");
  for (let by = 1; by <= 350; by += 1) await client.send("c1", "ADD", { by });
  const revs = await revisions(reader.changes("cart", { group: "g" }), 351);
  expect(revs).toEqual(Array.from({ length: 351 }, (_, index) => index + 1));
});

test("changes() passes over entries that were removed before they were acknowledged", async () => {
  const { client, connection } = await carts();
  await client.create("c1", "cart");
  for (let by = 1; by <= 150; by += 1) await client.send("c1", "ADD", { by });
  await connection.call("XGROUP", "CREATE", STREAM, "g", "0");
  await connection.call("XREADGROUP", "GROUP", "g", "reader", "STREAMS", STREAM, ">");
  await connection.call("XTRIM", STREAM, "MAXLEN", 1);
  expect(await revisions(client.changes("cart", { group: "g" }), 151)).toEqual([151]);
  expect(await connection.call("XPENDING", STREAM, "g")).toEqual([0, null, null, null]);
});

test("changes() continues when the stream was deleted and is created again", async () => {
  const { client, connection } = await carts();
  await client.create("c1", "cart");
  const revs: number[] = [];
  for await (const change of client.changes("cart", { group: "g" })) {
    revs.push(change.rev);
    await change.ack();
    if (change.rev === 1) {
      await connection.call("DEL", STREAM);
      await client.send("c1", "ADD", { by: 1 });
    } else break;
  }
  expect(revs).toEqual([1, 2]);
});

test("changes() repeats entries when its group is set back", async () => {
  const { client, connection } = await carts();
  await client.create("c1", "cart");
  for (let by = 1; by <= 150; by += 1) await client.send("c1", "ADD", { by });
  const revs: number[] = [];
  for await (const change of client.changes("cart", { group: "g" })) {
    revs.push(change.rev);
    await change.ack();
    if (revs.length === 151) await connection.call("XGROUP", "SETID", STREAM, "g", "0");
    if (revs.length === 302) break;
  }
  const once = Array.from({ length: 151 }, (_, index) => index + 1);
  expect(revs).toEqual([...once, ...once]);
});

test("changes() ends when its signal is aborted, although the server does not reply", async () => {
  const { through } = await carts();
  const ending = new AbortController();
  const changes = through(withoutServer).changes("cart", { group: "g", signal: ending.signal });
  const next = changes.next();
  ending.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});

test("changes() reads nothing when its signal was aborted before", async () => {
  const { through } = await carts();
  const changes = through(withoutServer).changes("cart", { group: "g", signal: AbortSignal.abort() });
  expect(await changes.next()).toEqual({ done: true, value: undefined });
});

test("changes() hands out the context before and after each change", async () => {
  const { client } = await carts();
  await client.create("c1", "cart", { context: { total: 7 } });
  await client.send("c1", "ADD", { by: 2 });
  await client.send("c1", "ADD", { by: 3 });
  const contexts: unknown[] = [];
  for await (const change of client.changes("cart", { group: "g" })) {
    contexts.push([await change.before(), await change.after()]);
    if (change.rev === 3) break;
  }
  const [, before] = contexts[0] as [null, { total: number }];
  expect(before).toMatchObject({ total: 7 });
  expect(contexts).toEqual([
    [null, before],
    [before, { ...before, total: 9 }],
    [
      { ...before, total: 9 },
      { ...before, total: 12 },
    ],
  ]);
});

test("changes() hands out no context of a machine that is gone, or of another under its key", async () => {
  const clock = new VirtualClock();
  const { client, connection } = await carts({ clock });
  await client.create("c1", "cart");
  await client.send("c1", "ADD", { by: 2 });
  const contexts: unknown[] = [];
  for await (const change of client.changes("cart", { group: "g" })) {
    if (change.rev === 1) {
      await connection.call("DEL", "c1");
      contexts.push(await change.after());
      clock.advance(1);
      await client.create("c1", "cart");
      await client.send("c1", "ADD", { by: 9 });
    } else {
      contexts.push(await change.before(), await change.after());
      break;
    }
  }
  expect(contexts).toEqual([null, null, null]);
});
