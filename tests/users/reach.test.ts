/** Ways around the gate: what a payload, a number or a wait brings along, which no argument of the request names. */
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { encodeRequest } from "../support/client.ts";
import { EventClient } from "../support/event-client.ts";
import { request } from "../support/http.ts";
import { define, fields, rows } from "../support/machines.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const MACHINE = {
  initial: "open",
  states: { open: { on: { GO: "closed", STOP: "stopped" } }, closed: {}, stopped: {} },
};
const LIMITED = ["on", ">pw", "+@all", "-@admin", "-sm.send|STOP", "def~mine*"];
const NO_DEFINITION = new ReplyFailure("NOPERM No permissions to use a definition");
const NO_STOP = new ReplyFailure("NOPERM User u has no permissions to run the 'sm.send|STOP' command");

let server: TestServer;
let admin: TestClient;

beforeEach(async () => {
  server = await startTestServer({ http: true });
  onTestFinished(() => server.close());
  admin = await server.client();
  for (const name of ["mine", "hidden"]) await define(admin, name, MACHINE);
});

async function userWith(...rules: readonly string[]): Promise<TestClient> {
  await admin.call("ACL", "SETUSER", "u", "reset", ...LIMITED, ...rules);
  const client = await server.client();
  await client.call("AUTH", "u", "pw");
  return client;
}

async function payloadOf(key: string): Promise<Buffer> {
  const { bytes } = await admin.exchange("DUMP", key);
  return bytes.subarray(bytes.indexOf("\r\n") + 2, -2);
}

describe("RESTORE, COPY and SWAPDB", () => {
  test("RESTORE creates no machine of a definition that its user may not use", async () => {
    await admin.call("SM.CREATE", "theirs", "hidden");
    const payload = await payloadOf("theirs");
    const user = await userWith("~my:*");
    await expect(user.call("RESTORE", "my:m", "0", payload)).resolves.toEqual(NO_DEFINITION);
    expect(await admin.call("EXISTS", "my:m")).toBe(0);
    await admin.call("ACL", "SETUSER", "u", "def~hidden");
    expect(await user.call("RESTORE", "my:m", "0", payload)).toBe("OK");
  });

  test("RESTORE and COPY bring no event to a key that their user may not send there", async () => {
    await admin.call("SM.CREATE", "my:later", "mine");
    await admin.call("SM.SEND", "my:later", "STOP", "{}", "DELAY", "3600000");
    const payload = await payloadOf("my:later");
    const user = await userWith("~my:*");
    expect(await user.call("RESTORE", "my:m", "0", payload)).toEqual(NO_STOP);
    expect(await user.call("COPY", "my:later", "my:m")).toEqual(NO_STOP);
    expect(await admin.call("EXISTS", "my:m")).toBe(0);
    await admin.call("ACL", "SETUSER", "u", "+sm.send|STOP");
    expect(await user.call("COPY", "my:later", "my:m")).toBe(1);
  });

  test("SWAPDB brings no stream of events to where the server reads", async () => {
    await admin.call("CONFIG", "SET", "sm-ingest-stream", "events");
    const user = await userWith("~*", "alldefs");
    expect(await user.call("SWAPDB", "0", "1")).toEqual(
      new ReplyFailure("NOPERM No permissions to access a key"),
    );
    expect(await admin.call("SWAPDB", "0", "1")).toBe("OK");
  });
});

describe("migrations by number", () => {
  test("START needs the right to both definitions, by name and by a plan", async () => {
    await admin.call("SM.CREATE", "a", "hidden");
    const { id } = fields(await admin.call("SM.MIGRATION", "PLAN", "hidden", "mine"));
    const user = await userWith("~*");
    expect(await user.call("SM.MIGRATION", "START", "hidden", "mine")).toEqual(NO_DEFINITION);
    expect(await user.call("SM.MIGRATION", "START", "mine", "hidden", "RATE", "1")).toEqual(NO_DEFINITION);
    expect(await user.call("SM.MIGRATION", "START", String(id))).toEqual(NO_DEFINITION);
    expect(await user.call("SM.MIGRATION", "WHATIF", "hidden", "mine")).toEqual(NO_DEFINITION);
    expect(fields(await admin.call("SM.INFO", "a"))["definition"]).toBe("hidden:v1");
  });

  test("START by a plan is not read as a definition of that name", async () => {
    await define(admin, "mine:v2", { ...MACHINE, description: "2" });
    const user = await userWith("~*");
    const { id } = fields(await user.call("SM.MIGRATION", "PLAN", "mine:v1", "mine:v2"));
    expect(await user.call("SM.MIGRATION", "START", String(id))).toBeTypeOf("number");
  });

  test("LIST, STATUS, PAUSE, RESUME and UNDO hide migrations between other definitions", async () => {
    await admin.call("SM.CREATE", "a", "hidden");
    const job = String(await admin.call("SM.MIGRATION", "START", "hidden", "mine", "RATE", "1"));
    const user = await userWith("~*");
    expect(await user.call("SM.MIGRATION", "LIST")).toEqual([]);
    for (const subcommand of ["STATUS", "PAUSE", "RESUME", "UNDO"])
      expect(await user.call("SM.MIGRATION", subcommand, job)).toEqual(NO_DEFINITION);
    await admin.call("ACL", "SETUSER", "u", "alldefs");
    expect(rows(await user.call("SM.MIGRATION", "LIST"))).toHaveLength(1);
  });

  test("PAUSE needs the right to change every key; STATUS shows keys that may be read", async () => {
    await define(admin, "mine:v2", { initial: "other", states: { other: {} } });
    for (const key of ["my:m", "no:m"]) await admin.call("SM.CREATE", key, "mine:v1");
    const job = String(await admin.call("SM.MIGRATION", "START", "mine:v1", "mine:v2", "HOLD"));
    const shown = async (client: TestClient) =>
      rows(fields(await client.call("SM.MIGRATION", "STATUS", job))["examples"] ?? []).map(({ key }) => key);
    await expect.poll(() => shown(admin)).toEqual(["my:m", "no:m"]);
    const user = await userWith("~my:*");
    expect(await shown(user)).toEqual(["my:m"]);
    expect(await user.call("SM.MIGRATION", "PAUSE", job)).toEqual(
      new ReplyFailure("NOPERM No permissions to access a key"),
    );
  });
});

