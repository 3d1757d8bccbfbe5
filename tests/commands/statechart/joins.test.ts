/** Joins of events as clients see them: what is kept, what is missing, and what becomes of each event. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Argument } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";
import { START_MS } from "../../support/virtual-clock.ts";

const on = servedTests();
const { call } = on;

afterEach(async () => {
  expect(await on.client.call("SM.VERIFY")).toEqual([]);
});

const ORDER = {
  initial: "waiting",
  context: { who: [] },
  states: {
    waiting: {
      join: [
        {
          all: {
            a: "PAID",
            b: { event: "PACKED", guard: "event.ok" },
            c: { any: { x: "LABEL", y: { after: "2h" } } },
          },
          target: "ready",
          actions: [
            {
              assign: {
                who: "[events.a.?id.orValue(''), events.a.?by.orValue(''), events.a.at, events.b.type]",
              },
            },
          ],
        },
      ],
      on: { CANCEL: "cancelled", HALT: "halted", END: "end", RESTART: { target: "waiting", reenter: true } },
    },
    ready: {},
    cancelled: { on: { PAID: "refunding" }, defer: ["PACKED"] },
    refunding: {},
    halted: { entry: [{ suspend: "'halt'" }], on: { PAID: "refunding" } },
    end: { type: "final" },
  },
};

const send = (...args: readonly Argument[]) => call("SM.SEND", "k", ...args);
const full = async (...args: readonly Argument[]) => fields(await send(...args, "FULL"));
const info = async () => fields(await call("SM.INFO", "k"));
const pending = async () => rows(await call("SM.PENDING", "k"));
const outcome = async (id: string) => {
  const [reply] = (await call("SM.OUTCOME", "k", id)) as readonly (readonly string[])[];
  return fields(reply ?? []);
};
const pass = async (ms: number) => {
  on.clock.advance(ms);
  await call("PING");
};
const refusals = async () =>
  ((await call("XRANGE", "sm:refusals", "-", "+")) as [string, string[]][]).map(([, entry]) => fields(entry));

beforeEach(async () => {
  await define(on.client, "order", ORDER);
  await call("SM.CREATE", "k", "order");
});

describe("an event that a join waits for", () => {
  test("is kept: the states stay, the code is KEPT, the change is recorded", async () => {
    expect(await send("PAID", '{"sum":7}', "ID", "p", "BY", "ann")).toEqual(["waiting"]);
    expect(await full("LABEL")).toMatchObject({ code: "KEPT", changed: 1, state: ["waiting"], rev: 3 });
    expect(await outcome("p")).toMatchObject({ code: "KEPT", rev: 2, from: ["waiting"], to: ["waiting"] });
    expect(rows(await call("SM.HISTORY", "k", "2", "2"))).toMatchObject([
      { kind: "event", event: "PAID", from: ["waiting"], to: ["waiting"], data: '{"sum":7}' },
    ]);
  });

  test("is used with the others when all have arrived, and its outcome says so", async () => {
    await send("PAID", '{"sum":7}', "ID", "p", "BY", "ann");
    await send("PACKED", '{"ok":true}');
    await pass(1000);
    expect(await full("LABEL", "{}", "ID", "l")).toMatchObject({ code: "OK", to: ["ready"] });
    expect((await info())["context"]).toBe(`{"who":["p","ann",${START_MS},"PACKED"]}`);
    expect(await outcome("p")).toMatchObject({ code: "OK", rev: 4, to: ["ready"] });
    expect(await outcome("l")).toMatchObject({ code: "OK", rev: 4 });
    expect(await pending()).toEqual([]);
    // The first reply again.
    expect(await send("PAID", '{"sum":7}', "ID", "p")).toEqual(["waiting"]);
  });

  test("is shown by SM.PENDING and taken back by SM.CANCEL", async () => {
    await send("PAID", '{"sum":7}', "ID", "p");
    await send("LABEL");
    expect(await pending()).toMatchObject([
      { id: "p", kind: "kept", event: "PAID", data: '{"sum":7}', state: "waiting", place: "a", due: null },
      { id: "#3", kind: "kept", event: "LABEL", data: null, place: "x" },
      { kind: "timer", event: "xstate.join.0.y.(machine).waiting", due: START_MS + 7_200_000 },
    ]);
    expect(await call("SM.CANCEL", "k", "p", "#3")).toBe(2);
    expect(await outcome("p")).toMatchObject({ code: "CANCELLED" });
    expect(await pending()).toMatchObject([{ kind: "timer" }]);
    expect(await send("PAID")).toEqual(["waiting"]);
  });

  test("is refused when its place is filled, with what is accepted", async () => {
    await send("PAID");
    expect(await send("PAID")).toEqual(
      new ReplyFailure(
        "ILLEGAL event 'PAID' is not accepted in 'waiting'; accepted: CANCEL, HALT, END, RESTART, PACKED, LABEL",
      ),
    );
    expect(await send("PACKED", '{"ok":false}')).toEqual(
      new ReplyFailure("GUARD event 'PACKED' in 'waiting': event.ok is false (event.ok = false)"),
    );
  });

  test("is shown by SM.NEXT and SM.WHY, with what is missing", async () => {
    await send("PAID");
    const missing = ["b: PACKED [event.ok]", "x: LABEL or y: after 2h"];
    expect(rows(await call("SM.NEXT", "k")).slice(-2)).toMatchObject([
      {
        event: "PACKED",
        from: "waiting",
        targets: ["ready"],
        guard: "event.ok",
        holds: null,
        place: "b",
        missing,
      },
      { event: "LABEL", from: "waiting", targets: ["ready"], guard: null, holds: 1, place: "x", missing },
    ]);
    const why = fields(await call("SM.WHY", "k", "LABEL"));
    expect(why).toMatchObject({ verdict: "KEPT", to: ["waiting"], message: null });
    expect(rows(why["candidates"] ?? null)).toMatchObject([{ result: "kept", place: "x", missing }]);
    const again = fields(await call("SM.WHY", "k", "PAID"));
    expect(again).toMatchObject({ verdict: "ILLEGAL" });
    expect(rows(again["candidates"] ?? null)).toMatchObject([{ result: "filled", place: "a" }]);
  });

  test("survives COPY, DUMP and RENAME", async () => {
    await send("PAID", '{"sum":7}', "ID", "p");
    await call("COPY", "k", "c");
    await call("RENAME", "k", "r");
    for (const key of ["c", "r"]) {
      await call("SM.SEND", key, "PACKED", '{"ok":true}');
      expect(await call("SM.SEND", key, "LABEL")).toEqual(["ready"]);
    }
  });
});

describe("an event that a join has kept when its state is left", () => {
  test("is tried once: taken, deferred or ILLEGAL", async () => {
    await send("LABEL", "{}", "ID", "l");
    await send("PAID", "{}", "ID", "p");
    await call("SM.RESET", "k");
    expect(await outcome("p")).toMatchObject({ code: "CANCELLED" });
    await send("LABEL", "{}", "ID", "l2");
    await send("PAID", '{"sum":7}', "ID", "p2");
    expect(await send("CANCEL")).toEqual(["refunding"]);
    expect(await outcome("l2")).toMatchObject({ code: "ILLEGAL" });
    expect(await outcome("p2")).toMatchObject({ code: "OK", to: ["refunding"] });
    const history = rows(await call("SM.HISTORY", "k", "-", "+")).slice(-3);
    expect(history).toMatchObject([
      { kind: "event", event: "CANCEL", to: ["cancelled"] },
      { kind: "refused", event: "LABEL", id: "l2" },
      { kind: "event", event: "PAID", id: "p2", to: ["refunding"] },
    ]);
    expect(await refusals()).toMatchObject([
      { id: "l", code: "CANCELLED" },
      { id: "p", code: "CANCELLED" },
      { id: "l2", code: "ILLEGAL" },
    ]);
  });

  test("is deferred where the new state defers it", async () => {
    await send("PACKED", '{"ok":true}', "ID", "b");
    expect(await send("CANCEL")).toEqual(["cancelled"]);
    expect(await outcome("b")).toMatchObject({ code: "DEFERRED" });
    expect(await pending()).toMatchObject([{ id: "b", kind: "deferred" }]);
  });

  test("is kept again when the state is entered again", async () => {
    await send("PAID", '{"sum":7}', "ID", "p");
    await pass(3_600_000);
    expect(await send("RESTART")).toEqual(["waiting"]);
    expect(await pending()).toMatchObject([
      { id: "p", kind: "kept", data: '{"sum":7}' },
      { kind: "timer", due: START_MS + 3 * 3_600_000 },
    ]);
    expect(await outcome("p")).toMatchObject({ code: "KEPT" });
  });

  test("waits for SM.RESUME when the machine suspends itself", async () => {
    await send("PAID", '{"sum":7}', "ID", "p");
    await send("HALT");
    expect(await info()).toMatchObject({ status: "suspended", state: ["halted"] });
    expect(await pending()).toMatchObject([{ id: "p", kind: "scheduled" }]);
    await pass(10);
    expect(await info()).toMatchObject({ state: ["halted"] });
    await call("SM.RESUME", "k");
    await pass(1);
    expect(await info()).toMatchObject({ state: ["refunding"] });
    expect(await outcome("p")).toMatchObject({ code: "OK" });
  });

  test("has the outcome DONE when the machine is done", async () => {
    await send("PAID", '{"sum":7}', "ID", "p");
    expect(await send("END")).toEqual(["end"]);
    expect(await outcome("p")).toMatchObject({ code: "DONE" });
    expect(await pending()).toEqual([]);
  });

  test("is tried once when the machine is forced elsewhere", async () => {
    await send("PAID", '{"sum":7}', "ID", "p");
    await call("SM.MUTATE", "k", "cancelled", "because", "FORCE");
    expect(await info()).toMatchObject({ state: ["refunding"] });
    expect(await outcome("p")).toMatchObject({ code: "OK" });
  });
});

describe("a kept event", () => {
  test("expires like any waiting event", async () => {
    await send("PAID", "{}", "ID", "p", "EXPIRE", 1000);
    await pass(1001);
    await send("PACKED", '{"ok":true}');
    expect(await send("LABEL")).toEqual(["waiting"]);
    expect(await outcome("p")).toMatchObject({ code: "EXPIRED" });
    expect(await send("PAID")).toEqual(["ready"]);
    expect(await refusals()).toMatchObject([{ id: "p", code: "EXPIRED" }]);
  });

  test("is bounded in number and size", async () => {
    const votes = { all: Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, "VOTE"])) };
    await define(on.client, "vote", {
      initial: "s",
      states: { s: { join: [{ ...votes, target: "t" }] }, t: {} },
    });
    await call("SM.CREATE", "v", "vote");
    await call("CONFIG", "SET", "sm-inbox-max", 2);
    await call("SM.SEND", "v", "VOTE");
    await call("SM.SEND", "v", "VOTE");
    expect(await call("SM.SEND", "v", "VOTE")).toEqual(
      new ReplyFailure("EXECFAIL the machine's joins would keep 3 events, sm-inbox-max is 2"),
    );
    await call("CONFIG", "SET", "sm-inbox-max", 1000, "sm-context-bytes-max", 2048);
    const reply = await call("SM.SEND", "v", "VOTE", JSON.stringify({ text: "x".repeat(3000) }));
    expect(reply).toBeInstanceOf(ReplyFailure);
    expect((reply as ReplyFailure).message).toContain("sm-context-bytes-max is 2048");
    await call("CONFIG", "SET", "sm-context-bytes-max", 1_048_576);
  });

  test("keeps numbers that a double cannot hold", async () => {
    await send("PAID", '{"sum":9007199254740993}');
    expect((await pending())[0]).toMatchObject({ data: '{"sum":9007199254740993}' });
  });

  test("names its sender when the action of another machine sends it", async () => {
    await define(on.client, "sender", {
      initial: "a",
      states: { a: { on: { GO: { actions: [{ send: { to: "'k'", event: "PAID", data: "event" } }] } } } },
    });
    await call("SM.CREATE", "s", "sender");
    await call("SM.SEND", "s", "GO");
    await send("PACKED", '{"ok":true}');
    expect(await send("LABEL")).toEqual(["ready"]);
    expect((await info())["context"]).toContain('"s"');
  });
});

describe("joins in drawings and findings", () => {
  test("show the events they wait for", async () => {
    const label = "all(a: PAID, b: PACKED [event.ok], c: any(x: LABEL, y: after 2h))";
    expect(String(await call("SM.DEF", "GRAPH", "order", "DOT"))).toContain(`[label="${label}"]`);
    const json = JSON.parse(String(await call("SM.DEF", "GRAPH", "order", "JSON")));
    expect(json.transitions).toContainEqual({ from: "waiting", to: ["ready"], event: "", join: label });
    expect(String(await call("SM.DEF", "GRAPH", "order", "MERMAID"))).toContain("all(a#58; PAID");
  });

  test("warn of a place that stays empty and of an event that is never available", async () => {
    const findings = (await call(
      "SM.DEF",
      "CHECK",
      JSON.stringify({
        initial: "s",
        states: {
          s: {
            on: { A: "t" },
            join: [{ all: { one: "A", two: "B" }, target: "t", actions: [{ log: "events.twoo.n" }] }],
          },
          t: { type: "final" },
        },
      }),
    )) as readonly unknown[];
    expect(JSON.stringify(findings)).toContain(
      "the place 'one' stays empty: the transition at $.states.s.on.A",
    );
    expect(JSON.stringify(findings)).toContain("the join has no part 'twoo'; did you mean events.two?");
    expect(findings).toHaveLength(2);
  });
});
