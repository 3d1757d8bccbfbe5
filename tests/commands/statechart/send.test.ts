/** SM.SEND with each of its options, alone and in the order of its checks; SM.WHY and SM.NEXT beside it. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Argument } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";
import { START_MS } from "../../support/virtual-clock.ts";

const SHOP = {
  initial: "open",
  context: { sold: 0 },
  states: {
    open: {
      on: {
        SELL: { guard: "data.n > 0", actions: [{ assign: { sold: "context.sold + data.n" } }] },
        SHUT: "shut",
        "log.*": { actions: [{ log: "'x'" }] },
        FAIL: { target: "shut", actions: [{ assign: { sold: "1 / 0" } }] },
      },
    },
    shut: { defer: ["SELL"], on: { OPEN: "open", DEMOLISH: "gone" } },
    gone: { type: "final" },
  },
};

const on = servedTests(async (client) => {
  await define(client, "shop", SHOP);
  await client.call("SM.CREATE", "s", "shop");
});
const { call } = on;
const send = (...args: readonly Argument[]): Promise<Decoded> => on.client.call("SM.SEND", "s", ...args);
const failure = (message: string) => new ReplyFailure(message);
const beginning = (code: string) => ({ message: expect.stringMatching(new RegExp(`^${code}( |$)`)) });
const outcome = async (id: string) => {
  const reply = await call("SM.OUTCOME", "s", id);
  return fields(Array.isArray(reply) ? (reply[0] ?? null) : null);
};

describe("refusals", () => {
  test("name a key that holds no machine, and a missing definition", async () => {
    await call("SET", "text", "v");
    expect(await call("SM.SEND", "nothing", "SHUT")).toEqual(
      failure("NOMACHINE there is no machine at 'nothing'"),
    );
    expect(await call("SM.SEND", "text", "SHUT", "DEF", "none")).toEqual(beginning("WRONGTYPE"));
    expect(await call("SM.SEND", "nothing", "SHUT", "DEF", "none")).toEqual(
      failure("NODEF there is no definition 'none'"),
    );
  });

  test.each<readonly [readonly Argument[], string]>([
    [
      ["NONSENSE"],
      "ILLEGAL event 'NONSENSE' is not accepted in 'open'; accepted: SELL, SHUT, FAIL, log\\.\\*",
    ],
    [["SELL", '{"n":0}'], "GUARD event 'SELL' in 'open': data\\.n > 0 is false \\(data\\.n = 0\\)"],
    [["SELL"], "GUARD event 'SELL' in 'open':"],
    [["FAIL"], "EXECFAIL"],
    [["logger"], "ILLEGAL"],
  ])("refuse the event %j with %s, as SM.WHY predicts, and change nothing", async (event, message) => {
    const before = await call("SM.INFO", "s");
    const why = fields(await call("SM.WHY", "s", ...event));
    const reply = await send(...event);
    expect(reply).toEqual(beginning(message));
    expect(reply).toEqual(failure(`${String(why["verdict"])} ${String(why["message"])}`));
    expect(await call("SM.INFO", "s")).toEqual(before);
    expect(rows(await call("SM.HISTORY", "s", "-", "+"))).toHaveLength(1);
  });

  test.each<readonly [readonly Argument[], string]>([
    [["SHUT", "ID"], "ERR"],
    [["SHUT", "{}", "NONSENSE"], "ERR syntax error"],
    [["SHUT", "no json"], "ERR the event's data is not JSON"],
    [["SHUT", "SEQ", "a"], "ERR"],
    [["SHUT", "SEQ", "a", "b"], "ERR value is not an integer or out of range"],
    [["SHUT", "IFREV", "x"], "ERR value is not an integer or out of range"],
    [["SHUT", "DELAY", -1], "ERR"],
    [["SHUT", "DELAY", 1, "AT", 1], "ERR DELAY and AT"],
    [["SHUT", "EXPIRE", -1], "ERR"],
    [["SHUT", "EXPIRE", Number.MAX_SAFE_INTEGER], "ERR value is out of range"],
    [["SHUT", "DELAY", Number.MAX_SAFE_INTEGER], "ERR value is out of range"],
    [[""], "ERR the event's name is empty"],
  ])("refuse the arguments %j with %s", async (args, message) => {
    expect(await send(...args)).toMatchObject({ message: expect.stringMatching(new RegExp(`^${message}`)) });
    expect(await call("SM.STATE", "s")).toEqual(["open"]);
  });

  test("check in the order type, definition, suspended, id, done, source, conditions", async () => {
    await send("SHUT", "ID", "a", "SEQ", "q", 5);
    await send("DEMOLISH", "ID", "end");
    expect(await send("SHUT", "ID", "a", "SEQ", "q", 1, "IFREV", 99)).toEqual(["shut"]);
    expect(await send("OPEN", "ID", "a")).toEqual(beginning("DUPID"));
    expect(await send("OPEN", "SEQ", "q", 1, "IFREV", 99)).toEqual(
      failure("DONE event 'OPEN' comes too late: the machine is done, in 'gone'"),
    );
    await call("SM.CREATE", "s", "shop");
    await send("SHUT", "SEQ", "q", 5);
    expect(await send("OPEN", "SEQ", "q", 5, "IFREV", 99)).toEqual(beginning("STALE"));
    expect(await send("OPEN", "SEQ", "q", 6, "IFREV", 99)).toBeNull();
    await call("SM.SUSPEND", "s");
    expect(await send("OPEN", "SEQ", "q", 5, "ID", "b")).toEqual(beginning("SUSPENDED"));
    expect(await call("SM.OUTCOME", "s", "b")).toEqual([null]);
  });
});

describe("ID", () => {
  test("compares data as JSON, and keeps refusals with their reasons", async () => {
    const reply = await on.client.exchange(
      "SM.SEND",
      "s",
      "SELL",
      '{"n":1,"m":2}',
      "ID",
      "1",
      "BY",
      "ann",
      "FULL",
    );
    on.clock.jump(500);
    expect((await on.client.exchange("SM.SEND", "s", "SELL", '{ "m":2, "n":1 }', "ID", "1")).bytes).toEqual(
      reply.bytes,
    );
    expect(await call("SM.CONTEXT", "s", "sold")).toEqual(["1"]);
    expect(await send("SELL", '{"n":2}', "ID", "1")).toEqual(beginning("DUPID"));
    expect(await send("SELL", "ID", "1")).toEqual(beginning("DUPID"));
    expect(await outcome("1")).toEqual({
      event: "SELL",
      data: '{"n":1,"m":2}',
      id: "1",
      by: "ann",
      at: START_MS,
      received: START_MS,
      code: "OK",
      from: ["open"],
      to: ["open"],
      rev: 2,
      details: null,
      output: null,
      log: null,
    });
    await send("OPEN", '{ "why": 1.0 }', "ID", "2");
    await send("FAIL", "ID", "3");
    expect(await outcome("2")).toMatchObject({ code: "ILLEGAL", data: '{ "why": 1.0 }' });
    expect((await outcome("3"))["code"]).toBe("EXECFAIL");
    expect(await call("SM.OUTCOME", "none", "1")).toBeNull();
  });

  test("drops the oldest outcomes beyond sm-outcome-max, and those past sm-outcome-ttl", async () => {
    await call("CONFIG", "SET", "sm-outcome-max", 2, "sm-outcome-ttl", 10);
    for (const id of ["a", "b", "c"]) await send("SELL", '{"n":1}', "ID", id);
    const known = async () =>
      ((await call("SM.OUTCOME", "s", "a", "b", "c")) as readonly Decoded[]).map((one) => one !== null);
    expect(await known()).toEqual([false, true, true]);
    on.clock.jump(10_001);
    expect(await known()).toEqual([false, false, false]);
    expect(await send("SHUT", "ID", "c")).toEqual(["shut"]);
    expect(await send("OPEN", "ID", "d")).toEqual(["open"]);
    expect(await known()).toEqual([false, false, true]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});

test("SEQ accepts any name of a source, and a refused event does not advance it", async () => {
  for (const source of ["constructor", "__proto__", "", "a"]) {
    expect(await send("NONSENSE", "SEQ", source, 9)).toEqual(beginning("ILLEGAL"));
    expect(await send("SELL", '{"n":1}', "SEQ", source, -3)).toEqual(["open"]);
    expect(await send("SELL", '{"n":1}', "SEQ", source, -3)).toEqual(beginning("STALE"));
    expect(await send("SELL", '{"n":1}', "SEQ", source, 4)).toEqual(["open"]);
  }
});

test("BY and REASON are in the history, and the reason is that of the machine", async () => {
  await send("SHUT", '{"a":[null]}', "BY", "ann", "REASON", "night", "ID", "n1");
  const [last] = rows(await call("SM.HISTORY", "s", "-", "+", "REV", "COUNT", 1));
  expect(last).toEqual({
    rev: 2,
    at: START_MS,
    stamp: null,
    kind: "event",
    event: "SHUT",
    id: "n1",
    by: "ann",
    reason: "night",
    from: ["open"],
    to: ["shut"],
    via: [],
    data: '{"a":[null]}',
    context: null,
    log: null,
    output: null,
    trace: null,
  });
  expect(await call("SM.GET", "s", "REASON")).toBe("night");
  await send("OPEN");
  expect(fields(await call("SM.INFO", "s"))["reason"]).toBe("night");
});

test("IFSTATE matches outer states, and an unmet condition leaves no trace", async () => {
  await define(on.client, "deep", {
    initial: "a",
    states: { a: { initial: "b", states: { b: { on: { GO: "c" } }, c: {} } } },
  });
  await call("SM.CREATE", "d", "deep");
  expect(await call("SM.SEND", "d", "GO", "IFSTATE", "a.c", "ID", "x")).toBeNull();
  expect(await call("SM.OUTCOME", "d", "x")).toEqual([null]);
  expect(await call("SM.SEND", "d", "GO", "IFSTATE", "a", "IFREV", 1, "ID", "x")).toEqual(["a.c"]);
});

test("FULL returns what has changed, in RESP2 and RESP3", async () => {
  const flat = [
    "state",
    ["shut"],
    "rev",
    2,
    "changed",
    1,
    "code",
    "OK",
    "id",
    null,
    "at",
    START_MS,
    "from",
    ["open"],
    "to",
    ["shut"],
    "output",
    null,
    "log",
    null,
  ];
  expect(await send("SHUT", "FULL")).toEqual(flat);
  await call("HELLO", 3);
  const reply = await send("SELL", '{"n":4}', "FULL", "ID", "7");
  expect(reply).toBeInstanceOf(Map);
  expect(fields(reply)).toMatchObject({ state: ["shut"], rev: 2, changed: 0, code: "DEFERRED", id: "7" });
});

test("DEF creates a missing machine of the newest version, and is ignored when the machine exists", async () => {
  expect(await call("SM.SEND", "new", "SHUT", "DEF", "shop", "FULL")).toContain(2);
  expect(rows(await call("SM.HISTORY", "new", "-", "+")).map(({ kind }) => kind)).toEqual([
    "create",
    "event",
  ]);
  expect(await send("SHUT", "DEF", "no such thing")).toEqual(["shut"]);
  expect(await call("SM.SEND", "other", "OPEN", "DEF", "shop", "ID", "x")).toEqual(beginning("ILLEGAL"));
  expect(await call("SM.SEND", "other", "SHUT", "DEF", "shop", "IFREV", 7)).toBeNull();
  expect(await call("EXISTS", "other")).toBe(0);
  expect(await call("SM.SEND", "later", "SHUT", "DEF", "shop", "DELAY", 10)).toEqual(["open"]);
  on.clock.jump(10);
  expect(await call("SM.STATE", "later")).toEqual(["shut"]);
});

describe("deferred events", () => {
  test("wait in order until a state accepts them; their first reply stays, their outcome changes", async () => {
    await send("SHUT");
    expect(await send("SELL", '{"n":1}', "ID", "one", "FULL")).toContain("changed");
    expect(await send("SELL", '{"n":2}', "EXPIRE", 100, "ID", "two")).toEqual(["shut"]);
    expect(await send("SELL", '{"n":4}')).toEqual(["shut"]);
    expect((await outcome("one"))["code"]).toBe("DEFERRED");
    expect(fields(await call("SM.WHY", "s", "SELL"))["verdict"]).toBe("DEFERRED");
    expect(rows(await call("SM.PENDING", "s")).map(({ id, data }) => [id, data])).toEqual([
      ["one", '{"n":1}'],
      ["two", '{"n":2}'],
      ["@3", '{"n":4}'],
    ]);
    on.clock.jump(200);
    expect(fields(await call("SM.WHY", "s", "OPEN"))["to"]).toEqual(["open"]);
    expect(await send("OPEN")).toEqual(["open"]);
    expect(await call("SM.CONTEXT", "s", "sold")).toEqual(["5"]);
    expect([(await outcome("one"))["code"], (await outcome("two"))["code"]]).toEqual(["OK", "EXPIRED"]);
    expect(await send("SELL", '{"n":2}', "ID", "two")).toEqual(["shut"]);
    expect(await call("SM.PENDING", "s")).toEqual([]);
  });

  test("are dropped when the machine ends, by SM.CANCEL and by SM.RESET", async () => {
    await send("SHUT");
    for (const id of ["a", "b"]) await send("SELL", '{"n":1}', "ID", id);
    expect(await call("SM.CANCEL", "s", "a")).toBe(1);
    await send("DEMOLISH");
    expect([(await outcome("a"))["code"], (await outcome("b"))["code"]]).toEqual(["CANCELLED", "DONE"]);
    await call("SM.CREATE", "s", "shop");
    await send("SHUT");
    await send("SELL", '{"n":1}', "ID", "c");
    expect(await call("SM.RESET", "s")).toBe("OK");
    expect(await call("SM.PENDING", "s")).toEqual([]);
    expect((await outcome("c"))["code"]).toBe("CANCELLED");
    expect(await call("SM.CONTEXT", "s", "sold")).toEqual(["0"]);
    expect(await call("SM.VERIFY", "s")).toEqual([]);
  });

  test("include events that were scheduled before", async () => {
    await send("SHUT");
    await send("SELL", '{"n":3}', "DELAY", 10, "ID", "later");
    on.clock.jump(10);
    expect(rows(await call("SM.PENDING", "s"))).toEqual([
      {
        id: "later",
        kind: "deferred",
        event: "SELL",
        due: null,
        data: '{"n":3}',
        state: null,
        error: null,
        place: null,
      },
    ]);
    expect((await outcome("later"))["code"]).toBe("DEFERRED");
    for (const command of ["SM.SUSPEND", "SM.RESUME"]) expect(await call(command, "s")).toBe(1);
    on.clock.jump(0);
    expect(await call("SM.VERIFY", "s")).toEqual([]);
    expect(await send("OPEN")).toEqual(["open"]);
    expect(await call("SM.CONTEXT", "s", "sold")).toEqual(["3"]);
    expect((await outcome("later"))["code"]).toBe("OK");
  });

  test("are refused beyond sm-inbox-max", async () => {
    await call("CONFIG", "SET", "sm-inbox-max", 1);
    await send("SHUT");
    await send("SELL", '{"n":1}');
    expect(await send("SELL", '{"n":1}')).toEqual(beginning("ERR"));
    expect(rows(await call("SM.PENDING", "s"))).toHaveLength(1);
  });

  test("unmatched decides about events that no state accepts", async () => {
    const chart = (unmatched: string) => ({
      unmatched,
      initial: "a",
      states: { a: { on: { GO: "b" } }, b: { on: { X: "c" } }, c: {} },
    });
    for (const kind of ["defer", "ignore"]) await define(on.client, kind, chart(kind));
    expect(await call("SM.SEND", "i", "X", "DEF", "ignore", "ID", "1")).toEqual(["a"]);
    expect(await call("SM.SEND", "i", "GO")).toEqual(["b"]);
    expect(await call("SM.SEND", "d", "X", "DEF", "defer")).toEqual(["a"]);
    expect(await call("SM.SEND", "d", "GO")).toEqual(["c"]);
  });
});

describe("DELAY and AT", () => {
  test("schedule the event, with an outcome of its own when it is sent", async () => {
    expect(await send("SHUT", "AT", START_MS + 50, "ID", "x", "FULL")).toContain("changed");
    expect((await outcome("x"))["code"]).toBe("SCHEDULED");
    expect(rows(await call("SM.PENDING", "s"))).toEqual([
      {
        id: "x",
        kind: "scheduled",
        event: "SHUT",
        due: START_MS + 50,
        data: null,
        state: null,
        error: null,
        place: null,
      },
    ]);
    on.clock.jump(50);
    expect(await call("SM.STATE", "s")).toEqual(["shut"]);
    expect(await outcome("x")).toMatchObject({ code: "OK", at: START_MS + 50, received: START_MS, rev: 2 });
    expect(fields(await call("SM.INFO", "s"))).toMatchObject({ pending: 0, rev: 2 });
  });

  test("deliver at once, after the reply, when the time is past or now", async () => {
    expect(await send("SHUT", "AT", 1)).toEqual(["open"]);
    on.clock.jump(0);
    expect(await call("SM.STATE", "s")).toEqual(["shut"]);
  });

  test("drop a scheduled event that no state accepts", async () => {
    await send("OPEN", "DELAY", 5, "ID", "x");
    on.clock.jump(5);
    expect((await outcome("x"))["code"]).toBe("ILLEGAL");
    expect(await call("SM.PENDING", "s")).toEqual([]);
  });
});

describe("events that an event triggers", () => {
  const PING = {
    initial: "idle",
    context: { lost: "" },
    states: {
      idle: {
        on: {
          GO: { target: "sent", actions: [{ send: { to: "data.to", event: "SHUT" } }] },
          LATER: {
            target: "sent",
            actions: [{ send: { to: "'s'", event: "SHUT", delay: "1s", id: "out" } }],
          },
          STOP: { target: "sent", actions: [{ raise: { event: "BACK", delay: 0 } }] },
        },
      },
      sent: {
        on: {
          "error.communication": { actions: [{ assign: { lost: "data.code" } }] },
          BACK: "idle",
          QUIT: { target: "idle", actions: [{ cancel: "out" }] },
        },
      },
    },
  };

  beforeEach(async () => {
    await define(on.client, "ping", PING);
    await call("SM.CREATE", "p", "ping");
  });

  test("reach another machine in the same commit, with the sender in its history", async () => {
    expect(await call("SM.SEND", "p", "GO", '{"to":"s"}')).toEqual(["sent"]);
    expect(await call("SM.STATE", "s")).toEqual(["shut"]);
    const [last] = rows(await call("SM.HISTORY", "s", "+", "-", "REV", "COUNT", 1));
    expect(last).toMatchObject({ kind: "send", event: "SHUT", by: "p" });
  });

  test.each([
    ["missing", "NOMACHINE"],
    ["off", "SUSPENDED"],
    ["over", "DONE"],
    ["p2", "ILLEGAL"],
  ])("notify the sender when they are lost at %s: %s", async (to, code) => {
    await call("SM.CREATE", "off", "shop");
    await call("SM.SUSPEND", "off");
    await call("SM.CREATE", "over", "shop", "STATE", "gone");
    await call("SM.CREATE", "p2", "ping");
    await call("SM.SEND", "p", "GO", JSON.stringify({ to }));
    expect(await call("SM.CONTEXT", "p", "lost")).toEqual([JSON.stringify(code)]);
  });

  test("find a machine under a key of any bytes", async () => {
    const key = Buffer.from([0xff, 0x00]);
    await call("SM.CREATE", key, "ping");
    expect(await call("SM.SEND", key, "STOP")).toEqual(["idle"]);
    await call("SM.SEND", key, "GO", '{"to":"missing"}');
    expect(await call("SM.CONTEXT", key, "lost")).toEqual(['"NOMACHINE"']);
  });

  test("are delivered when they are due, unless they are cancelled", async () => {
    await call("SM.SEND", "p", "LATER");
    expect(rows(await call("SM.PENDING", "p")).map(({ id, kind, due }) => [id, kind, due])).toEqual([
      ["out", "timer", START_MS + 1000],
    ]);
    await call("SM.SEND", "p", "QUIT");
    await call("SM.SEND", "p", "LATER");
    expect(await call("SM.CANCEL", "p", "out")).toBe(1);
    on.clock.jump(1000);
    expect(await call("SM.STATE", "s")).toEqual(["open"]);
    await call("SM.SEND", "p", "BACK");
    await call("SM.SEND", "p", "LATER");
    on.clock.jump(1000);
    expect(await call("SM.STATE", "s")).toEqual(["shut"]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("include a raise with a delay of 0, which is applied before the reply and shown by SM.WHY", async () => {
    expect(fields(await call("SM.WHY", "p", "STOP"))).toMatchObject({ verdict: "OK", to: ["idle"] });
    expect(await call("SM.STATE", "p")).toEqual(["idle"]);
    expect(rows(await call("SM.HISTORY", "p", "-", "+"))).toHaveLength(1);
    expect(await call("SM.SEND", "p", "STOP")).toEqual(["idle"]);
    expect(rows(await call("SM.HISTORY", "p", "-", "+")).map(({ kind }) => kind)).toEqual([
      "create",
      "event",
      "raise",
    ]);
  });
});

describe("SM.NEXT and SM.WHY", () => {
  test("SM.NEXT shows each event with its targets and whether its guard holds", async () => {
    const next = rows(await call("SM.NEXT", "s"));
    expect(next.map(({ event, targets, guard, holds }) => [event, targets, guard, holds])).toEqual([
      ["SELL", [], "data.n > 0", null],
      ["SHUT", ["shut"], null, 1],
      ["FAIL", ["shut"], null, 1],
      ["log.*", [], null, 1],
    ]);
    expect(await call("SM.NEXT", "none")).toBeNull();
  });

  test("SM.WHY shows candidates in order with the values their guards read", async () => {
    const why = fields(await call("SM.WHY", "s", "SELL", '{"n":0}'));
    expect(why).toMatchObject({ event: "SELL", state: ["open"], verdict: "GUARD", to: ["open"] });
    const [candidate] = rows(why["candidates"] ?? null);
    expect(candidate).toMatchObject({
      from: "open",
      event: "SELL",
      targets: [],
      guard: "data.n > 0",
      values: ["data.n", "0"],
    });
    expect(await call("SM.WHY", "none", "X")).toBeNull();
    await call("SM.SUSPEND", "s", "audit");
    expect(fields(await call("SM.WHY", "s", "SHUT"))["verdict"]).toBe("SUSPENDED");
  });
});
