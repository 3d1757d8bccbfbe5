/** Permissions where machines are concerned: what they do by themselves, events that wait or come by a stream, lists. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows, scanAll } from "../../support/machines.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

let clock: VirtualClock;
let server: TestServer;
let admin: TestClient;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ clock, config: { "sm-ingest-stream": "events" } });
  admin = await server.client();
});

afterEach(() => server.close());

const raw = async (client: TestClient, ...args: string[]) =>
  (await client.exchange(...args)).bytes.toString("utf8");

async function login(name: string, ...rules: string[]): Promise<TestClient> {
  expect(await raw(admin, "ACL", "SETUSER", name, "reset", "on", "nopass", ...rules)).toBe("+OK\r\n");
  const client = await server.client();
  expect(await raw(client, "AUTH", name, "any")).toBe("+OK\r\n");
  return client;
}

const state = async (key: string) => ((await admin.call("SM.STATE", key)) as unknown[]).map(String).join();

const RECEIVER = { initial: "a", states: { a: { on: { GO: "b", STOP: "c" } }, b: {}, c: {} } };
/** Sends GO, or STOP, to the key that its data names. */
const SENDER = {
  initial: "a",
  states: {
    a: {
      on: {
        TELL_GO: { actions: [{ send: { to: "event.to", event: "GO" } }] },
        TELL_STOP: { actions: [{ send: { to: "event.to", event: "STOP" } }] },
        "error.communication": "lost",
      },
    },
    lost: {},
  },
};

describe("an event that a machine sends", () => {
  const tell = (to: string, what = "GO") =>
    admin.call("SM.SEND", "a:sender", `TELL_${what}`, JSON.stringify({ to }));

  beforeEach(async () => {
    await define(admin, "receiver", RECEIVER);
    for (const key of ["a:1", "b:1"]) await admin.call("SM.CREATE", key, "receiver");
  });

  async function make(...rules: string[]): Promise<void> {
    const maker = await login("maker", "+sm.def|create", "def~sender", ...rules);
    await define(maker, "sender", SENDER);
    await admin.call("SM.CREATE", "a:sender", "sender");
  }

  test("reaches only keys that the definition's author may send to, whichever user triggers it", async () => {
    await make("~a:*", "+sm.send|GO");
    await tell("a:1");
    expect(await state("a:1")).toBe("b");
    await tell("b:1");
    expect(await state("b:1")).toBe("a");
    expect(await state("a:sender")).toBe("lost");
    const history = rows(await admin.call("SM.HISTORY", "a:sender", "-", "+"));
    expect(history.map(({ kind }) => String(kind))).toEqual(["create", "event", "event", "refused", "raise"]);
    const refusals = (await admin.call("XREVRANGE", "sm:refusals", "+", "-", "COUNT", "1")) as unknown[][];
    const entry = fields(refusals[0]?.[1] as never);
    expect([entry["key"], entry["event"], entry["code"]].map(String)).toEqual(["a:sender", "GO", "NOPERM"]);
    expect(String(entry["message"])).toBe(
      "the user 'maker', who made the definition, may not send that event there",
    );
  });

  test("must be one that the definition's author may send", async () => {
    await make("~*", "resetdefs", "def~sender", "+sm.send|GO");
    await tell("b:1", "STOP");
    expect(await state("b:1")).toBe("a");
    await admin.call("ACL", "SETUSER", "maker", "+sm.send|STOP");
    await admin.call("SM.CREATE", "a:sender", "sender");
    await tell("b:1", "STOP");
    expect(await state("b:1")).toBe("c");
  });

  test("is refused while the definition's author does not exist", async () => {
    await make("~a:*", "+sm.send");
    await admin.call("ACL", "DELUSER", "maker");
    await tell("a:1");
    expect(await state("a:1")).toBe("a");
    await admin.call("ACL", "SETUSER", "maker", "~a:*", "+sm.send");
    await admin.call("SM.CREATE", "a:sender", "sender");
    await tell("a:1");
    expect(await state("a:1")).toBe("b");
  });
});

