/** Refusals by `fail` and by invariants, and machines that suspend themselves, through the commands. */
import { expect, onTestFinished, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

async function setUp() {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const client = await server.client();
  return { clock, client, call: (...args: readonly string[]) => client.call(...args) };
}

const ACCOUNT = {
  initial: "open",
  context: { balance: 0 },
  invariants: [{ name: "no debt", expr: "context.balance >= 0" }],
  states: {
    open: {
      on: {
        ADD: {
          actions: [
            { choose: [{ guard: "event.n == 0", actions: { fail: "'nothing to add'" } }] },
            { assign: { balance: "context.balance + event.n" } },
          ],
        },
      },
    },
  },
};

test("a refusal by fail or an invariant changes nothing and is the outcome of the event", async () => {
  const { client, call } = await setUp();
  await define(client, "account", ACCOUNT);
  await call("SM.CREATE", "a", "account");
  await call("SM.SEND", "a", "ADD", '{"n":5}');
  const rejected = new ReplyFailure("REJECTED nothing to add");
  expect(await call("SM.SEND", "a", "ADD", '{"n":0}', "ID", "x")).toEqual(rejected);
  expect(await call("SM.SEND", "a", "ADD", '{"n":0}', "ID", "x")).toEqual(rejected);
  const breach = new ReplyFailure("INVARIANT no debt: context.balance >= 0 (context.balance = -1)");
  expect(await call("SM.SEND", "a", "ADD", '{"n":-6}', "ID", "y")).toEqual(breach);
  expect(rows(await call("SM.OUTCOME", "a", "y"))[0]).toMatchObject({ code: "INVARIANT" });
  expect(fields(await call("SM.WHY", "a", "ADD", '{"n":-6}'))).toMatchObject({ verdict: "INVARIANT" });
  expect(fields(await call("SM.WHY", "a", "ADD", '{"n":0}'))).toMatchObject({
    verdict: "REJECTED",
    message: "nothing to add",
  });
  expect(await call("SM.CONTEXT", "a")).toBe('{"balance":5}');
  expect(fields(await call("SM.INFO", "a"))).toMatchObject({ rev: 2 });
  expect(await call("SM.CREATE", "b", "account", "CONTEXT", '{"balance":-1}')).toEqual(breach);
  expect(await call("EXISTS", "b")).toBe(0);
});

const PARCEL = {
  initial: "a",
  states: {
    a: {
      on: {
        HOLD: {
          target: "b",
          actions: [{ raise: { event: "GO", delay: 0 } }, { suspend: "'customs: ' + event.why" }],
        },
      },
    },
    b: { after: { "1s": "late" }, on: { GO: "c" } },
    c: { after: { "1s": "late" } },
    late: {},
  },
};

test("a machine that suspends itself keeps events until SM.RESUME, which applies them", async () => {
  const { clock, client, call } = await setUp();
  await define(client, "parcel", PARCEL);
  await call("SM.CREATE", "p", "parcel");
  expect(await call("SM.SEND", "p", "HOLD", '{"why":"papers"}')).toEqual(["b"]);
  expect(fields(await call("SM.INFO", "p"))).toMatchObject({
    status: "suspended",
    reason: "customs: papers",
  });
  expect(await call("SM.SEND", "p", "GO")).toEqual(
    new ReplyFailure("SUSPENDED the machine is suspended: customs: papers"),
  );
  clock.advance(5000);
  expect(await call("SM.STATE", "p")).toEqual(["b"]);
  expect(await call("SM.COUNT", "DEF", "parcel", "STATUS", "suspended")).toBe(1);
  expect(await call("SM.VERIFY")).toEqual([]);
  expect(await call("SM.RESUME", "p")).toBe(1);
  // What was raised was due first.
  expect(await call("SM.STATE", "p")).toEqual(["c"]);
  clock.advance(1000);
  expect(await call("SM.STATE", "p")).toEqual(["late"]);
});

test("a machine can suspend itself when it is created", async () => {
  const { clock, client, call } = await setUp();
  await define(client, "draft", {
    initial: "a",
    states: { a: { entry: { suspend: "'wait'" }, after: { "1s": "b" } }, b: {} },
  });
  await call("SM.CREATE", "d", "draft");
  clock.advance(2000);
  expect(fields(await call("SM.INFO", "d"))).toMatchObject({ status: "suspended", reason: "wait" });
  await call("SM.RESUME", "d");
  expect(await call("SM.STATE", "d")).toEqual(["b"]);
  expect(await call("SM.VERIFY")).toEqual([]);
});

const METER = {
  initial: "on",
  context: { value: 0 },
  record: "changes",
  states: {
    on: {
      after: { "1s": { actions: { assign: { value: "context.value" } } } },
      on: {
        VALUE: { actions: { assign: { value: "event.v" } } },
        TOLD: { actions: { log: "'told'" } },
        AGAIN: { target: "on", reenter: true },
      },
    },
  },
};

test("a definition that records changes keeps only the ids of events that change nothing", async () => {
  const { clock, client, call } = await setUp();
  await define(client, "meter", METER);
  await call("SM.CREATE", "m", "meter");
  const revAfter = async (...args: readonly string[]) => {
    await call("SM.SEND", "m", ...args);
    return fields(await call("SM.INFO", "m"))["rev"];
  };
  expect(await revAfter("VALUE", '{"v":0}')).toBe(1);
  expect(await revAfter("VALUE", '{"v":0}', "ID", "a", "SEQ", "s", "5")).toBe(1);
  expect(await call("SM.SEND", "m", "VALUE", '{"v":1}', "ID", "a")).toMatchObject({
    message: expect.stringMatching(/^DUPID/),
  });
  expect(await call("SM.SEND", "m", "VALUE", '{"v":1}', "SEQ", "s", "5")).toMatchObject({
    message: /^STALE/,
  });
  expect(rows(await call("SM.OUTCOME", "m", "a"))).toMatchObject([{ code: "OK", rev: 1 }]);
  // The timer fires, changes nothing and is gone.
  clock.advance(2000);
  expect(fields(await call("SM.INFO", "m"))).toMatchObject({ rev: 1, timers: 0 });
  expect(await revAfter("VALUE", '{"v":1}')).toBe(2);
  expect(await revAfter("TOLD")).toBe(3);
  expect(await revAfter("AGAIN")).toBe(4);
  expect(await call("XLEN", "sm:changes:meter")).toBe(4);
  expect(await call("SM.VERIFY")).toEqual([]);
});
