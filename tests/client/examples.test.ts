/** The examples of the package over ioredis, against a whole server. They import `detent/client` as its users do. */
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Listener, openConversations } from "../../examples/conversations.ts";
import { openStore } from "../../examples/store.ts";
import { runs } from "../support/runs.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

async function connected(protocol: 2 | 3) {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  const redis = new Redis({ port: server.port, protocol });
  onTestFinished(async () => {
    redis.disconnect();
    await server.close();
  });
  return { clock, redis };
}

describe.each([2, 3] as const)("in RESP%i", (protocol) => {
  const count = protocol === 2 ? 100 : runs(200, 1000);
  test(`openConversations() tells each listener of every change of ${count} conversations once`, async () => {
    const { clock, redis } = await connected(protocol);
    const ids = Array.from({ length: count }, (_, at) => String(at));
    const silent = new Map<string, number>();
    const counted = new Map<string, string[]>();
    let wake = () => {};
    const support: Listener = async ({ key, to }, client) => {
      if (to[0] !== "silent") return;
      const { name = "" } = (await client.context(key)) ?? {};
      silent.set(name, (silent.get(name) ?? 0) + 1);
      wake();
    };
    const counting: Listener = async ({ key, to }) => {
      counted.set(key, [...(counted.get(key) ?? []), ...to]);
      wake();
    };
    const heard = async (isEnough: () => boolean) => {
      while (!isEnough()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const total = () => [...counted.values()].reduce((sum, { length }) => sum + length, 0);
    const close = async (conversations: Awaited<ReturnType<typeof openConversations>>) => {
      const closed = conversations.close();
      clock.advance(5000);
      await closed;
    };

    const before = await openConversations(redis, { support, counting });
    await Promise.all(ids.map((id) => before.send(id, "INQUIRY", { name: `name ${id}` })));
    await heard(() => total() > count);
    await close(before);

    const after = await openConversations(redis, { support, counting });
    const isAnswered = (id: string) => Number(id) % 2 === 1;
    clock.jump(300_000);
    await Promise.all(ids.filter(isAnswered).map((id) => after.send(id, "REPLY", { text: "hello" })));
    clock.jump(301_000);
    await heard(() => silent.size === count / 2 && total() === 3 * count);
    await close(after);
    expect(silent).toEqual(new Map(ids.filter((id) => !isAnswered(id)).map((id) => [`name ${id}`, 1])));
    for (const id of ids) {
      const end = isAnswered(id) ? "inquired" : "silent";
      expect(counted.get(`conversation:${id}`)).toEqual(["new", "inquired", end]);
    }
  }, 240_000);

  test("openStore() has the new state after perform(), and reports the actions of others", async () => {
    const { redis } = await connected(protocol);
    await redis.call(
      "SM.DEF",
      "CREATE",
      "counter",
      JSON.stringify({
        context: { count: 0 },
        states: {
          counting: {
            on: {
              ADD: { guard: "event.by > 0", actions: [{ assign: { count: "context.count + event.by" } }] },
            },
          },
        },
      }),
    );
    await redis.call("SM.CREATE", "c", "counter");
    type Events = { ADD: { by: number } };
    const store = await openStore<Events, { count: number }>(redis, "c");
    expect(store.getState()).toMatchObject({ states: ["counting"], context: { count: 0 }, rev: 1 });
    const told: unknown[] = [];
    let wake = () => {};
    const unsubscribe = store.subscribe((state) => {
      told.push(state?.context.count);
      wake();
    });
    await store.perform("ADD", { by: 2 });
    expect(store.getState()?.context).toEqual({ count: 2 });
    await expect(store.perform("ADD", { by: -1 })).rejects.toMatchObject({ code: "GUARD" });

    const other = await openStore<Events, { count: number }>(redis, "c");
    const heard = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await other.perform("ADD", { by: 3 });
    await heard;
    expect(store.getState()?.context).toEqual({ count: 5 });
    expect(told).toEqual([2, 5]);
    unsubscribe();
    await store.perform("ADD", { by: 1 });
    expect(told).toEqual([2, 5]);
    store.close();
    other.close();
  });
});
