import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { withRedis } from "./differential.ts";

type Request = readonly string[];

interface Story {
  readonly before: readonly Request[];
  readonly waiting: Request;
  readonly meanwhile: readonly Request[];
}

const GROUP: Request = ["XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"];
const READ_GROUP: Request = ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">"];

const STORIES: Readonly<Record<string, Story>> = {
  "XREAD is woken by XADD": {
    before: [["XADD", "s", "1-1", "a", "1"]],
    waiting: ["XREAD", "BLOCK", "0", "STREAMS", "s", "$"],
    meanwhile: [
      ["XADD", "t", "1-1", "a", "1"],
      ["XDEL", "s", "1-1"],
      ["XADD", "s", "2-1", "a", "2"],
    ],
  },
  "XREAD of several streams is woken by one of them": {
    before: [],
    waiting: ["XREAD", "COUNT", "5", "BLOCK", "0", "STREAMS", "s", "t", "$", "5-5"],
    meanwhile: [
      ["XADD", "t", "5-5", "a", "1"],
      ["XADD", "t", "5-6", "a", "2"],
    ],
  },
  "XREAD sleeps through what is no stream": {
    before: [],
    waiting: ["XREAD", "BLOCK", "0", "STREAMS", "s", "0"],
    meanwhile: [["SET", "s", "v"], ["DEL", "s"], GROUP, ["XADD", "s", "1-1", "a", "1"]],
  },
  "XREAD is woken by a transaction": {
    before: [],
    waiting: ["XREAD", "BLOCK", "0", "STREAMS", "s", "0"],
    meanwhile: [["MULTI"], ["XADD", "s", "1-1", "a", "1"], ["XADD", "s", "2-1", "a", "2"], ["EXEC"]],
  },
  "XREAD is woken by RENAME": {
    before: [["XADD", "t", "1-1", "a", "1"]],
    waiting: ["XREAD", "BLOCK", "0", "STREAMS", "s", "0"],
    meanwhile: [["RENAME", "t", "s"]],
  },
  "XREAD times out": {
    before: [],
    waiting: ["XREAD", "BLOCK", "30", "STREAMS", "s", "$"],
    meanwhile: [],
  },
  "XREADGROUP is woken by XADD": {
    before: [GROUP],
    waiting: READ_GROUP,
    meanwhile: [["XADD", "s", "2-1", "a", "2"]],
  },
  "XREADGROUP times out": {
    before: [GROUP],
    waiting: ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "30", "STREAMS", "s", ">"],
    meanwhile: [],
  },
};

/** The bytes of every reply: before, of what waited, meanwhile, and what the group is left with. */
async function play(first: TestClient, second: TestClient, story: Story): Promise<string[]> {
  const replies: string[] = [];
  const note = async (client: TestClient, request: Request) => {
    replies.push((await client.exchange(...request)).bytes.toString("latin1"));
  };
  for (const request of story.before) await note(second, request);
  const waited = first.exchange(...story.waiting);
  const isTimed = story.meanwhile.length === 0;
  while (!isTimed && !String(await second.call("INFO", "clients")).includes("blocked_clients:1")) {
    await setImmediate();
  }
  for (const request of story.meanwhile) await note(second, request);
  replies.push((await waited).bytes.toString("latin1"));
  // Not XINFO GROUPS: Redis 7.2 and Detent make the consumer of a read that finds nothing, 7.0 does not.
  await note(second, ["XPENDING", "s", "g"]);
  await note(second, ["XINFO", "STREAM", "s"]);
  return replies;
}

withRedis("requests that wait", (servers) => {
  for (const [title, story] of Object.entries(STORIES)) {
    test.each([2, 3] as const)(`${title} (RESP%i)`, async (protocol) => {
      const one = await servers.connect(protocol);
      const two = await servers.connect(protocol);
      const [expected, actual] = await Promise.all([
        play(one.redis, two.redis, story),
        play(one.detent, two.detent, story),
      ]);
      expect(actual).toEqual(expected);
      for (const client of [one.redis, one.detent, two.redis, two.detent]) await client.close();
    });
  }
});
