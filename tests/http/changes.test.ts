/** Live events: what they hold, how a client comes back, what a slow one costs. */
import { describe, expect, onTestFinished, test } from "vitest";
import { follower } from "../support/follower.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

const LAMP = {
  initial: "off",
  states: {
    off: { on: { PRESS: { target: "on", actions: [{ emit: { event: "lit" } }] } } },
    on: { on: { PRESS: "off" } },
  },
};

async function serve() {
  const server = await startTestServer({ http: true });
  const call = await server.client();
  await define(call, "lamp:v1", LAMP);
  onTestFinished(() => server.close());
  return { server, client: call, follow: follower(server.url) };
}

describe("GET /api/v1/changes", () => {
  test("sends changes and emitted events, with JSON as JSON", async () => {
    const { client, follow } = await serve();
    const events = await follow("?definition=lamp").ready();
    await client.call("SM.CREATE", "hall", "lamp");
    await client.call("SM.SEND", "hall", "PRESS", '{"n":9007199254740993}', "ID", "e1");
    const [created, pressed, lit] = await events.until(3);
    expect(created).toMatchObject({
      event: "change",
      data: { stream: "sm:changes:lamp", key: "hall", kind: "create", rev: 1, to: ["off"] },
    });
    expect(pressed?.data).toMatchObject({
      kind: "event",
      event: "PRESS",
      id: "e1",
      from: ["off"],
      to: ["on"],
    });
    expect(lit).toMatchObject({ event: "emit", data: { event: "lit", rev: 2 } });
    expect(events.lastId).toBe(lit?.id);
  });

  test("continues after Last-Event-ID, and loses and repeats nothing", async () => {
    const { client, follow } = await serve();
    await client.call("SM.CREATE", "hall", "lamp");
    const seen: unknown[] = [];
    let lastId: string | undefined = "0-0";
    for (let round = 0; round < 5; round += 1) {
      for (let i = 0; i < 20; i += 1) await client.call("SM.SEND", "hall", "PRESS");
      const events = follow("?definition=lamp", lastId);
      await events.until(7);
      events.close();
      seen.push(...events.events.slice(0, 7).map(({ id }) => id));
      lastId = events.events[6]?.id;
    }
    const all = (await client.call("XRANGE", "sm:changes:lamp", "-", "+")) as unknown[][];
    expect(seen).toEqual(all.slice(0, 35).map(([id]) => id));
  });

  test("sends changes of one key or pattern alone, and does not read the others again", async () => {
    const { client, follow } = await serve();
    const events = await follow("?definition=lamp&key=a*").ready();
    for (const key of ["a1", "b1", "a2", "b2"]) await client.call("SM.CREATE", key, "lamp");
    expect((await events.until(2)).map(({ data }) => data["key"])).toEqual(["a1", "a2"]);
    const single = await follow("?key=a1").ready();
    await client.call("SM.SEND", "a2", "PRESS");
    await client.call("SM.SEND", "a1", "PRESS");
    expect((await single.until(1))[0]?.data).toMatchObject({ key: "a1", event: "PRESS" });
  });

  test("sends changes of all definitions when none is named, and continues each at its position", async () => {
    const { client, follow } = await serve();
    await define(client, "door:v1", { initial: "shut", states: { shut: {} } });
    const events = await follow("").ready();
    await client.call("SM.CREATE", "hall", "lamp");
    await client.call("SM.CREATE", "gate", "door");
    await events.until(2);
    events.close();
    await client.call("SM.CREATE", "hall2", "lamp");
    await client.call("SM.CREATE", "gate2", "door");
    const again = follow("", events.lastId);
    expect((await again.until(2)).map(({ data }) => data["key"]).sort()).toEqual(["gate2", "hall2"]);
  });

  test("follows hundreds of definitions, and continues at the position in each", async () => {
    const { client, follow } = await serve();
    const names = Array.from({ length: 300 }, (_, number) => `kind${String(number).padStart(3, "0")}`);
    await client.pipeline(
      names.map((name) => ["SM.DEF", "CREATE", name, '{"initial":"a","states":{"a":{}}}']),
    );
    await client.pipeline(names.map((name) => ["SM.CREATE", `old:${name}`, name]));
    const events = await follow("?after=$").ready();
    await client.call("SM.CREATE", "one", "kind299");
    expect((await events.until(1))[0]?.data).toMatchObject({ key: "one" });
    events.close();
    expect(events.lastId?.length).toBeGreaterThan(8_000);
    await client.pipeline(names.map((name) => ["SM.CREATE", `new:${name}`, name]));
    const again = follow("", events.lastId);
    const keys = (await again.until(names.length)).map(({ data }) => data["key"]);
    expect(keys.sort()).toEqual(names.map((name) => `new:${name}`));
  });

  test("refuses to follow more definitions at once than an id has room for", async () => {
    const { client, server } = await serve();
    await client.pipeline(
      Array.from({ length: 1000 }, (_, number) => [
        "SM.DEF",
        "CREATE",
        `kind${number}`,
        '{"initial":"a","states":{"a":{}}}',
      ]),
    );
    const { status, body } = await request(server.url, "/api/v1/changes");
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain("1002 definitions are too many to follow at once, 1000 at most");
  });

  test("reports a gap when entries after the position were trimmed", async () => {
    const { client, follow } = await serve();
    await client.call("SM.CREATE", "hall", "lamp");
    const [[first] = []] = (await client.call("XRANGE", "sm:changes:lamp", "-", "+")) as string[][];
    for (let i = 0; i < 10; i += 1) await client.call("SM.SEND", "hall", "PRESS");
    await client.call("XTRIM", "sm:changes:lamp", "MAXLEN", "2");
    const events = follow("?definition=lamp", first);
    await events.until(3);
    expect(events.events[0]).toMatchObject({ event: "gap", data: { streams: ["sm:changes:lamp"] } });
  });

  test("sends a consumer of a group its pending entries again, and its position acknowledges them", async () => {
    const { client, follow } = await serve();
    await client.call("XGROUP", "CREATE", "sm:changes:lamp", "mail", "0", "MKSTREAM");
    for (const key of ["a", "b", "c"]) await client.call("SM.CREATE", key, "lamp");
    const path = "?definition=lamp&group=mail&consumer=c1";
    const first = follow(path);
    await first.until(3);
    first.close();
    const again = follow(path, first.events[1]?.id);
    expect((await again.until(1))[0]?.data).toMatchObject({ key: "c" });
    const pending = await client.call("XPENDING", "sm:changes:lamp", "mail");
    expect(Array.isArray(pending) && pending[0]).toBe(1);
  });

  test("refuses invalid positions and parameters", async () => {
    const { server } = await serve();
    for (const query of ["?after=x&definition=lamp", "?group=g&definition=lamp", "?definitions=lamp"])
      expect((await request(server.url, `/api/v1/changes${query}`)).status).toBe(422);
  });

  test("reads nothing for a client that takes nothing, and its session ends with it", async () => {
    const { server, client, follow } = await serve();
    const stuck = await follow("?definition=lamp&after=0").ready();
    stuck.response?.pause();
    const data = JSON.stringify({ text: "x".repeat(100_000) });
    const reads = () => server.context.statistics.commands.get("XREAD")?.calls ?? 0;
    const press = async (count: number) => {
      for (let i = 0; i < count; i += 1) await client.call("SM.SEND", "hall", "PRESS", data);
    };
    await client.call("SM.CREATE", "hall", "lamp");
    // More than the buffers of both sockets hold.
    await press(120);
    while (server.context.waiters.size > 0) await new Promise((done) => setImmediate(done));
    const readCount = reads();
    await press(60);
    expect(reads() - readCount).toBeLessThanOrEqual(1);
    stuck.close();
    while (server.context.sessions.size > 1) await new Promise((done) => setImmediate(done));
    expect(server.context.sessions.size).toBe(1);
  });

  test("sends each change to a thousand clients", { timeout: 120_000 }, async () => {
    const { server, client, follow } = await serve();
    const all = Array.from({ length: 1000 }, () => follow("?definition=lamp"));
    await Promise.all(all.map((one) => one.ready()));
    while (server.context.waiters.size < 1000) await new Promise((done) => setImmediate(done));
    await client.call("SM.CREATE", "hall", "lamp");
    await client.call("SM.SEND", "hall", "PRESS");
    await Promise.all(all.map((one) => one.until(3)));
    expect(all.every(({ events }) => events.map(({ event }) => event).join() === "change,change,emit")).toBe(
      true,
    );
  });
});
