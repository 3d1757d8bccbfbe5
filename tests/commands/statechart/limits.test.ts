/** What the directives allow a machine to hold: what would be more is refused, and nothing of it stays. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Argument, TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const SHELF = {
  initial: "open",
  context: { items: [] },
  states: {
    open: {
      on: {
        PUT: { actions: [{ assign: { items: "context.items + [data]" } }] },
        WAIT: { actions: [{ raise: { event: "X", delay: "1h" } }, { raise: { event: "Y", delay: "1h" } }] },
      },
    },
    waiting: { after: { "1h": "open" } },
  },
};

let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  server = await startTestServer({ clock: new VirtualClock() });
  client = await server.client();
  await define(client, "shelf", SHELF);
  await client.call("SM.CREATE", "s", "shelf");
});

afterEach(() => server.close());

const call = (...args: readonly Argument[]): Promise<Decoded> => client.call(...args);
const beginning = (code: string) => ({ message: expect.stringMatching(new RegExp(`^${code} `)) });

test("sm-context-bytes-max bounds the context after an event, and that of SM.CREATE", async () => {
  await call("CONFIG", "SET", "sm-context-bytes-max", 1024);
  expect(await call("SM.SEND", "s", "PUT", JSON.stringify("x".repeat(1000)))).toEqual(["open"]);
  expect(await call("SM.SEND", "s", "PUT", '"0123456789"')).toEqual(beginning("EXECFAIL"));
  expect(rows(await call("SM.HISTORY", "s", "-", "+"))).toHaveLength(2);
  const large = JSON.stringify({ items: ["x".repeat(1024)] });
  expect(await call("SM.CREATE", "t", "shelf", "CONTEXT", large)).toEqual(beginning("ERR"));
  expect(await call("EXISTS", "t")).toBe(0);
});

test("sm-timers-max bounds timers, also those of a new machine, and scheduled events", async () => {
  await call("CONFIG", "SET", "sm-timers-max", 1);
  expect(await call("SM.SEND", "s", "WAIT")).toEqual(beginning("EXECFAIL"));
  expect(await call("SM.SEND", "s", "PUT", "1", "DELAY", 1000)).toEqual(["open"]);
  expect(await call("SM.SEND", "s", "PUT", "1", "DELAY", 1000)).toEqual(beginning("ERR"));
  expect(fields(await call("SM.INFO", "s"))).toMatchObject({ rev: 1, pending: 1, timers: 0 });
  await call("CONFIG", "SET", "sm-timers-max", 0);
  expect(await call("SM.CREATE", "t", "shelf", "STATE", "waiting")).toEqual(beginning("EXECFAIL"));
  expect(await call("EXISTS", "t")).toBe(0);
});

test("sm-event-bytes-max bounds the data of an event", async () => {
  await call("CONFIG", "SET", "sm-event-bytes-max", 1024);
  const large = JSON.stringify("x".repeat(1024));
  expect(await call("SM.SEND", "s", "PUT", large)).toEqual(beginning("ERR"));
  expect(await call("SM.WHY", "s", "PUT", large)).toEqual(beginning("ERR"));
});

test("sm-sources-max bounds new sources of a machine, and accepts known ones", async () => {
  await call("CONFIG", "SET", "sm-sources-max", 1);
  expect(await call("SM.SEND", "s", "PUT", "1", "SEQ", "a", 1)).toEqual(["open"]);
  expect(await call("SM.SEND", "s", "PUT", "1", "SEQ", "b", 1)).toEqual(beginning("ERR"));
  expect(await call("SM.SEND", "s", "PUT", "1", "SEQ", "a", 2)).toEqual(["open"]);
  expect(fields(await call("SM.INFO", "s"))["rev"]).toBe(3);
});

test("sm-outcome-max 0 remembers no outcome", async () => {
  await call("CONFIG", "SET", "sm-outcome-max", 0);
  for (const rev of [2, 3]) {
    expect(await call("SM.SEND", "s", "PUT", "1", "ID", "x")).toEqual(["open"]);
    expect(fields(await call("SM.INFO", "s"))["rev"]).toBe(rev);
  }
  expect(await call("SM.OUTCOME", "s", "x")).toEqual([null]);
  expect(await call("SM.VERIFY", "s")).toEqual([]);
});

test("all events of the inbox are applied, also when they are more than one event may trigger", async () => {
  await define(client, "till", {
    initial: "shut",
    context: { sold: 0 },
    states: {
      shut: { defer: ["SELL"], on: { OPEN: "open" } },
      open: { on: { SELL: { actions: [{ assign: { sold: "context.sold + 1" } }] } } },
    },
  });
  await call("CONFIG", "SET", "sm-inbox-max", 2000);
  await call("SM.CREATE", "t", "till");
  await client.pipeline(Array.from({ length: 1200 }, () => ["SM.SEND", "t", "SELL"]));
  expect(await call("SM.SEND", "t", "OPEN")).toEqual(["open"]);
  expect(await call("SM.CONTEXT", "t", "sold")).toEqual(["1200"]);
  expect(await call("SM.PENDING", "t")).toEqual([]);
});

test("a deferred event that meets a limit is dropped, and the machine goes on", async () => {
  await define(client, "box", {
    initial: "shut",
    context: { text: "" },
    states: {
      shut: { defer: ["PUT"], on: { OPEN: "open" } },
      open: { on: { PUT: { actions: [{ assign: { text: "context.text + data" } }] } } },
    },
  });
  await call("CONFIG", "SET", "sm-context-bytes-max", 1024);
  await call("SM.CREATE", "b", "box");
  await call("SM.SEND", "b", "PUT", JSON.stringify("x".repeat(1024)), "ID", "large");
  await call("SM.SEND", "b", "PUT", '"y"', "ID", "small");
  expect(await call("SM.SEND", "b", "OPEN")).toEqual(["open"]);
  expect(await call("SM.CONTEXT", "b")).toBe('{"text":"y"}');
  const codes = rows(await call("SM.OUTCOME", "b", "large", "small")).map(({ code }) => code);
  expect(codes).toEqual(["EXECFAIL", "OK"]);
});

test("an event fails at a machine whose inbox is full, and its sender is notified", async () => {
  await define(client, "box", { initial: "shut", states: { shut: { defer: ["PUT"] } } });
  await define(client, "sender", {
    initial: "on",
    context: { lost: "" },
    states: {
      on: {
        on: {
          GO: { actions: [{ send: { to: "'b'", event: "PUT" } }] },
          "error.communication": { actions: [{ assign: { lost: "data.code" } }] },
        },
      },
    },
  });
  await call("CONFIG", "SET", "sm-inbox-max", 1);
  await call("SM.CREATE", "b", "box");
  await call("SM.CREATE", "a", "sender");
  for (const lost of ["", "ERR"]) {
    expect(await call("SM.SEND", "a", "GO")).toEqual(["on"]);
    expect(await call("SM.CONTEXT", "a", "lost")).toEqual([JSON.stringify(lost)]);
  }
  // It has failed at the other one, which keeps it for SM.RETRY.
  const kinds = rows(await call("SM.PENDING", "b")).map(({ kind }) => kind);
  expect(kinds).toEqual(["deferred", "failed"]);
});
