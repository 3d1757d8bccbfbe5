/** The seven original commands on defined machines, parallel ones too, and SM.SEND on map machines. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Argument, TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  server = await startTestServer({ clock: new VirtualClock() });
  client = await server.client();
});

afterEach(() => server.close());

const call = (...args: readonly Argument[]): Promise<Decoded> => client.call(...args);

describe("a defined machine", () => {
  beforeEach(async () => {
    await define(client, "door", {
      initial: "closed",
      context: { opened: 0 },
      states: {
        closed: {
          on: {
            OPEN: { target: "open", actions: [{ assign: { opened: "context.opened + 1" } }] },
            BREAK: { target: "broken", guard: "data.force > 9" },
          },
        },
        open: { on: { CLOSE: "closed" }, after: { "5s": "closed" } },
        broken: { type: "final" },
      },
    });
    await call("SM.CREATE", "d", "door");
  });

  test("shows in its history what FORCE has changed, and not the whole context", async () => {
    await define(client, "counter", {
      initial: "a",
      context: { n: 0, kept: "x" },
      states: {
        a: {},
        b: { entry: [{ assign: { n: "context.n + 1" } }] },
      },
    });
    await call("SM.CREATE", "k", "counter");
    await call("SM.MUTATE", "k", "b", "why", "FORCE");
    await call("SM.MUTATE", "k", "a", "why", "FORCE");
    const history = rows(await call("SM.HISTORY", "k", "-", "+"));
    expect(history.slice(1).map(({ kind, context }) => [kind, context])).toEqual([
      ["force", '{"n":1}'],
      ["force", null],
    ]);
    expect(await call("SM.CONTEXT", "k")).toBe('{"n":1,"kept":"x"}');
    expect(fields(await call("SM.INFO", "k", "REV", 2))["context"]).toBe(await call("SM.CONTEXT", "k"));
  });

  test("shows its four fields, the map derived from its transitions", async () => {
    expect(await call("SM.GET", "d")).toBe(
      '{"current":"closed","map":{"closed":["open","broken"],"open":["closed"],"broken":[]},"initial":"closed"}',
    );
    expect(await call("SM.STATE", "d")).toEqual(["closed"]);
    expect(await call("SM.STATE", "d", "LIST")).toEqual(["closed", "open", "broken"]);
    expect(await call("SM.GET", "d", "OTHER")).toBeNull();
    await call("CONFIG", "SET", "sm-compat", "module");
    expect(await call("SM.GET", "d")).toMatch(/,"initial":"closed","reason":""\}$/);
  });

  test("is driven by SM.MUTATE through its transitions, with their actions and guards", async () => {
    expect(await call("SM.MUTATE", "d", "open", "wind")).toBe("OK");
    expect(await call("SM.CONTEXT", "d")).toBe('{"opened":1}');
    expect(await call("SM.GET", "d", "REASON")).toBe("wind");
    expect(await call("SM.MUTATE", "d", "broken")).toBeNull();
    expect(await call("SM.MUTATE", "d", "nowhere")).toBeNull();
    expect(await call("SM.MUTATE", "d", "closed")).toBe("OK");
    expect(await call("SM.MUTATE", "d", "broken")).toBeNull();
    const [first, ...more] = rows(await call("SM.HISTORY", "d", "+", "-", "REV"));
    expect(first).toMatchObject({ kind: "mutate", event: "CLOSE", to: ["closed"], reason: null });
    expect(more[0]).toMatchObject({ kind: "mutate", event: "OPEN", reason: "wind" });
    expect(await call("SM.PENDING", "d")).toEqual([]);
  });

  test("is driven by SM.MUTATE through a transient state", async () => {
    await define(client, "relay", {
      initial: "a",
      states: { a: { on: { GO: "b" } }, b: { always: "c" }, c: { on: { BACK: "a" } } },
    });
    await call("SM.CREATE", "r", "relay");
    expect(await call("SM.MUTATE", "r", "c")).toBeNull();
    expect(await call("SM.MUTATE", "r", "b")).toBe("OK");
    expect(await call("SM.STATE", "r")).toEqual(["c"]);
  });

  test("is forced into any state it has, with its context, and reset without", async () => {
    await call("SM.MUTATE", "d", "open");
    expect(await call("SM.MUTATE", "d", "broken", "axe", "FORCE")).toBe("OK");
    expect(fields(await call("SM.INFO", "d"))).toMatchObject({
      status: "done",
      context: '{"opened":1}',
      timers: 0,
    });
    expect(await call("SM.MUTATE", "d", "nowhere", "axe", "FORCE")).toBeNull();
    expect(await call("SM.RESET", "d")).toBe("OK");
    expect(fields(await call("SM.INFO", "d"))).toMatchObject({
      status: "active",
      state: ["closed"],
      context: '{"opened":0}',
      reason: "axe",
    });
    expect(await call("SM.SEND", "d", "OPEN")).toEqual(["open"]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("is replaced by SM.SET with a map machine", async () => {
    expect(await call("SM.SET", "d", '{"current":"","initial":"x","map":{"x":[]}}')).toBe("OK");
    expect(fields(await call("SM.INFO", "d"))).toMatchObject({ definition: null, rev: 1, state: ["x"] });
    expect(await call("SM.DEF", "DEL", "door:v1")).toBe(1);
  });
});

describe("a parallel machine", () => {
  beforeEach(async () => {
    await define(client, "pair", {
      type: "parallel",
      states: {
        l: { initial: "a", states: { a: { on: { GO: "b", ONE: "b" } }, b: { on: { BACK: "a" } } } },
        r: { initial: "a", states: { a: { on: { GO: "b" } }, b: { on: { BACK: "a" } } } },
      },
    });
    await call("SM.CREATE", "p", "pair");
  });

  test("shows the states of all regions", async () => {
    expect(await call("SM.STATE", "p")).toEqual(["l.a", "r.a"]);
    expect(JSON.parse(String(await call("SM.GET", "p")))).toEqual({
      current: "l.a,r.a",
      map: { "l.a": ["l.b"], "l.b": ["l.a"], "r.a": ["r.b"], "r.b": ["r.a"] },
      initial: "l.a,r.a",
    });
  });

  test("is driven to a state of a region by the first event that leads there", async () => {
    expect(await call("SM.MUTATE", "p", "r.b")).toBe("OK");
    expect(await call("SM.STATE", "p")).toEqual(["l.b", "r.b"]);
    expect(await call("SM.RESET", "p")).toBe("OK");
    expect(await call("SM.MUTATE", "p", "r.b", "why", "FORCE")).toBe("OK");
    expect(await call("SM.STATE", "p")).toEqual(["l.a", "r.b"]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});

describe("a map machine", () => {
  beforeEach(() => call("SM.SET", "m", '{"current":"","initial":"a","map":{"a":["b","c"],"b":["a"]}}'));

  test("is driven by SM.SEND, the event's name being the target", async () => {
    expect(await call("SM.SEND", "m", "b", '{"x":1}', "ID", "1", "REASON", "r", "BY", "ann")).toEqual(["b"]);
    expect(await call("SM.SEND", "m", "b", '{"x":1}', "ID", "1")).toEqual(["b"]);
    expect(await call("SM.SEND", "m", "c")).toEqual(
      new ReplyFailure("ILLEGAL event 'c' is not accepted in 'b'; accepted: a"),
    );
    expect(await call("SM.SEND", "m", "a", "SEQ", "s", 1, "IFREV", 2, "IFSTATE", "b", "FULL")).toContain(3);
    expect(fields(await call("SM.WHY", "m", "c"))).toMatchObject({ verdict: "OK", to: ["c"] });
    expect(rows(await call("SM.NEXT", "m")).map(({ event }) => event)).toEqual(["b", "c"]);
    expect(await call("SM.SEND", "m", "c")).toEqual(["c"]);
    expect(await call("SM.SEND", "m", "a")).toEqual(
      new ReplyFailure("ILLEGAL event 'a' is not accepted in 'c'; accepted: none"),
    );
    expect(await call("SM.GET", "m")).toBe(
      '{"current":"c","map":{"a":["b","c"],"b":["a"]},"initial":"a","reason":"r"}',
    );
  });

  test("names no more than a few of the events it accepts when it refuses one", async () => {
    const targets = Array.from({ length: 30 }, (_, i) => `s${i}`);
    await call("SM.SET", "m", JSON.stringify({ current: "", initial: "a", map: { a: targets } }));
    const accepted = `${targets.slice(0, 20).join(", ")}, … (30)`;
    expect(await call("SM.SEND", "m", "z")).toEqual(
      new ReplyFailure(`ILLEGAL event 'z' is not accepted in 'a'; accepted: ${accepted}`),
    );
  });

  test("has rev, history, outcomes, indexes and suspension like any other", async () => {
    await call("SM.MUTATE", "m", "b", "because");
    await call("SM.RESET", "m");
    await call("SM.MUTATE", "m", "c", "x", "FORCE");
    expect(rows(await call("SM.HISTORY", "m", "-", "+")).map(({ rev, kind, to }) => [rev, kind, to])).toEqual(
      [
        [1, "set", ["a"]],
        [2, "mutate", ["b"]],
        [3, "reset", ["a"]],
        [4, "force", ["c"]],
      ],
    );
    expect(fields(await call("SM.INFO", "m", "REV", 2))).toMatchObject({
      definition: null,
      state: ["b"],
      context: "{}",
    });
    expect(await call("SM.SUSPEND", "m")).toBe(1);
    expect(await call("SM.MUTATE", "m", "a")).toMatchObject({ message: expect.stringMatching(/^SUSPENDED/) });
    expect(await call("SM.COUNT", "STATE", "c", "STATUS", "suspended")).toBe(1);
    expect(await call("SM.RESUME", "m")).toBe(1);
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});
