import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { startTestServer } from "../support/server.ts";
import { START_MS, VirtualClock } from "../support/virtual-clock.ts";

const TIMED_OUT = null;
const ENTRY = [["s", [["1-1", ["a", "1"]]]]];

async function served(clients = 3) {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const opened: TestClient[] = [];
  for (let i = 0; i < clients; i += 1) opened.push(await server.client());
  const [a, b, c] = opened;
  if (a === undefined || b === undefined || c === undefined) throw new Error("three clients at least");
  /** Sends a request that is to wait, and returns once it does. */
  const wait = async (client: TestClient, ...request: readonly string[]) => {
    const before = server.context.waiters.size;
    const reply = client.call(...request);
    while (server.context.waiters.size === before) await setImmediate();
    return { reply };
  };
  return { clock, server, a, b, c, opened, wait };
}

const failure = (message: RegExp) => expect.objectContaining({ message: expect.stringMatching(message) });

test("XREAD BLOCK is answered when an entry is added, and its later requests then run in order", async () => {
  const { a, b, wait } = await served();
  const { reply } = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  const after = a.call("XLEN", "s");
  await b.call("XADD", "s", "1-1", "a", "1");
  expect(await reply).toEqual(ENTRY);
  expect(await after).toBe(1);
});

test("XREAD BLOCK keeps waiting when another key changes, or its key without a new entry", async () => {
  const { a, b, server, wait } = await served();
  await b.call("XADD", "s", "1-1", "a", "1");
  const { reply } = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "1-1");
  await b.call("XADD", "t", "1-1", "a", "1");
  await b.call("XGROUP", "CREATE", "s", "g", "0");
  await b.call("DEL", "s");
  await b.call("SET", "s", "v");
  await b.call("DEL", "s");
  expect(server.context.waiters.size).toBe(1);
  await b.call("XADD", "s", "2-1", "a", "1");
  expect(await reply).toEqual([["s", [["2-1", ["a", "1"]]]]]);
});

test("XREAD BLOCK is answered with null at its deadline, to the millisecond", async () => {
  const { a, b, clock, server, wait } = await served();
  const { reply } = await wait(a, "XREAD", "BLOCK", "1500", "STREAMS", "s", "$");
  clock.advance(1499);
  await b.call("PING");
  expect(server.context.waiters.size).toBe(1);
  clock.advance(1);
  expect(await reply).toBe(TIMED_OUT);
  expect(clock.now()).toBe(START_MS + 1500);
  expect(server.context.waiters.size).toBe(0);
});

test("waiters are answered in the order in which they began to wait when there is one entry for all", async () => {
  const { a, b, c, server, wait } = await served();
  await c.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  const first = await wait(b, "XREADGROUP", "GROUP", "g", "first", "BLOCK", "0", "STREAMS", "s", ">");
  const second = await wait(a, "XREADGROUP", "GROUP", "g", "second", "BLOCK", "0", "STREAMS", "s", ">");
  await c.call("XADD", "s", "1-1", "a", "1");
  expect(await first.reply).toEqual(ENTRY);
  expect(server.context.waiters.size).toBe(1);
  await c.call("XADD", "s", "2-1", "a", "2");
  expect(await second.reply).toEqual([["s", [["2-1", ["a", "2"]]]]]);
  expect(await c.call("XPENDING", "s", "g")).toEqual([
    2,
    "1-1",
    "2-1",
    [
      ["first", "1"],
      ["second", "1"],
    ],
  ]);
});

test("all waiters of XREAD are answered when an entry comes", async () => {
  const { a, b, c, wait } = await served();
  const replies = [
    await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "t", "s", "$", "$"),
    await wait(b, "XREAD", "BLOCK", "5", "STREAMS", "s", "0"),
  ];
  await c.call("XADD", "s", "1-1", "a", "1");
  for (const { reply } of replies) expect(await reply).toEqual(ENTRY);
});

