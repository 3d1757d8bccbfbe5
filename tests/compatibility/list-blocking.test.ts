/** Clients that wait for elements and members: who is served, in which order, and what the others find. */
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { type Servers, withRedis } from "./differential.ts";

type Request = readonly string[];

interface Story {
  readonly before?: readonly Request[];
  /** One client each, waiting in this order. */
  readonly waiting: readonly Request[];
  /** Sent in one piece. */
  readonly meanwhile: readonly Request[];
  readonly left?: readonly string[];
}

const STORIES: Readonly<Record<string, Story>> = {
  "BLPOP is served before the next request of a pipeline": {
    waiting: [["BLPOP", "l", "0"]],
    meanwhile: [
      ["RPUSH", "l", "a", "b"],
      ["LLEN", "l"],
      ["LPOP", "l"],
      ["LPOP", "l"],
    ],
  },
  "clients are served in the order in which they came": {
    waiting: [
      ["BLPOP", "l", "0"],
      ["BRPOP", "m", "l", "0"],
      ["BLMPOP", "0", "1", "l", "LEFT", "COUNT", "2"],
    ],
    meanwhile: [
      ["RPUSH", "l", "a"],
      ["RPUSH", "l", "b", "c", "d", "e"],
      ["LRANGE", "l", "0", "-1"],
    ],
  },
  "what is moved serves who waits there": {
    waiting: [
      ["BLMOVE", "a", "b", "LEFT", "RIGHT", "0"],
      ["BRPOPLPUSH", "b", "c", "0"],
      ["BLPOP", "c", "0"],
    ],
    meanwhile: [
      ["RPUSH", "a", "x"],
      ["EXISTS", "a", "b", "c"],
    ],
  },
  "a transaction is over before anyone is served": {
    waiting: [["BLPOP", "l", "0"]],
    meanwhile: [
      ["MULTI"],
      ["RPUSH", "l", "a", "b"],
      ["LPOP", "l"],
      ["LPUSH", "l", "c"],
      ["EXEC"],
      ["LRANGE", "l", "0", "-1"],
    ],
  },
  "what comes and goes in a transaction serves nobody": {
    waiting: [["BLPOP", "l", "0"]],
    meanwhile: [["MULTI"], ["RPUSH", "l", "a"], ["DEL", "l"], ["EXEC"], ["RPUSH", "l", "b"], ["LLEN", "l"]],
  },
  "keys of another type are slept through": {
    waiting: [["BLPOP", "l", "0"]],
    meanwhile: [
      ["SET", "l", "v"],
      ["DEL", "l"],
      ["SADD", "l", "a"],
      ["DEL", "l"],
      ["RPUSH", "l", "b"],
    ],
  },
  "RENAME, COPY and RESTORE bring elements too": {
    before: [["RPUSH", "k", "a", "b"]],
    waiting: [
      ["BLPOP", "l", "0"],
      ["BLPOP", "m", "0"],
    ],
    meanwhile: [
      ["COPY", "k", "m"],
      ["RENAME", "k", "l"],
      ["LRANGE", "l", "0", "-1"],
      ["LRANGE", "m", "0", "-1"],
    ],
  },
  "a destination of another type is refused when there is something to move": {
    before: [["SET", "str", "v"]],
    waiting: [["BLMOVE", "l", "str", "LEFT", "LEFT", "0"]],
    meanwhile: [
      ["RPUSH", "l", "a"],
      ["LRANGE", "l", "0", "-1"],
    ],
  },
};

async function until(client: TestClient, count: number): Promise<void> {
  while (!String(await client.call("INFO", "clients")).includes(`blocked_clients:${count}`))
    await setImmediate();
}

/** The bytes of every reply: of those who waited, and of what was sent meanwhile. */
async function play(clients: readonly TestClient[], story: Story): Promise<string[]> {
  const [sender, ...waiters] = clients;
  if (sender === undefined) return [];
  for (const request of story.before ?? []) await sender.call(...request);
  const waited: Array<Promise<{ readonly bytes: Buffer }>> = [];
  for (const [index, request] of story.waiting.entries()) {
    const waiter = waiters[index];
    if (waiter !== undefined) waited.push(waiter.exchange(...request));
    await until(sender, index + 1);
  }
  const replies = await sender.pipeline(story.meanwhile);
  return [...replies, ...(await Promise.all(waited))].map(({ bytes }) => bytes.toString("latin1"));
}

async function pairsOf(servers: Servers, protocol: 2 | 3, count: number) {
  const pairs = [];
  for (let index = 0; index < count; index += 1) pairs.push(await servers.connect(protocol));
  return pairs;
}

withRedis("clients that wait for what others put", (servers) => {
  for (const [title, story] of Object.entries(STORIES)) {
    test.each([2, 3] as const)(`${title} (RESP%i)`, async (protocol) => {
      const pairs = await pairsOf(servers, protocol, story.waiting.length + 1);
      const [expected, actual] = await Promise.all([
        play(
          pairs.map(({ redis }) => redis),
          story,
        ),
        play(
          pairs.map(({ detent }) => detent),
          story,
        ),
      ]);
      expect(actual).toEqual(expected);
      for (const { redis, detent } of pairs) await Promise.all([redis.close(), detent.close()]);
    });
  }
});