describe("timers", () => {
  test("fail when the definition's author does not exist, and SM.RETRY runs them once the user is back", async () => {
    const maker = await login("maker", "+sm.def|create", "def~clock");
    await define(maker, "clock", { initial: "a", states: { a: { after: { "1s": "b" } }, b: {} } });
    await admin.call("SM.CREATE", "k", "clock");
    await admin.call("ACL", "DELUSER", "maker");
    clock.advance(1000);
    expect(String(fields(await admin.call("SM.INFO", "k"))["status"])).toBe("failed");
    const [failed] = rows(await admin.call("SM.PENDING", "k"));
    expect(String(failed?.["error"])).toBe("NOPERM the user 'maker', who made the definition, is gone");
    expect(await admin.call("SM.RETRY", "k")).toBe(0);
    await admin.call("ACL", "SETUSER", "maker");
    expect(await admin.call("SM.RETRY", "k")).toBe(1);
    expect(await state("k")).toBe("b");
  });
});

describe("events that wait", () => {
  test("SM.RETRY needs the right to send the event that has failed", async () => {
    await define(admin, "divider", {
      initial: "a",
      context: { by: 0 },
      states: { a: { on: { GO: { target: "b", actions: [{ assign: { by: "1 / context.by" } }] } } }, b: {} },
    });
    await admin.call("SM.CREATE", "k", "divider");
    await admin.call("SM.SEND", "k", "GO", "DELAY", "10");
    clock.advance(20);
    expect(String(fields(await admin.call("SM.INFO", "k"))["status"])).toBe("failed");
    const limited = await login("limited", "~k", "+sm.retry", "+sm.send|STOP");
    expect(await raw(limited, "SM.RETRY", "k")).toBe(
      "-NOPERM User limited has no permissions to run the 'sm.send|GO' command\r\n",
    );
    await admin.call("ACL", "SETUSER", "limited", "+sm.send|GO");
    expect(await raw(limited, "SM.RETRY", "k")).toBe(":0\r\n");
  });

  test("a delayed event needs the right when it is sent", async () => {
    await define(admin, "receiver", RECEIVER);
    await admin.call("SM.CREATE", "k", "receiver");
    const limited = await login("limited", "~k", "+sm.send|GO");
    expect(await raw(limited, "SM.SEND", "k", "STOP", "DELAY", "10")).toMatch(
      /^-NOPERM .*'sm.send\|STOP' command/,
    );
    expect(await raw(limited, "SM.SEND", "k", "GO", "DELAY", "10")).toMatch(/^\*/);
  });

  test("SM.MUTATE sends no event that its user may not send", async () => {
    await define(admin, "receiver", RECEIVER);
    await admin.call("SM.CREATE", "k", "receiver");
    const limited = await login("limited", "~k", "+sm.mutate", "+sm.send|b", "+sm.send|STOP");
    expect(await raw(limited, "SM.MUTATE", "k", "b")).toBe("$-1\r\n");
    expect(await raw(limited, "SM.MUTATE", "k", "c")).toMatch(/^-NOPERM .*'sm.mutate\|c' command/);
    await admin.call("ACL", "SETUSER", "limited", "+sm.mutate|c");
    expect(await raw(limited, "SM.MUTATE", "k", "c")).toBe("+OK\r\n");
    expect(await raw(limited, "SM.MUTATE", "k", "a", "why", "FORCE")).toMatch(
      /^-NOPERM .*'sm.force' command/,
    );
  });
});

describe("the stream of events", () => {
  test("XADD needs the right to send the event of the entry", async () => {
    await define(admin, "receiver", RECEIVER);
    for (const key of ["a:1", "b:1"]) await admin.call("SM.CREATE", key, "receiver");
    const client = await login(
      "u",
      "~events",
      "~a:*",
      "+@stream",
      "+copy",
      "+rename",
      "+restore",
      "+sm.send|GO",
    );
    const add = (...pairs: string[]) => raw(client, "XADD", "events", "MAXLEN", "~", "100", "*", ...pairs);
    expect(await add("key", "a:1", "event", "STOP")).toMatch(/^-NOPERM .*'sm.send\|STOP' command/);
    expect(await add("key", "b:1", "event", "GO")).toBe("-NOPERM No permissions to access a key\r\n");
    expect(await add("key", "a:2", "event", "GO", "def", "receiver")).toBe(
      "-NOPERM No permissions to use a definition\r\n",
    );
    expect(await add("key", "a:1", "event", "GO")).toMatch(/^\$/);
    expect(await state("a:1")).toBe("b");
    await admin.call("XADD", "a:hidden", "*", "key", "b:1", "event", "GO");
    for (const request of [
      ["COPY", "a:hidden", "events", "REPLACE"],
      ["RENAME", "a:hidden", "events"],
      ["RESTORE", "events", "0", "x"],
      ["XGROUP", "SETID", "events", "detent", "0"],
    ]) {
      expect(await raw(client, ...request), request.join(" ")).toBe(
        "-NOPERM No permissions to access a key\r\n",
      );
    }
    expect(await state("b:1")).toBe("a");
    const log = (await admin.call("ACL", "LOG", "1")) as unknown[][];
    expect([log[0]?.[3], log[0]?.[7]].map(String)).toEqual(["key", "events"]);
  });
});

