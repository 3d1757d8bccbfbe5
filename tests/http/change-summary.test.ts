/** Summaries of what has changed: what they name, how often they are sent, what they cost. */
import { describe, expect, onTestFinished, test } from "vitest";
import { ChangeSummary } from "../../src/http/change-summary.ts";
import { Store } from "../../src/keyspace/store.ts";
import { GATHERED_MS } from "../../src/machines/change-notes.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { CountingStore } from "../support/counting-store.ts";
import { EventClient } from "../support/event-client.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const LAMP = { initial: "off", states: { off: { on: { PRESS: "on" } }, on: { on: { PRESS: "off" } } } };
const EVERY_MS = 500;

async function serve() {
  const clock = new VirtualClock();
  const ordered = new CountingStore();
  const server = await startTestServer({ http: true, clock, store: Store.over(ordered, OBJECT_TYPES) });
  const followers: EventClient[] = [];
  const client = await server.client();
  await define(client, "lamp:v1", LAMP);
  await define(client, "door:v1", LAMP);
  const follow = async (path = "", url = server.url) => {
    const follower = new EventClient(url, `/api/v1/changes?every=${EVERY_MS}${path}`);
    followers.push(follower);
    await expect.poll(() => follower.response?.statusCode).toBe(200);
    return follower;
  };
  onTestFinished(async () => {
    for (const follower of followers) follower.close();
    await server.close();
  });
  return { server, client, clock, ordered, follow };
}

