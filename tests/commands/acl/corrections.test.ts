/** Rights to SM.PATCH, SM.UNDO and SM.MIGRATE: commands of their own, which need the key, and the definitions that are named. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { request } from "../../support/http.ts";
import { define, fields } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

const ORDER = {
  initial: "open",
  context: { n: 1 },
  states: { open: { on: { SHIP: "shipped", CANCEL: "cancelled" } }, shipped: {}, cancelled: {} },
};
const NO_KEY = "-NOPERM No permissions to access a key\r\n";
const NO_DEFINITION = "-NOPERM No permissions to use a definition\r\n";
const noCommand = (name: string) =>
  expect.stringMatching(
    new RegExp(
      `^-NOPERM User u has no permissions to run the '${name.replace("|", "\\|")}' command\r\n$`,
      "i",
    ),
  );

let server: TestServer;
let admin: TestClient;

beforeEach(async () => {
  server = await startTestServer({ http: true, config: { "sm-audit-stream": "audit" } });
  admin = await server.client();
  await define(admin, "order:v1", ORDER);
  await define(admin, "order:v2", { ...ORDER, description: "2" });
  await define(admin, "hidden:v1", { ...ORDER, description: "h" });
  for (const key of ["my:1", "no:1"]) await admin.call("SM.CREATE", key, "order:v1");
  await admin.call("SM.CREATE", "my:hidden", "hidden:v1");
  for (const key of ["my:1", "no:1", "my:hidden"]) await admin.call("SM.SEND", key, "CANCEL");
});

afterEach(() => server.close());

async function login(...rules: readonly string[]): Promise<TestClient> {
  await admin.call("ACL", "SETUSER", "u", "reset", "on", ">pw", ...rules);
  const client = await server.client();
  await client.call("AUTH", "u", "pw");
  return client;
}

const raw = async (client: TestClient, request: readonly string[]) =>
  (await client.exchange(...request)).bytes.toString("utf8");
const isRefused = (reply: string) => reply.startsWith("-");
const revOf = async (key: string) => Number(fields(await admin.call("SM.INFO", key))["rev"]);

/** Each command on a key; its right by itself. */
const CORRECTIONS: ReadonlyArray<readonly [right: string, request: (key: string) => readonly string[]]> = [
  ["sm.patch", (key) => ["SM.PATCH", key, '{"n":2}']],
  ["sm.undo", (key) => ["SM.UNDO", key]],
  ["sm.migrate", (key) => ["SM.MIGRATE", key, "order:v2"]],
];

/** The ways in which a request comes; what is answered to it. */
const WAYS: Readonly<Record<string, (client: TestClient, request: readonly string[]) => Promise<string>>> = {
  alone: raw,
  "in MULTI": async (client, request) => {
    await client.call("MULTI");
    const queued = await raw(client, request);
    const ended = await raw(client, ["EXEC"]);
    return isRefused(queued) ? queued : ended.slice(ended.indexOf("\r\n") + 2);
  },
  "by a script": async (client, request) =>
    raw(client, ["EVAL", "return redis.call(unpack(ARGV))", "0", ...request]),
  "over HTTP": async (_client, body) => {
    const headers = { authorization: `Basic ${Buffer.from("u:pw").toString("base64")}` };
    const answer = await request(server.url, "/api/v1/commands", {
      method: "POST",
      headers,
      body: [...body],
    });
    return answer.status === 403 ? `-${answer.body}` : answer.body;
  },
};

describe.each(CORRECTIONS)("%s", (right, requestFor) => {
  const all = ["+@all", "-@admin", "~my:*", "def~order*"];

  test.each(Object.keys(WAYS))(
    "is a right of its own, and one to the key alone that is named, %s",
    async (way) => {
      const ask = WAYS[way] ?? raw;
      // What sends events corrects nothing.
      const sender = await login("+@all", `-${right}`, "~*", "def~order*");
      const before = [await revOf("my:1"), await revOf("no:1")];
      expect(isRefused(await ask(sender, requestFor("my:1")))).toBe(true);
      const user = await login(...all);
      expect(isRefused(await ask(user, requestFor("no:1")))).toBe(true);
      expect([await revOf("my:1"), await revOf("no:1")]).toEqual(before);
      expect(isRefused(await ask(user, requestFor("my:1")))).toBe(false);
      expect(await revOf("my:1")).toBe((before[0] ?? 0) + 1);
    },
  );

  test("is refused with the error of Redis, and the log has what was refused", async () => {
    const sender = await login("+sm.send", "+sm.mutate", "+sm.force", "~*");
    expect(await raw(sender, requestFor("my:1"))).toEqual(noCommand(right));
    const reader = await login("+@all", "%R~my:*", "def~order*");
    expect(await raw(reader, requestFor("my:1"))).toBe(NO_KEY);
    const [last] = (await admin.call("ACL", "LOG", "1")) as Decoded[];
    expect(fields(last ?? null)).toMatchObject({ reason: "key", object: "my:1", username: "u" });
  });

  test("is in the audit stream", async () => {
    const user = await login(...all);
    await user.call(...requestFor("my:1"));
    const [entry] = (await admin.call("XREVRANGE", "audit", "+", "-", "COUNT", "1")) as [[string, string[]]];
    const told = fields(entry[1]);
    expect(told).toMatchObject({ user: "u", outcome: "OK" });
    expect(String(told["command"]).toLowerCase()).toBe(right);
  });
});

describe("sm.migrate", () => {
  test("needs the right to the definition that a machine goes to, and to the one that it has", async () => {
    const user = await login("+@all", "-@admin", "~my:*", "def~order*");
    expect(await raw(user, ["SM.MIGRATE", "my:1", "hidden:v1"])).toBe(NO_DEFINITION);
    expect(await raw(user, ["SM.MIGRATE", "my:hidden", "order:v2"])).toBe(NO_DEFINITION);
    expect(fields(await admin.call("SM.INFO", "my:hidden"))).toMatchObject({ definition: "hidden:v1" });
    await admin.call("ACL", "SETUSER", "u", "def~hidden*");
    expect(isRefused(await raw(user, ["SM.MIGRATE", "my:hidden", "order:v2"]))).toBe(false);
  });

  test("does not come with the right to migrate all machines, nor the other way round", async () => {
    const one = await login("+sm.migrate", "~*", "def~order*");
    expect(await raw(one, ["SM.MIGRATION", "START", "order:v1", "order:v2"])).toEqual(
      noCommand("sm.migration|start"),
    );
    const many = await login("+sm.migration", "~*", "def~order*");
    expect(await raw(many, ["SM.MIGRATE", "my:1", "order:v2"])).toEqual(noCommand("sm.migrate"));
  });
});

describe("rules for events", () => {
  test("are no way around: who may not send an event may not take one back, unless sm.undo is given", async () => {
    const user = await login("+sm.send|SHIP", "~my:*");
    expect(await raw(user, ["SM.SEND", "my:1", "CANCEL"])).toEqual(noCommand("sm.send|CANCEL"));
    expect(await raw(user, ["SM.UNDO", "my:1"])).toEqual(noCommand("sm.undo"));
    await admin.call("ACL", "SETUSER", "u", "+sm.undo");
    expect(isRefused(await raw(user, ["SM.UNDO", "my:1"]))).toBe(false);
    expect(isRefused(await raw(user, ["SM.SEND", "my:1", "SHIP"]))).toBe(false);
  });
});