describe("lists", () => {
  test("SM.SCAN, SM.COUNT and SM.DEF LIST return only what the user may see", async () => {
    await define(admin, "order", RECEIVER);
    await define(admin, "refund", RECEIVER);
    for (const key of ["a:1", "a:2", "b:1"]) await admin.call("SM.CREATE", key, "order");
    await admin.call("SM.CREATE", "a:3", "refund");
    const client = await login("u", "%R~a:*", "%W~b:*", "+@all", "def~order");
    expect((await scanAll(client)).sort()).toEqual(["a:1", "a:2", "a:3"]);
    expect(await client.call("SM.COUNT")).toBe(3);
    expect(String(await client.call("SM.DEF", "LIST"))).toBe("order:v1");
    expect(await raw(client, "SM.SCAN", "0", "DEF", "refund")).toBe(
      "-NOPERM No permissions to use a definition\r\n",
    );
    expect(await raw(client, "SM.CREATE", "b:2", "order")).toBe("+OK\r\n");
    expect(await raw(client, "SM.CREATE", "b:2", "refund")).toBe(
      "-NOPERM No permissions to use a definition\r\n",
    );
  });

  test("SM.REQUEUE needs the keys of both streams", async () => {
    const entry = [
      "task",
      "call",
      "key",
      "k",
      "id",
      "k@1#1",
      "stream",
      "s",
      "entry",
      "1-1",
      "reason",
      "x",
      "died",
      "1",
    ];
    await admin.call("XADD", "sm:dead", "*", ...entry);
    const client = await login("u", "~sm:dead", "+sm.requeue");
    expect(await raw(client, "SM.REQUEUE", "ALL")).toBe("-NOPERM No permissions to access a key\r\n");
    await admin.call("ACL", "SETUSER", "u", "%W~sm:tasks:call");
    expect(await raw(client, "SM.REQUEUE", "ALL")).toBe(":1\r\n");
    await admin.call("ACL", "SETUSER", "u", "resetkeys");
    expect(await raw(client, "SM.REQUEUE", "ALL")).toBe("-NOPERM No permissions to access a key\r\n");
  });
});

describe("children", () => {
  const PARENT = {
    initial: "a",
    states: { a: { on: { START: "b" } }, b: { invoke: [{ src: "part", id: "p" }] }, c: {} },
  };

  test("use only definitions that the author of the parent's definition may use, and always report their end", async () => {
    await define(admin, "part", {
      initial: "x",
      states: {
        x: { on: { GO: { target: "y", actions: [{ send: { to: "#_parent", event: "GO" } }] } } },
        y: {},
      },
    });
    const maker = await login("maker", "+sm.def|create", "def~whole", "def~part");
    await define(maker, "whole", {
      ...PARENT,
      states: { ...PARENT.states, b: { invoke: [{ src: "part", id: "p" }], on: { GO: "c" } } },
    });
    await admin.call("SM.CREATE", "w:1", "whole");
    await admin.call("SM.SEND", "w:1", "START");
    await admin.call("SM.SEND", "{w:1}.p", "GO");
    expect(await state("w:1")).toBe("c");
    await admin.call("ACL", "SETUSER", "maker", "resetdefs", "def~whole");
    await admin.call("SM.CREATE", "w:2", "whole");
    expect(await raw(admin, "SM.SEND", "w:2", "START")).toMatch(
      /^-EXECFAIL .*may not make a machine of that definition/,
    );
    expect(await state("w:2")).toBe("a");
  });
});