describe("GET /api/v1/changes with every", () => {
  test("names the definitions and machines that have changed, and counts changes", async () => {
    const { client, clock, follow } = await serve();
    const events = await follow();
    await client.call("SM.CREATE", "hall", "lamp");
    await client.call("SM.CREATE", "gate", "door");
    await client.call("SM.SEND", "hall", "PRESS");
    clock.advance(GATHERED_MS);
    expect((await events.until(1))[0]).toMatchObject({
      event: "changed",
      data: { changes: 3, definitions: { lamp: 2, door: 1 }, machines: ["hall", "gate"], isPartial: false },
    });
  });

  test("sends one summary in that time, however many changes there are", async () => {
    const { client, clock, follow } = await serve();
    const events = await follow();
    await client.call("SM.CREATE", "hall", "lamp");
    clock.advance(GATHERED_MS);
    await events.until(1);
    for (let at = 0; at < 9; at += 1) {
      await client.call("SM.SEND", "hall", "PRESS");
      clock.advance(GATHERED_MS);
    }
    expect(events.events.map(({ data }) => data["changes"])).toEqual([1]);
    clock.advance(EVERY_MS);
    expect((await events.until(2))[1]?.data).toMatchObject({ changes: 9, machines: ["hall"] });
  });

  test("names machines of a key, a pattern of keys, and a definition alone", async () => {
    const { client, clock, follow } = await serve();
    const [key, pattern, definition] = [
      await follow("&key=a1"),
      await follow("&key=a*"),
      await follow("&definition=door"),
    ];
    for (const name of ["b1", "b2"]) await client.call("SM.CREATE", name, "lamp");
    clock.advance(EVERY_MS);
    for (const name of ["a1", "a2", "b3"]) await client.call("SM.CREATE", name, "lamp");
    await client.call("SM.CREATE", "gate", "door");
    clock.advance(EVERY_MS);
    const seen = await Promise.all([key, pattern, definition].map((one) => one.until(1)));
    expect(seen.map(([one]) => [one?.data["changes"], one?.data["machines"]])).toEqual([
      [1, ["a1"]],
      [2, ["a1", "a2"]],
      [1, ["gate"]],
    ]);
  });

  test("names a hundred machines at most, and says that there are more", async () => {
    const { client, clock, follow } = await serve();
    const events = await follow();
    for (let at = 0; at < 101; at += 1) await client.call("SM.CREATE", `l${at}`, "lamp");
    clock.advance(GATHERED_MS);
    const data = (await events.until(1))[0]?.data;
    expect(data).toMatchObject({ changes: 101, definitions: { lamp: 101 }, isPartial: true });
    expect(data?.["machines"]).toHaveLength(100);
  });

  test("says that machines may have gone when the database is flushed", async () => {
    const { client, clock, follow } = await serve();
    const events = await follow();
    await client.call("FLUSHDB");
    clock.advance(GATHERED_MS);
    expect((await events.until(1))[0]?.data).toMatchObject({ changes: 0, isPartial: true });
  });

  test.each([
    ["is deleted", ["DEL", "l1"]],
    ["gets another key", ["RENAME", "l1", "l2"]],
    ["is copied", ["COPY", "l1", "l2"]],
  ])("says that machines may have come or gone when one %s", async (_, command) => {
    const { client, clock, follow } = await serve();
    await client.call("SM.CREATE", "l1", "lamp");
    clock.advance(GATHERED_MS);
    const events = await follow();
    await client.call(...command);
    clock.advance(GATHERED_MS);
    expect((await events.until(1))[0]?.data).toMatchObject({ changes: 0, isPartial: true });
  });

  test("says nothing of definitions whose changes the user may not read, and refuses them by name", async () => {
    const { server, client, clock, follow } = await serve();
    await client.call("ACL", "SETUSER", "ann", "on", ">pw", "+@all", "~sm:changes:lamp", "~hall", "alldefs");
    const url = server.url.replace("//", "//ann:pw@");
    const refused = await request(url, "/api/v1/changes?every=500&definition=door");
    expect([refused.status, refused.body]).toEqual([403, expect.stringContaining("NOPERM")]);
    const events = await follow("", url);
    await client.call("SM.CREATE", "gate", "door");
    await client.call("SM.CREATE", "hall", "lamp");
    clock.advance(GATHERED_MS);
    expect((await events.until(1))[0]?.data).toMatchObject({ definitions: { lamp: 1 }, machines: ["hall"] });
  });

  test("refuses times out of bounds, and what belongs to single changes", async () => {
    const { server } = await serve();
    for (const query of [
      "every=99",
      "every=60001",
      "every=x",
      "every=500&after=0",
      "every=500&group=g&consumer=c",
    ])
      expect((await request(server.url, `/api/v1/changes?${query}`)).status, query).toBe(422);
  });

  test("reads nothing of the store for its readers, however many there are", async () => {
    const costOf = async (readers: number) => {
      const { client, clock, ordered, follow } = await serve();
      const followers = await Promise.all(Array.from({ length: readers }, () => follow()));
      await client.call("SM.CREATE", "hall", "lamp");
      const before = ordered.reads;
      for (let at = 0; at < 50; at += 1) await client.call("SM.SEND", "hall", "PRESS");
      clock.advance(GATHERED_MS);
      await Promise.all(followers.map((one) => one.until(1)));
      return ordered.reads - before;
    };
    expect(await costOf(20)).toBe(await costOf(0));
  });

  test("keeps one summary for a client that takes nothing", async () => {
    const { server, client, clock } = await serve();
    const [session] = server.context.sessions.all();
    if (session === undefined) throw new Error("there is the session of the client");
    const reader = { session, isInputEnded: false, onClosed: () => undefined, close: () => undefined };
    const options = { everyMs: EVERY_MS, definitions: [], key: undefined, streamOf: String };
    const summary = new ChangeSummary(server.context, reader, options);
    for (let round = 0; round < 5; round += 1) {
      for (let at = 0; at < 40; at += 1) await client.call("SM.CREATE", `l${round}:${at}`, "lamp");
      clock.advance(EVERY_MS);
    }
    const text = (await summary.next()) ?? "";
    expect(text).toContain('"changes":200');
    expect(text).toContain('"isPartial":true');
    expect(text.length).toBeLessThan(2000);
    summary.close();
  });
});
