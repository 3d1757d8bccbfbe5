/** Steps that no client waits for and that fail: error.execution, status failed, SM.RETRY, sm:refusals. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Argument } from "../../support/client.ts";
import { define, fields, rows, scanAll } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";
import { START_MS } from "../../support/virtual-clock.ts";

/** `n` cannot be counted on until it is there. */
const COUNT = { assign: { n: "context.missing + 1" } };
const REPAIR = { assign: { missing: "1" } };

const on = servedTests();
const { call } = on;

afterEach(async () => {
  expect(await on.client.call("SM.VERIFY")).toEqual([]);
});
const history = async (key = "k") => rows(await call("SM.HISTORY", key, "-", "+"));
const last = async (key = "k") => (await history(key)).at(-1);
const info = async (key = "k") => fields(await call("SM.INFO", key));
const pending = async (key = "k") => rows(await call("SM.PENDING", key));
const entries = async (stream: string) =>
  ((await call("XRANGE", stream, "-", "+")) as [string, string[]][]).map(([, entry]) => fields(entry));
const pass = async (ms: number) => {
  on.clock.advance(ms);
  await call("PING");
};

/** A deadline that fails, and an event that repairs what it needs. */
const DEADLINE = {
  initial: "a",
  context: { n: 0 },
  states: {
    a: {
      after: { "100ms": { target: "b", actions: [COUNT] } },
      on: { REPAIR: { actions: [REPAIR] }, LEAVE: "c", AGAIN: { target: "a", reenter: true } },
    },
    b: {},
    c: { on: { BACK: "a" } },
  },
};