test.each([
  ["DEL", ["DEL", "s"], /^NOGROUP No such key 's' or consumer group 'g' in XREADGROUP/],
  ["FLUSHALL", ["FLUSHALL"], /^NOGROUP /],
  ["XGROUP DESTROY", ["XGROUP", "DESTROY", "s", "g"], /^NOGROUP /],
  ["SET", ["SET", "s", "v"], /^WRONGTYPE /],
  ["RENAME", ["RENAME", "s", "t"], /^NOGROUP /],
] as const)("XREADGROUP BLOCK is refused when %s takes its group away", async (_name, request, message) => {
  const { a, b, wait } = await served();
  await b.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  const { reply } = await wait(a, "XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">");
  await b.call(...request);
  expect(await reply).toBeInstanceOf(ReplyFailure);
  expect(await reply).toEqual(failure(message));
});

test("XREADGROUP BLOCK is refused when its stream expires", async () => {
  const { a, b, clock, wait } = await served();
  await b.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  await b.call("PEXPIRE", "s", "100");
  const { reply } = await wait(a, "XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">");
  clock.advance(100);
  expect(await reply).toEqual(failure(/^NOGROUP /));
});

test("a waiter is answered when RENAME or SWAPDB brings it a stream", async () => {
  const { a, b, wait } = await served();
  await b.call("XADD", "t", "1-1", "a", "1");
  const { reply } = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "0");
  await b.call("RENAME", "t", "s");
  expect(await reply).toEqual(ENTRY);
  await b.call("MOVE", "s", "1");
  const swapped = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "0");
  await b.call("SWAPDB", "0", "1");
  expect(await swapped.reply).toEqual(ENTRY);
});

test("a waiter keeps waiting when the change was undone", async () => {
  const { a, b, server, wait } = await served();
  const { reply } = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  expect(await b.call("XADD", "s", "0-0", "a", "1")).toBeInstanceOf(ReplyFailure);
  expect(server.context.waiters.size).toBe(1);
  await b.call("XADD", "s", "1-1", "a", "1");
  expect(await reply).toEqual(ENTRY);
});

test("a blocking command answers at once within MULTI", async () => {
  const { a } = await served();
  await a.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  await a.call("MULTI");
  await a.call("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  await a.call("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">");
  expect(await a.call("EXEC")).toEqual([null, null]);
});

test("the entries of a transaction wake a waiter once, after EXEC", async () => {
  const { a, b, wait } = await served();
  const { reply } = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  await b.pipeline([["MULTI"], ["XADD", "s", "1-1", "a", "1"], ["XADD", "s", "1-2", "a", "2"], ["EXEC"]]);
  expect(await reply).toEqual([
    [
      "s",
      [
        ["1-1", ["a", "1"]],
        ["1-2", ["a", "2"]],
      ],
    ],
  ]);
});

test("CLIENT UNBLOCK ends a wait as its deadline does, or with an error on request", async () => {
  const { a, b, wait } = await served();
  const id = String(await a.call("CLIENT", "ID"));
  expect(await b.call("CLIENT", "UNBLOCK", id)).toBe(0);
  const timedOut = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  expect(await b.call("CLIENT", "UNBLOCK", id)).toBe(1);
  expect(await timedOut.reply).toBe(TIMED_OUT);
  const refused = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  expect(await b.call("CLIENT", "UNBLOCK", id, "error")).toBe(1);
  expect(await refused.reply).toEqual(failure(/^UNBLOCKED client unblocked via CLIENT UNBLOCK$/));
  expect(await b.call("CLIENT", "UNBLOCK", "99999", "TIMEOUT")).toBe(0);
  expect(await b.call("CLIENT", "UNBLOCK", id, "NOW")).toEqual(failure(/^ERR CLIENT UNBLOCK reason/));
  expect(await b.call("CLIENT", "UNBLOCK", "x")).toEqual(failure(/^ERR value is not an integer/));
});

test("a waiter is removed when its client disconnects, and consumes no entry", async () => {
  const { a, b, c, server, wait } = await served();
  await c.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  const gone = await wait(a, "XREADGROUP", "GROUP", "g", "gone", "BLOCK", "0", "STREAMS", "s", ">");
  gone.reply.catch(() => undefined);
  await a.close();
  expect(server.context.waiters.size).toBe(0);
  const { reply } = await wait(b, "XREADGROUP", "GROUP", "g", "here", "BLOCK", "0", "STREAMS", "s", ">");
  await c.call("XADD", "s", "1-1", "a", "1");
  expect(await reply).toEqual(ENTRY);
});

test("requests behind a blocked one are not run before it is answered", async () => {
  const { a, b, server, wait } = await served();
  const { reply } = await wait(a, "XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  const behind = a.call("PING");
  await b.call("PING");
  expect([...server.context.sessions.all()].map(({ lastCommand }) => lastCommand)).toContain("xread");
  await b.call("XADD", "s", "1-1", "a", "1");
  expect(await reply).toEqual(ENTRY);
  expect(await behind).toBe("PONG");
});

test("the reply to a waiter obeys CLIENT REPLY", async () => {
  const { a, b, server } = await served();
  a.write("CLIENT REPLY SKIP\r\nXREAD BLOCK 0 STREAMS s $\r\n");
  while (server.context.waiters.size === 0) await setImmediate();
  await b.call("XADD", "s", "1-1", "a", "1");
  expect(await a.call("PING")).toBe("PONG");
});
