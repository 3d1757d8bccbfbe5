/** A page seen with the rights of another user: by whoever could take them anyway, and nothing is changed. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { type Asked, request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  server = await startTestServer({ http: true });
  client = await server.client();
  await define(client, "lamp:v1", { initial: "off", states: { off: { on: { PRESS: "on" } }, on: {} } });
  for (const key of ["a:1", "b:1"]) await client.call("SM.CREATE", key, "lamp");
  await client.call(
    "ACL",
    "SETUSER",
    "ann",
    "on",
    ">a",
    "~a:*",
    "alldefs",
    "+@read",
    "+acl|whoami",
    "+sm.send",
  );
});
afterEach(() => server.close());

const ask = (path: string, asked: Asked = {}) => request(server.url, path, asked);

describe("a request with `as`", () => {
  test("has the rights of that user", async () => {
    expect((await ask("/api/v1/whoami?as=ann")).json).toMatchObject({ user: "ann" });
    expect((await ask("/api/v1/machines/a%3A1?as=ann")).status).toBe(200);
    expect(await ask("/api/v1/machines/b%3A1?as=ann")).toMatchObject({
      status: 403,
      json: { code: "NOPERM" },
    });
    const body = [
      ["SM.SEND", "a:1", "PRESS"],
      ["SM.SEND", "b:1", "PRESS"],
      ["SM.SUSPEND", "a:1"],
    ];
    const allowed = await ask("/api/v1/allowed?as=ann", { method: "POST", body });
    expect(allowed.json).toEqual({ allowed: [true, false, false] });
  });

  test("changes nothing, whatever the user may", async () => {
    const sent = await ask("/api/v1/machines/a%3A1/events?as=ann", {
      method: "POST",
      body: { event: "PRESS" },
    });
    expect(sent.status).toBe(403);
    expect((await ask("/api/v1/machines/a%3A1?as=ann", { method: "DELETE" })).status).toBe(403);
    const commands = await ask("/api/v1/commands?as=ann", {
      method: "POST",
      body: [
        ["SM.SEND", "a:1", "PRESS"],
        ["SM.STATE", "a:1"],
      ],
    });
    expect(commands.json).toEqual([
      { error: { code: "NOPERM", detail: expect.stringContaining("changes nothing") } },
      ["off"],
    ]);
    const group = "/api/v1/changes?as=ann&definition=lamp&group=g&consumer=c";
    const followed = await ask(group);
    expect(followed.status).toBeGreaterThanOrEqual(400);
    expect(await client.call("SM.STATE", "a:1")).toEqual(["off"]);
  });

  test("is refused to a user who may not give rights, and for a user that is not there", async () => {
    const headers = { authorization: `Basic ${btoa("ann:a")}` };
    const refused = await ask("/api/v1/whoami?as=default", { headers });
    expect(refused).toMatchObject({ status: 403, json: { code: "NOPERM" } });
    expect((await ask("/api/v1/whoami?as=nobody")).status).toBe(404);
  });
});

describe("GET …/effects", () => {
  test("lists what has left a machine, in order, to a user who may read its history", async () => {
    const sender = {
      initial: "a",
      states: {
        a: {
          on: {
            GO: {
              target: "b",
              actions: [{ send: { to: "'a:1'", event: "PRESS" } }, { emit: { event: "left" } }],
            },
          },
        },
        b: { entry: [{ task: "pack" }] },
      },
    };
    await define(client, "sender:v1", sender);
    await client.call("SM.CREATE", "s", "sender");
    await client.call("SM.SEND", "s", "GO");
    const { status, json } = await ask("/api/v1/machines/s/effects");
    expect(status).toBe(200);
    const { effects } = json as { effects: ReadonlyArray<Record<string, unknown>> };
    expect(effects.map(({ rev, kind, name, to, number }) => [rev, kind, name, to, number])).toEqual([
      [2, "emit", "left", null, null],
      [2, "task", "pack", null, 1],
      [2, "send", "PRESS", "a:1", null],
    ]);
    expect((await ask("/api/v1/machines/s/effects?as=ann")).status).toBe(403);
    expect((await ask("/api/v1/machines/none/effects")).status).toBe(404);
  });
});

describe("GET /api/v1/streams", () => {
  test("lists the streams that machines write, with their groups, to a user who may read them", async () => {
    await client.call("XGROUP", "CREATE", "sm:changes:lamp", "mail", "0");
    await client.call("XADD", "sm:other", "*", "f", "v");
    const { json } = await ask("/api/v1/streams");
    expect(json).toEqual({
      streams: [
        { name: "sm:changes:lamp", length: 2, groups: [{ name: "mail", consumers: 0, pending: 0, lag: 2 }] },
      ],
    });
    expect((await ask("/api/v1/streams?db=1")).json).toEqual({ streams: [] });
    expect((await ask("/api/v1/streams?as=ann")).json).toEqual({ streams: [] });
  });
});
