/** Live events of a server that holds some partitions of a cluster: what it has of all of them, and what it says is missing. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import type { EventClient } from "../support/event-client.ts";
import { follower } from "../support/follower.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { type PartitionedOptions, startPartitionedServer } from "../support/partitioned-server.ts";

const LAMP = {
  initial: "off",
  states: { off: { on: { PRESS: "on" } }, on: { on: { PRESS: "off" } } },
};

async function serve(options: PartitionedOptions = {}) {
  const server = await startPartitionedServer({ http: true, held: [], ...options });
  const call = await server.client();
  // Nothing shares definitions here: each partition gets its own.
  for (const number of server.parts.keys()) {
    await server.add(number);
    await define(call, "lamp:v1", LAMP);
    await server.remove(number);
  }
  for (const number of options.held ?? server.parts.keys()) await server.add(number);
  onTestFinished(() => server.close());
  const keys = server.parts.map(({ key }) => key("hall"));
  return { server, client: call, follow: follower(server.url), keys };
}

const press = (client: TestClient, key: string) => client.call("SM.SEND", key, "PRESS");

const changesOf = (events: EventClient) =>
  events.events.filter(({ event }) => event === "change").map(({ data }) => [data["key"], data["rev"]]);

describe("GET /api/v1/changes of a server with several partitions", () => {
  test.each(["?definition=lamp", ""])("sends the changes of all that it holds (%j)", async (query) => {
    const { client, follow, keys } = await serve();
    const events = await follow(query).ready();
    for (const key of keys) await client.call("SM.CREATE", key, "lamp");
    for (const key of keys) await press(client, key);
    await events.until(6);
    for (const key of keys)
      expect(changesOf(events)).toEqual(
        expect.arrayContaining([
          [key, 1],
          [key, 2],
        ]),
      );
    expect(events.events.map(({ event }) => event)).not.toContain("missing");
  });

  test("continues each partition after Last-Event-ID, and loses and repeats nothing", async () => {
    const { client, follow, keys } = await serve();
    for (const key of keys) await client.call("SM.CREATE", key, "lamp");
    const seen: unknown[] = [];
    let lastId: string | undefined = "0-0";
    for (let round = 0; round < 4; round += 1) {
      for (const key of keys) for (let i = 0; i < 3; i += 1) await press(client, key);
      const events = follow("?definition=lamp", lastId);
      await events.until(7);
      events.close();
      const some = events.events.filter(({ event }) => event === "change").slice(0, 7);
      seen.push(...some.map(({ data }) => `${data["key"]}@${data["rev"]}`));
      lastId = some.at(-1)?.id;
    }
    expect(lastId).toMatch(/^p1;lamp(;\w+:[\w.]+){3}$/);
    expect(new Set(seen).size).toBe(28);
    for (const key of keys) {
      const revs = seen.map(String).filter((each) => each.startsWith(`${key}@`));
      expect(revs).toEqual(Array.from(revs, (_, index) => `${key}@${index + 1}`));
    }
  });

  test("takes ids in the form of earlier versions, and refuses what is none", async () => {
    const { server, client, follow, keys } = await serve();
    for (const key of keys) await client.call("SM.CREATE", key, "lamp");
    const ids = server.parts.map(
      ({ partition }) => `${encodeURIComponent(`sm:changes:{${partition.place.tag}}:lamp`)}=0-0`,
    );
    const events = follow("?definition=lamp", ids.join(","));
    await events.until(3);
    expect(changesOf(events).sort()).toEqual(keys.map((key) => [key, 1]).sort());
    for (const place of ["p1;lamp;0:!", "p2;lamp;0:1", "x"])
      expect((await request(server.url, `/api/v1/changes?after=${encodeURIComponent(place)}`)).status).toBe(
        422,
      );
  });

  test("follows one key in its partition alone", async () => {
    const { client, follow, keys } = await serve();
    for (const key of keys) await client.call("SM.CREATE", key, "lamp");
    const events = await follow(`?key=${encodeURIComponent(keys[1] ?? "")}`).ready();
    for (const key of keys) await press(client, key);
    await events.until(1);
    expect(changesOf(events)).toEqual([[keys[1], 2]]);
    expect(events.lastId).toMatch(/^\d+-\d+$/);
  });

  test("names the partitions of other servers, and what comes and goes", async () => {
    const { server, client, follow, keys } = await serve({ held: [0, 2] });
    const events = follow("?definition=lamp");
    const [missing] = await events.until(1);
    expect(missing).toMatchObject({
      event: "missing",
      data: { partitions: [{ partition: 1, slots: "5462-10922", host: "127.0.0.1", port: 7002 }] },
    });
    await client.call("SM.CREATE", keys[0] ?? "", "lamp");
    await events.until(2);
    await server.remove(0);
    await client.call("SM.CREATE", keys[2] ?? "", "lamp");
    await expect.poll(() => events.events.filter(({ event }) => event === "missing").length).toBe(2);
    await server.add(0);
    await press(client, keys[0] ?? "");
    await expect.poll(() => changesOf(events).length, { timeout: 10_000 }).toBe(3);
    expect(changesOf(events)).toEqual(
      expect.arrayContaining([
        [keys[0], 1],
        [keys[2], 1],
        [keys[0], 2],
      ]),
    );
  });

  test("a group gets the entries of all partitions, and again what it has not acknowledged", async () => {
    const { server, client, follow, keys } = await serve();
    for (const { partition } of server.parts)
      await client.call("XGROUP", "CREATE", `sm:changes:{${partition.place.tag}}:lamp`, "g", "0", "MKSTREAM");
    for (const key of keys) await client.call("SM.CREATE", key, "lamp");
    const query = "?definition=lamp&group=g&consumer=c";
    const first = follow(query);
    await first.until(3);
    first.close();
    const lastId = first.events[1]?.id;
    const second = follow(query, lastId);
    await second.until(1);
    await press(client, keys[0] ?? "");
    await second.until(2);
    const acknowledged = first.events.slice(0, 2).map(({ data }) => data["key"]);
    expect(changesOf(second)).toEqual([
      [keys.find((key) => !acknowledged.includes(key)), 1],
      [keys[0], 2],
    ]);
  });

  test("summaries are of all that it holds, and say what is missing", async () => {
    const { client, follow, keys } = await serve({ held: [0, 1] });
    const events = follow("?every=100&definition=lamp");
    await events.until(1);
    for (const key of keys.slice(0, 2)) await client.call("SM.CREATE", key, "lamp");
    await expect
      .poll(() => events.events.filter(({ event }) => event === "changed").length)
      .toBeGreaterThan(0);
    expect(events.events[0]).toMatchObject({ event: "missing", data: { partitions: [{ partition: 2 }] } });
  });

  test("GET /api/v1/streams says what is missing", async () => {
    const { server } = await serve({ held: [0, 1] });
    const answered = await request(server.url, "/api/v1/streams");
    expect(answered.json).toMatchObject({ missing: [{ partition: 2, port: 7002 }] });
  });
});
