/** What is recorded of an event beside its effect: via, stamp, trace, log, output; ids the server makes. */
import { describe, expect, test } from "vitest";
import type { Argument } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";
import { START_MS } from "../../support/virtual-clock.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const ROUTE = {
  initial: "home",
  output: { km: "context.km" },
  context: { km: 7 },
  states: {
    home: {
      tags: ["still"],
      on: {
        GO: { target: "leg.one", actions: [{ log: "'off'" }, { log: "[context.km]" }] },
        TELL: { actions: [{ send: { to: "'other'", event: "NOTE", data: "data" } }, { task: "pack" }] },
        NOTE: {},
      },
      defer: ["END"],
    },
    leg: {
      tags: ["moving"],
      initial: "one",
      states: {
        one: { always: "two" },
        two: { always: "three" },
        three: { tags: ["far"], on: { END: "#gone" } },
      },
    },
    gone: { id: "gone", type: "final" },
  },
};

const on = servedTests(async (client) => {
  await define(client, "route", ROUTE);
  await client.call("SM.CREATE", "k", "route");
  await client.call("SM.CREATE", "other", "route");
});
const { call } = on;
const history = async (key: string) => rows(await call("SM.HISTORY", key, "-", "+"));
const outcome = async (id: string) => rows(await call("SM.OUTCOME", "k", id))[0];

test("SM.HISTORY, SM.OUTCOME, FULL and the change stream show via, log and output", async () => {
  const full = fields(await call("SM.SEND", "k", "GO", "ID", "1", "FULL"));
  expect(full).toMatchObject({ state: ["leg.three"], code: "OK", log: '["off",[7]]', output: null });
  expect(await outcome("1")).toMatchObject({ log: '["off",[7]]', output: null });
  expect((await history("k"))[1]).toMatchObject({ via: ["leg.one", "leg.two"], log: '["off",[7]]' });
  expect(fields(await call("SM.INFO", "k"))).toMatchObject({ tags: ["moving", "far"], output: null });
  await call("SM.SEND", "k", "END", "ID", "2");
  expect(await outcome("2")).toMatchObject({ output: '{"km":7}', log: null });
  expect((await history("k"))[2]).toMatchObject({ to: ["gone"], via: [], output: '{"km":7}' });
  expect(fields(await call("SM.INFO", "k"))).toMatchObject({ status: "done", output: '{"km":7}', tags: [] });
  expect(fields(await call("SM.INFO", "k", "REV", 2))).toMatchObject({
    output: null,
    tags: ["moving", "far"],
  });
  const stream = JSON.stringify(await call("XRANGE", "sm:changes:route", "-", "+"));
  expect(stream).toContain(JSON.stringify(["via", '["leg.one","leg.two"]']).slice(1, -1));
  expect(stream).toContain(JSON.stringify(["log", '["off",[7]]']).slice(1, -1));
  expect(stream).toContain(JSON.stringify(["output", '{"km":7}']).slice(1, -1));
});

describe("STAMP and TRACE", () => {
  test("are in the history, and are passed on to events that the event triggers", async () => {
    await call("SM.SEND", "k", "TELL", "1", "STAMP", 1234, "TRACE", TRACE);
    expect((await history("k"))[1]).toMatchObject({ stamp: 1234, trace: TRACE, at: START_MS });
    expect((await history("other"))[1]).toMatchObject({ event: "NOTE", stamp: null, trace: TRACE });
    expect(JSON.stringify(await call("XRANGE", "sm:tasks:pack", "-", "+"))).toContain(TRACE);
  });

  test("are kept with an event that waits", async () => {
    await call("SM.SEND", "k", "END", "STAMP", 99, "TRACE", TRACE);
    await call("SM.SEND", "k", "GO", "STAMP", 100, "DELAY", 50);
    on.clock.advance(50);
    await call("PING");
    expect(await history("k")).toMatchObject([
      {},
      { event: "GO", stamp: 100, trace: null },
      { event: "END", stamp: 99, trace: TRACE },
    ]);
  });

  test.each<readonly [readonly Argument[], string]>([
    [["STAMP", -1], "ERR STAMP must not be negative"],
    [["STAMP", "now"], "ERR value is not an integer or out of range"],
    [["TRACE", "abc"], "ERR TRACE must be a traceparent"],
    [["TRACE", `00-${"0".repeat(32)}-b7ad6b7169203331-01`], "ERR TRACE must be a traceparent"],
    [["OUTCOMETTL", 0, "ID", "x"], "ERR OUTCOMETTL must be positive"],
    [["OUTCOMETTL", 5], "ERR OUTCOMETTL needs an ID"],
  ])("%j is refused with %s", async (options, message) => {
    expect(await call("SM.SEND", "k", "NOTE", ...options)).toMatchObject({
      message: expect.stringContaining(message),
    });
    expect(await history("k")).toHaveLength(1);
  });
});

test("ID * makes an id that FULL and the history show", async () => {
  const first = fields(await call("SM.SEND", "k", "NOTE", "ID", "*", "FULL"))["id"];
  const second = fields(await call("SM.SEND", "k", "NOTE", "ID", "*", "FULL"))["id"];
  expect(first).toMatch(/^[0-9]+-[0-9]+$/);
  expect(second).not.toBe(first);
  expect((await history("k")).map(({ id }) => id)).toEqual([null, first, second]);
  expect(await outcome(String(first))).toMatchObject({ code: "OK" });
});

test("ID * passes over an id that a client has taken", async () => {
  await call("SM.SEND", "k", "NOTE", "ID", `${START_MS}-2`);
  const made = fields(await call("SM.SEND", "k", "NOTE", "ID", "*", "FULL"))["id"];
  expect(made).toBe(`${START_MS}-3`);
});

test("OUTCOMETTL keeps one outcome for another time than sm-outcome-ttl", async () => {
  await call("CONFIG", "SET", "sm-outcome-ttl", 10);
  await call("SM.SEND", "k", "NOTE", "ID", "short", "OUTCOMETTL", 1000);
  await call("SM.SEND", "k", "NOTE", "ID", "long", "OUTCOMETTL", 100_000);
  await call("SM.SEND", "k", "NOTE", "ID", "usual");
  on.clock.jump(1001);
  expect(await outcome("short").catch(() => null)).toBeNull();
  on.clock.jump(10_000);
  expect(await call("SM.OUTCOME", "k", "usual", "short")).toEqual([null, null]);
  expect(await outcome("long")).toMatchObject({ code: "OK" });
  expect(await call("SM.SEND", "k", "NOTE", "ID", "short")).toEqual(["home"]);
  expect(await call("SM.SEND", "k", "GO", "ID", "long")).toEqual(
    new ReplyFailure("DUPID event id 'long' was used for another event or other data"),
  );
});