describe("a timer that fails", () => {
  beforeEach(async () => {
    await define(on.client, "d", DEADLINE);
    await call("SM.CREATE", "k", "d");
    await pass(100);
  });

  test("makes the machine failed, and shows in history, pending, counters, streams", async () => {
    const why = expect.stringMatching(/^EXECFAIL event 'xstate\.after.*missing/);
    expect(await info()).toMatchObject({ status: "failed", failed: 1, state: ["a"], timers: 0, rev: 2 });
    expect(await last()).toMatchObject({ kind: "failed", reason: why, from: ["a"], to: ["a"], rev: 2 });
    expect(await pending()).toMatchObject([{ id: "@1", kind: "failed", state: "a", due: null, error: why }]);
    expect(fields(await call("SM.COUNT", "DEF", "d", "BY", "STATUS"))).toEqual({ failed: 1 });
    expect(await scanAll(on.client, "STATUS", "failed")).toEqual(["k"]);
    expect((await entries("sm:changes:d")).at(-1)).toMatchObject({ key: "k", kind: "failed", reason: why });
    expect(await entries("sm:refusals")).toMatchObject([
      { key: "k", def: "d:v1", rev: "2", code: "EXECFAIL", at: String(START_MS + 100) },
    ]);
    expect((await info())["reason"]).toBeNull();
  });

  test("runs with SM.RETRY once its cause is removed", async () => {
    expect(await call("SM.RETRY", "k")).toBe(0);
    expect(await info()).toMatchObject({ status: "failed", failed: 1, rev: 2 });
    expect(await call("SM.SEND", "k", "REPAIR")).toEqual(["a"]);
    expect(await info()).toMatchObject({ status: "failed", failed: 1 });
    expect(await call("SM.RETRY", "k")).toBe(1);
    expect(await info()).toMatchObject({
      status: "active",
      failed: 0,
      state: ["b"],
      context: '{"n":2,"missing":1}',
    });
    expect(await last()).toMatchObject({ kind: "retry", from: ["a"], to: ["b"] });
    expect(await call("SM.RETRY", "k")).toBe(0);
  });

  test("is dropped when the state that armed it is left", async () => {
    await call("SM.SEND", "k", "LEAVE");
    expect(await info()).toMatchObject({ status: "active", failed: 0 });
    expect(await pending()).toEqual([]);
    expect(await call("SM.RETRY", "k")).toBe(0);
  });

  test("is dropped when that state is entered again, whose timer fails again", async () => {
    await call("SM.SEND", "k", "AGAIN");
    expect(await info()).toMatchObject({ status: "active", failed: 0, timers: 1 });
    await pass(100);
    expect(await info()).toMatchObject({ status: "failed", failed: 1 });
  });

  test("is removed by SM.CANCEL and SM.RESET", async () => {
    expect(await call("SM.CANCEL", "k", "@1")).toBe(1);
    expect(await info()).toMatchObject({ status: "active", failed: 0 });
    await call("SM.SEND", "k", "AGAIN");
    await pass(100);
    expect(await call("SM.RESET", "k")).toBe("OK");
    expect(await info()).toMatchObject({ status: "active", failed: 0 });
  });

  test("stays through SM.SUSPEND, COPY, RENAME and DUMP", async () => {
    expect(await call("SM.SUSPEND", "k")).toBe(1);
    expect(await info()).toMatchObject({ status: "suspended", failed: 1 });
    expect(await call("SM.RETRY", "k")).toBe(0);
    expect(await call("SM.RESUME", "k")).toBe(1);
    expect(await info()).toMatchObject({ status: "failed", failed: 1 });
    await call("COPY", "k", "copy");
    await call("RENAME", "k", "renamed");
    const dump = (await on.client.exchange("DUMP", "renamed")).bytes;
    const payload = dump.subarray(dump.indexOf("\n") + 1, dump.length - 2);
    expect(await call("RESTORE", "restored", 0, payload)).toBe("OK");
    for (const key of ["copy", "renamed", "restored"]) {
      expect(await pending(key)).toMatchObject([{ kind: "failed", state: "a" }]);
      await call("SM.SEND", key, "REPAIR");
      expect(await call("SM.RETRY", key)).toBe(1);
      expect(await info(key)).toMatchObject({ status: "active", state: ["b"] });
    }
  });
});

describe("error.execution", () => {
  const handling = (descriptor: string) => ({
    ...DEADLINE,
    states: {
      ...DEADLINE.states,
      a: {
        after: DEADLINE.states.a.after,
        on: { [descriptor]: { target: "c", actions: [{ assign: { why: "event" } }] } },
      },
    },
  });

  test.each(["error.execution", "error.*"])(
    "is handled by %s, and the step is removed",
    async (descriptor) => {
      await define(on.client, "d", handling(descriptor));
      await call("SM.CREATE", "k", "d");
      await pass(100);
      expect(await info()).toMatchObject({ status: "active", failed: 0, state: ["c"] });
      const [why] = (await call("SM.CONTEXT", "k", "why")) as string[];
      expect(JSON.parse(why ?? "")).toMatchObject({
        type: "error.execution",
        event: "xstate.after.100ms.(machine).a",
        code: "EXECFAIL",
        message: expect.stringContaining("missing"),
      });
      expect(await last()).toMatchObject({ kind: "raise", event: "error.execution", to: ["c"] });
      expect(await call("EXISTS", "sm:refusals")).toBe(0);
    },
  );

  test.each<readonly [string, object]>([
    ["*", { on: { "*": "c" } }],
    ["defer", { defer: ["*"] }],
    ["unmatched", {}],
  ])("is not handled by %s", async (_name, state) => {
    const a = { ...DEADLINE.states.a, on: {}, ...state };
    const unmatched = { ...DEADLINE, unmatched: "defer", states: { ...DEADLINE.states, a } };
    // The timer's own event is not to be taken either.
    await define(on.client, "d", unmatched);
    await call("SM.CREATE", "k", "d");
    await pass(100);
    expect(await info()).toMatchObject({ status: "failed", failed: 1, state: ["a"] });
    expect((await pending()).map(({ kind }) => kind)).toEqual(["failed"]);
  });

  test("leaves the machine failed when its own transition fails", async () => {
    const definition = handling("error.execution");
    const fails = { target: "c", actions: [COUNT] };
    await define(on.client, "d", {
      ...definition,
      states: {
        ...definition.states,
        a: { after: DEADLINE.states.a.after, on: { "error.execution": fails } },
      },
    });
    await call("SM.CREATE", "k", "d");
    await pass(100);
    expect(await info()).toMatchObject({ status: "failed", failed: 1, state: ["a"] });
  });
});

const WORKER = {
  initial: "idle",
  context: { n: 0 },
  states: {
    idle: {
      on: {
        RUN: { actions: [COUNT] },
        REPAIR: { actions: [REPAIR] },
        OPEN: "open",
        SENT: { guard: "false", target: "open" },
        TELL: { actions: [{ send: { to: "'other'", event: "RUN" } }] },
        ASK: { actions: [{ send: { to: "'other'", event: "NONSENSE" } }] },
        SOON: { actions: [{ raise: { event: "RUN", delay: 50 } }] },
        NOW: { actions: [{ raise: { event: "RUN", delay: 0 } }] },
        WORK: { actions: [{ task: "job", failed: "RUN", timeout: 50 }] },
      },
      defer: ["LATE"],
    },
    open: { on: { LATE: { actions: [COUNT] }, REPAIR: { actions: [REPAIR] } } },
  },
};

describe("a step that no client waits for", () => {
  beforeEach(async () => {
    await define(on.client, "w", WORKER);
    await call("SM.CREATE", "k", "w");
    await call("SM.CREATE", "other", "w");
  });

  test("a scheduled event that fails is kept, and its outcome says why", async () => {
    await call("SM.SEND", "k", "RUN", '{ "a":1 }', "ID", "x", "BY", "ann", "DELAY", 10);
    await pass(10);
    expect(await pending()).toMatchObject([{ id: "x", kind: "failed", event: "RUN", data: '{ "a":1 }' }]);
    expect(rows(await call("SM.OUTCOME", "k", "x"))).toMatchObject([{ code: "EXECFAIL" }]);
    await call("SM.SEND", "k", "REPAIR");
    expect(await call("SM.RETRY", "k")).toBe(1);
    expect(rows(await call("SM.OUTCOME", "k", "x"))).toMatchObject([{ code: "OK", rev: 4 }]);
    expect(await last()).toMatchObject({ kind: "retry", event: "RUN", id: "x", by: "ann" });
  });

  test("an event from another machine fails there alone", async () => {
    expect(await call("SM.SEND", "k", "TELL")).toEqual(["idle"]);
    expect(await info("k")).toMatchObject({ status: "active", rev: 2 });
    expect(await info("other")).toMatchObject({ status: "failed", failed: 1 });
    expect(await last("other")).toMatchObject({ kind: "failed", event: "RUN", by: "k" });
  });

  test.each(["SOON", "NOW"])("an event that the machine raises for later fails: %s", async (event) => {
    await call("SM.SEND", "k", event);
    await pass(50);
    expect(await info()).toMatchObject({ status: "failed", failed: 1 });
    await call("SM.SEND", "k", "REPAIR");
    expect(await call("SM.RETRY", "k")).toBe(1);
    expect(await call("SM.CONTEXT", "k", "n")).toEqual(["2"]);
  });

  test("a deferred event that fails does not undo what recalled it", async () => {
    await call("SM.SEND", "k", "LATE", "ID", "l");
    expect(await call("SM.SEND", "k", "OPEN")).toEqual(["open"]);
    expect(await info()).toMatchObject({ status: "failed", failed: 1, state: ["open"] });
    expect(rows(await call("SM.OUTCOME", "k", "l"))).toMatchObject([{ code: "EXECFAIL" }]);
    await call("SM.SEND", "k", "REPAIR");
    expect(await call("SM.RETRY", "k")).toBe(1);
  });

  test("the answer of a task that was given up fails", async () => {
    await call("SM.SEND", "k", "WORK");
    await pass(50);
    expect(await info()).toMatchObject({ status: "failed", failed: 1 });
    expect(await pending()).toMatchObject([{ kind: "failed", event: "RUN" }]);
    await call("SM.SEND", "k", "REPAIR");
    expect(await call("SM.RETRY", "k")).toBe(1);
  });

  test("a timer that expires during suspension fails after SM.RESUME", async () => {
    await call("SM.SEND", "k", "RUN", "DELAY", 10);
    await call("SM.SUSPEND", "k");
    await pass(20);
    expect(await info()).toMatchObject({ status: "suspended", failed: 0 });
    await call("SM.RESUME", "k");
    await pass(0);
    expect(await info()).toMatchObject({ status: "failed", failed: 1 });
  });

  test("SM.RETRY goes in order, and stops at the first that fails again", async () => {
    await call("SM.SEND", "k", "RUN", "ID", "1", "DELAY", 1);
    await call("SM.SEND", "k", "RUN", "ID", "2", "DELAY", 2);
    await pass(5);
    expect((await pending()).map(({ id }) => id)).toEqual(["1", "2"]);
    expect(await call("SM.RETRY", "k")).toBe(0);
    expect((await pending()).map(({ id }) => id)).toEqual(["1", "2"]);
    await call("SM.SEND", "k", "REPAIR");
    expect(await call("SM.RETRY", "k")).toBe(1);
    expect((await history()).slice(-2)).toMatchObject([
      { kind: "retry", id: "1" },
      { kind: "retry", id: "2" },
    ]);
  });

  test("SM.RETRY drops a step that is refused", async () => {
    await call("SM.SEND", "k", "RUN", "ID", "1", "DELAY", 1);
    await pass(1);
    await call("SM.SEND", "k", "OPEN");
    expect(await info()).toMatchObject({ status: "failed" });
    expect(await call("SM.RETRY", "k")).toBe(1);
    expect(await info()).toMatchObject({ status: "active", failed: 0 });
    expect(await last()).toMatchObject({
      kind: "refused",
      event: "RUN",
      reason: expect.stringMatching(/^ILLEGAL /),
    });
    expect(rows(await call("SM.OUTCOME", "k", "1"))).toMatchObject([{ code: "ILLEGAL" }]);
  });

  test.each<readonly [string, readonly Argument[], string]>([
    ["ILLEGAL", ["NONSENSE", "DELAY", 10], "NONSENSE"],
    ["GUARD", ["SENT", "DELAY", 10], "SENT"],
    ["UNMET", ["OPEN", "DELAY", 10, "IFREV", 9], "OPEN"],
    ["EXPIRED", ["OPEN", "DELAY", 10, "EXPIRE", 5], "OPEN"],
  ])(
    "a scheduled event that is refused (%s) is in the history, and no failure",
    async (code, sent, event) => {
      await call("SM.SEND", "k", ...sent);
      await pass(10);
      expect(await info()).toMatchObject({ status: "active", failed: 0, pending: 0, rev: 2 });
      const reason = expect.stringMatching(new RegExp(`^${code} `));
      expect(await last()).toMatchObject({ kind: "refused", event, reason, from: ["idle"], to: ["idle"] });
      expect(await entries("sm:refusals")).toMatchObject([{ key: "k", event, code, rev: "2" }]);
    },
  );

  test("an event that another machine does not accept is reported there", async () => {
    await call("SM.SEND", "k", "ASK");
    expect(await last("other")).toMatchObject({ kind: "refused", event: "NONSENSE", by: "k" });
    expect(await info("other")).toMatchObject({ status: "active" });
  });

  test("a refused entry changes neither the reason nor the context of the past", async () => {
    await call("SM.SEND", "k", "REPAIR", "REASON", "mine");
    await call("SM.SEND", "k", "NONSENSE", "DELAY", 10);
    await pass(10);
    expect(fields(await call("SM.INFO", "k", "REV", 3))).toMatchObject({ reason: "mine", rev: 3 });
    await call("SM.SEND", "k", "OPEN");
    expect(fields(await call("SM.INFO", "k", "REV", 3))).toMatchObject({
      reason: "mine",
      context: '{"n":0,"missing":1}',
    });
  });
});

describe("sm-refusals", () => {
  beforeEach(async () => {
    await define(on.client, "w", WORKER);
    await call("SM.CREATE", "k", "w");
  });

  test("none records no refusals", async () => {
    await call("CONFIG", "SET", "sm-refusals", "none");
    await call("SM.SEND", "k", "RUN", "DELAY", 1);
    await pass(1);
    expect(await call("EXISTS", "sm:refusals")).toBe(0);
    expect(await info()).toMatchObject({ status: "failed" });
  });

  test("all also records refusals that clients received", async () => {
    expect(await call("SM.SEND", "k", "NONSENSE")).toBeInstanceOf(ReplyFailure);
    expect(await call("EXISTS", "sm:refusals")).toBe(0);
    await call("CONFIG", "SET", "sm-refusals", "all");
    expect(await call("SM.SEND", "k", "NONSENSE", "ID", "n")).toBeInstanceOf(ReplyFailure);
    expect(await call("SM.SEND", "k", "RUN")).toBeInstanceOf(ReplyFailure);
    expect(await entries("sm:refusals")).toMatchObject([
      { event: "NONSENSE", id: "n", code: "ILLEGAL", key: "k", rev: "1" },
      { event: "RUN", code: "EXECFAIL" },
    ]);
  });

  test("all records an event that is refused before it has an outcome, and stores no outcome", async () => {
    await call("CONFIG", "SET", "sm-refusals", "all");
    expect(await call("SM.SEND", "none", "RUN", "ID", 1)).toEqual(
      new ReplyFailure("NOMACHINE there is no machine at 'none'"),
    );
    expect(await call("SM.SEND", "none", "RUN", "DEF", "nodef")).toBeInstanceOf(ReplyFailure);
    expect(await call("SM.SEND", "none", "NONSENSE", "ID", 2, "DEF", "w")).toBeInstanceOf(ReplyFailure);
    expect(await call("EXISTS", "none")).toBe(0);
    await call("SM.SEND", "k", "NONSENSE", "ID", 3);
    expect(await call("SM.SEND", "k", "OTHER", "ID", 3)).toBeInstanceOf(ReplyFailure);
    await call("SM.SUSPEND", "k", "audit");
    expect(await call("SM.SEND", "k", "RUN", "ID", 4)).toEqual(
      new ReplyFailure("SUSPENDED the machine is suspended: audit"),
    );
    expect(await call("SM.SEND", "k", "RUN", "BY")).toBeInstanceOf(ReplyFailure);
    expect(await entries("sm:refusals")).toMatchObject([
      { key: "none", event: "RUN", id: "1", code: "NOMACHINE", message: "there is no machine at 'none'" },
      { key: "none", event: "RUN", code: "NODEF" },
      { key: "none", event: "NONSENSE", id: "2", code: "ILLEGAL" },
      { key: "k", id: "3", code: "ILLEGAL" },
      { key: "k", event: "OTHER", id: "3", code: "DUPID", def: "w:v1", rev: "1" },
      { key: "k", event: "RUN", id: "4", code: "SUSPENDED", message: "the machine is suspended: audit" },
    ]);
  });

  test("sm-refusals-maxlen bounds the stream, and a key of another type gets no entries", async () => {
    await call("CONFIG", "SET", "sm-refusals-maxlen", 2);
    for (let count = 0; count < 5; count += 1) await call("SM.SEND", "k", "NONSENSE", "DELAY", 1);
    await pass(1);
    expect(await call("XLEN", "sm:refusals")).toBe(2);
    await call("SET", "sm:refusals", "mine");
    await call("SM.SEND", "k", "NONSENSE", "DELAY", 1);
    await pass(1);
    expect(await call("GET", "sm:refusals")).toBe("mine");
    expect(await last()).toMatchObject({ kind: "refused" });
  });
});

test("SM.WAIT waits for the status failed", async () => {
  await define(on.client, "d", DEADLINE);
  await call("SM.CREATE", "k", "d");
  const waiter = await on.server.client();
  const waiting = waiter.call("SM.WAIT", "k", "STATUS", "failed", 0);
  await call("PING");
  await pass(100);
  expect(await waiting).toEqual(["a"]);
});

test("a machine that ends drops its failed steps", async () => {
  await define(on.client, "e", {
    initial: "a",
    context: {},
    states: { a: { on: { RUN: { actions: [COUNT] }, END: "z" } }, z: { type: "final" } },
  });
  await call("SM.CREATE", "k", "e");
  await call("SM.SEND", "k", "RUN", "DELAY", 1);
  await pass(1);
  await call("SM.SEND", "k", "END");
  expect(await info()).toMatchObject({ status: "done", failed: 0, pending: 0 });
  expect(await call("SM.RETRY", "k")).toBe(0);
});