describe("a request that waits", () => {
  const WAITING: ReadonlyArray<readonly [request: readonly string[], change: readonly string[]]> = [
    [
      ["BLPOP", "l", "0"],
      ["RPUSH", "l", "s3cret"],
    ],
    [
      ["BRPOP", "l", "0"],
      ["RPUSH", "l", "s3cret"],
    ],
    [
      ["BLMOVE", "l", "my:l", "LEFT", "LEFT", "0"],
      ["RPUSH", "l", "s3cret"],
    ],
    [
      ["BRPOPLPUSH", "l", "my:l", "0"],
      ["RPUSH", "l", "s3cret"],
    ],
    [
      ["BLMPOP", "0", "1", "l", "LEFT"],
      ["RPUSH", "l", "s3cret"],
    ],
    [
      ["BZPOPMIN", "z", "0"],
      ["ZADD", "z", "1", "s3cret"],
    ],
    [
      ["BZPOPMAX", "z", "0"],
      ["ZADD", "z", "1", "s3cret"],
    ],
    [
      ["BZMPOP", "0", "1", "z", "MIN"],
      ["ZADD", "z", "1", "s3cret"],
    ],
    [
      ["XREAD", "BLOCK", "0", "STREAMS", "t", "$"],
      ["XADD", "t", "*", "f", "s3cret"],
    ],
    [
      ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "t", ">"],
      ["XADD", "t", "*", "f", "s3cret"],
    ],
    [
      ["SM.WAIT", "m", "STATE", "closed", "0"],
      ["SM.SEND", "m", "GO"],
    ],
  ];

  test.each(WAITING)("%j is refused once its user loses the right to the key", async (waiting, change) => {
    await admin.call("XGROUP", "CREATE", "t", "g", "$", "MKSTREAM");
    await admin.call("SM.CREATE", "m", "mine");
    const user = await userWith("~*");
    const answer = user.next();
    user.write(encodeRequest(waiting));
    await expect.poll(() => server.context.waiters.size).toBe(1);
    await admin.call("ACL", "SETUSER", "u", "resetkeys", "~my:*");
    await admin.call(...change);
    const { bytes } = await answer;
    expect(bytes.toString()).toBe("-NOPERM No permissions to access a key\r\n");
    // What it would have taken is there.
    if (change[0] === "RPUSH") expect(await admin.call("LLEN", "l")).toBe(1);
    if (change[0] === "ZADD") expect(await admin.call("ZCARD", "z")).toBe(1);
    if (change[0] === "XADD") expect(await admin.call("XPENDING", "t", "g")).toEqual([0, null, null, null]);
  });

  test("is refused over HTTP too", async () => {
    await userWith("~*");
    const headers = { authorization: `Basic ${Buffer.from("u:pw").toString("base64")}` };
    const answer = request(server.url, "/api/v1/commands", {
      method: "POST",
      headers,
      body: ["BLPOP", "l", "0"],
    });
    await expect.poll(() => server.context.waiters.size).toBe(1);
    await admin.call("ACL", "SETUSER", "u", "resetkeys");
    await admin.call("RPUSH", "l", "s3cret");
    const { status, body } = await answer;
    expect([status, body.includes("s3cret")]).toEqual([403, false]);
  });

  test.each([
    ["loses its keys", ["SETUSER", "u", "resetkeys"]],
    ["is removed", ["DELUSER", "u"]],
  ] as const)("a reader of summaries over HTTP gets no further ones when it %s", async (_, change) => {
    await admin.call("SM.CREATE", "m", "mine");
    await userWith("~*", "alldefs");
    const url = server.url.replace("//", "//u:pw@");
    const events = new EventClient(url, "/api/v1/changes?definition=mine&every=100");
    onTestFinished(() => events.close());
    await expect.poll(() => events.response?.statusCode).toBe(200);
    await admin.call("SM.SEND", "m", "GO");
    await events.until(1);
    await admin.call("ACL", ...change);
    await admin.call("SM.CREATE", "s3cret", "mine");
    await expect.poll(() => events.response?.closed).toBe(true);
    expect(JSON.stringify(events.events)).not.toContain("s3cret");
  });

  test.each([
    ["loses its keys", ["SETUSER", "u", "resetkeys"]],
    ["is removed", ["DELUSER", "u"]],
  ] as const)("a reader of changes over HTTP gets no further changes when it %s", async (_, change) => {
    await admin.call("SM.CREATE", "m", "mine");
    await userWith("~*", "alldefs");
    const events = new EventClient(server.url.replace("//", "//u:pw@"), "/api/v1/changes?definition=mine");
    onTestFinished(() => events.close());
    await events.ready();
    await admin.call("SM.SEND", "m", "GO");
    await events.until(1);
    await admin.call("ACL", ...change);
    await admin.call("SM.CREATE", "m", "mine", "CONTEXT", '{"text":"s3cret"}');
    await expect.poll(() => events.response?.closed).toBe(true);
    expect(JSON.stringify(events.events)).not.toContain("s3cret");
  });
});
