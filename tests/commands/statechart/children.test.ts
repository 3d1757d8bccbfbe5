/** Machines that make, stop and hear of machines that belong to them. */
import { expect, onTestFinished, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

async function setUp() {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "charge", CHARGE);
  await define(client, "order", ORDER);
  await define(client, "vote", VOTE);
  await define(client, "poll", POLL);
  return { clock, client, call: (...args: readonly string[]) => client.call(...args) };
}

/** A payment: done with an output, or failed by an error in an action. */
const CHARGE = {
  initial: "waiting",
  context: { amount: 0, note: "none" },
  states: {
    waiting: {
      on: {
        PAID: "paid",
        NOTE: { actions: { assign: { note: "event.text" } } },
        TELL: { actions: { send: { to: "#_parent", event: "NEWS", data: { text: "event.text" } } } },
      },
      after: { "1h": { actions: { assign: { note: "context.nothing" } } } },
    },
    paid: { type: "final", output: { amount: "context.amount", parent: "parent.key" } },
  },
};

const ORDER = {
  initial: "new",
  context: { total: 12, receipt: null, trouble: null, news: [] },
  states: {
    new: { on: { PAY: "paying" } },
    paying: {
      invoke: {
        src: "charge",
        id: "charge",
        input: { amount: "context.total" },
        onDone: { target: "paid", actions: { assign: { receipt: "event.output" } } },
        onError: { target: "trouble", actions: { assign: { trouble: "event.code" } } },
      },
      on: {
        CANCEL: "cancelled",
        AGAIN: { target: "paying", reenter: true },
        NEWS: { actions: { assign: { news: "context.news + [event.text]" } } },
        NOTE: { actions: { send: { to: "#_charge", event: "NOTE", data: "data" } } },
        PEEK: { guard: "children.charge.state == ['waiting']", actions: { assign: { news: "['seen']" } } },
      },
    },
    paid: { on: { CLOSE: "closed" } },
    trouble: {},
    cancelled: { on: { PAY: "paying" } },
    closed: { type: "final" },
  },
};

const VOTE = {
  initial: "open",
  context: { who: "", place: 0 },
  states: {
    open: { on: { CAST: { target: "cast", actions: { assign: { vote: "event.vote" } } }, FAIL: "broken" } },
    broken: { entry: { assign: { vote: "1 / 0" } } },
    cast: { type: "final", output: "context.who + ':' + context.vote" },
  },
};

const POLL = {
  initial: "idle",
  context: { voters: [], votes: null, errors: [] },
  states: {
    idle: { on: { OPEN: { target: "voting", actions: { assign: { voters: "event.voters" } } } } },
    voting: {
      invoke: {
        src: "vote",
        id: "votes",
        each: "context.voters",
        input: { who: "item", place: "index" },
        onDone: { target: "over", actions: { assign: { votes: "event.output" } } },
        onError: { actions: { assign: { errors: "context.errors + [[event.index, event.code]]" } } },
      },
      on: { STOP: "idle" },
    },
    over: {},
  },
};

test("a child runs while its state is active, and its end moves the parent", async () => {
  const { call } = await setUp();
  await call("SM.CREATE", "o", "order");
  expect(await call("SM.SEND", "o", "PAY")).toEqual(["paying"]);
  expect(await call("SM.STATE", "{o}.charge")).toEqual(["waiting"]);
  expect(await call("SM.CONTEXT", "{o}.charge")).toBe('{"amount":12,"note":"none"}');
  expect(fields(await call("SM.INFO", "{o}.charge"))).toMatchObject({ parent: "o", children: [] });
  const info = fields(await call("SM.INFO", "o"));
  expect(info["parent"]).toBe(null);
  expect(rows(info["children"] as Decoded)).toEqual([
    { id: "charge", key: "{o}.charge", status: "active", state: ["waiting"] },
  ]);
  expect(await call("SM.SEND", "o", "PEEK")).toEqual(["paying"]);
  expect(await call("SM.SEND", "{o}.charge", "PAID")).toEqual(["paid"]);
  expect(await call("SM.STATE", "o")).toEqual(["paid"]);
  expect(await call("SM.CONTEXT", "o", "receipt")).toEqual(['{"amount":12,"parent":"o"}']);
  const history = rows(await call("SM.HISTORY", "o", "-", "+"));
  expect(history.at(-1)).toMatchObject({
    kind: "child",
    event: "xstate.done.actor.charge",
    by: "{o}.charge",
    from: ["paying"],
    to: ["paid"],
  });
  expect(rows(await call("SM.HISTORY", "{o}.charge", "-", "+"))[0]).toMatchObject({
    kind: "create",
    by: "o",
  });
  expect(await call("SM.VERIFY")).toEqual([]);
});

test("a child is stopped and kept when its state is left, and replaced when the state is entered again", async () => {
  const { call } = await setUp();
  await call("SM.CREATE", "o", "order");
  await call("SM.SEND", "o", "PAY");
  await call("SM.SEND", "o", "NOTE", '{"text":"hello"}');
  expect(await call("SM.CONTEXT", "{o}.charge", "note")).toEqual(['"hello"']);
  await call("SM.SEND", "{o}.charge", "TELL", '{"text":"back"}');
  expect(await call("SM.CONTEXT", "o", "news")).toEqual(['["back"]']);
  expect(await call("SM.SEND", "o", "CANCEL")).toEqual(["cancelled"]);
  expect(fields(await call("SM.INFO", "{o}.charge"))).toMatchObject({
    status: "stopped",
    state: ["waiting"],
    timers: 0,
  });
  expect(await call("SM.SEND", "{o}.charge", "PAID")).toEqual(
    new ReplyFailure("DONE event 'PAID' comes too late: the machine was stopped, in 'waiting'"),
  );
  expect(rows(await call("SM.HISTORY", "{o}.charge", "-", "+")).at(-1)).toMatchObject({
    kind: "child",
    event: "xstate.stop",
    by: "o",
  });
  expect(await call("SM.COUNT", "STATUS", "stopped")).toBe(1);
  await call("SM.SEND", "o", "PAY");
  expect(fields(await call("SM.INFO", "{o}.charge"))).toMatchObject({ status: "active", rev: 1 });
  await call("SM.SEND", "{o}.charge", "NOTE", '{"text":"x"}');
  await call("SM.SEND", "o", "AGAIN");
  expect(fields(await call("SM.INFO", "{o}.charge"))).toMatchObject({ status: "active", rev: 1 });
  expect(await call("SM.VERIFY")).toEqual([]);
});

test("a failed or deleted child takes the parent to onError", async () => {
  const { clock, call } = await setUp();
  await call("SM.CREATE", "o", "order");
  await call("SM.CREATE", "p", "order");
  await call("SM.SEND", "o", "PAY");
  await call("SM.SEND", "p", "PAY");
  expect(await call("DEL", "{p}.charge")).toBe(1);
  expect(await call("SM.STATE", "p")).toEqual(["trouble"]);
  expect(await call("SM.CONTEXT", "p", "trouble")).toEqual(['"DELETED"']);
  clock.advance(3_600_000);
  expect(await call("SM.STATE", "o")).toEqual(["trouble"]);
  expect(await call("SM.CONTEXT", "o", "trouble")).toEqual(['"EXECFAIL"']);
  // It has left the state, which stops a child that has failed too.
  expect(fields(await call("SM.INFO", "{o}.charge"))).toMatchObject({ status: "stopped" });
  expect(await call("SM.VERIFY")).toEqual([]);
});

test("each creates a child for every item, and completes with the outputs in order", async () => {
  const { call } = await setUp();
  await call("SM.CREATE", "p", "poll");
  await call("SM.SEND", "p", "OPEN", '{"voters":["ann","ben","cid"]}');
  expect(await call("SM.CONTEXT", "{p}.votes[2]")).toBe('{"who":"cid","place":2}');
  await call("SM.SEND", "{p}.votes[2]", "CAST", '{"vote":"no"}');
  await call("SM.SEND", "{p}.votes[0]", "CAST", '{"vote":"yes"}');
  expect(await call("SM.STATE", "p")).toEqual(["voting"]);
  await call("SM.SEND", "{p}.votes[1]", "CAST", '{"vote":"yes"}');
  expect(await call("SM.STATE", "p")).toEqual(["over"]);
  expect(await call("SM.CONTEXT", "p", "votes")).toEqual(['["ann:yes","ben:yes","cid:no"]']);
  await call("SM.CREATE", "q", "poll");
  expect(await call("SM.SEND", "q", "OPEN", '{"voters":[]}')).toEqual(["over"]);
  expect(await call("SM.CONTEXT", "q", "votes")).toEqual(["[]"]);
  expect(await call("SM.VERIFY")).toEqual([]);
});

test("a failed child of a list is reported, and the others continue", async () => {
  const { call } = await setUp();
  await call("SM.CREATE", "p", "poll");
  await call("SM.SEND", "p", "OPEN", '{"voters":["ann","ben","cid"]}');
  expect(await call("DEL", "{p}.votes[1]")).toBe(1);
  expect(await call("SM.CONTEXT", "p", "errors")).toEqual(['[[1,"DELETED"]]']);
  await call("SM.SEND", "{p}.votes[0]", "CAST", '{"vote":"yes"}');
  await call("SM.SEND", "{p}.votes[2]", "CAST", '{"vote":"yes"}');
  expect(await call("SM.STATE", "p")).toEqual(["voting"]);
  expect(await call("SM.SEND", "p", "STOP")).toEqual(["idle"]);
  expect(await call("SM.SEND", "p", "OPEN", '{"voters":["dan"]}')).toEqual(["voting"]);
  expect(await call("EXISTS", "{p}.votes[0]", "{p}.votes[1]", "{p}.votes[2]")).toBe(1);
  expect(await call("SM.VERIFY")).toEqual([]);
});

test("SM.DEF GRAPH shows the children of a state", async () => {
  const { call } = await setUp();
  const mermaid = String(await call("SM.DEF", "GRAPH", "poll"));
  expect(mermaid).toContain("note right of s2 : runs votes (vote#58;v1) for each item");
  expect(mermaid).toContain("s2 --> s3 : votes done");
  expect(String(await call("SM.DEF", "GRAPH", "order", "DOT"))).toContain(
    '[label="paying\\nruns charge (charge:v1)"]',
  );
  const { states } = JSON.parse(String(await call("SM.DEF", "GRAPH", "poll", "JSON")));
  expect(states[2]).toMatchObject({ path: "voting", invoke: [{ id: "votes", src: "vote:v1", each: true }] });
});

test("a child that cannot start fails the event, unless the parent accepts the error", async () => {
  const { client, call } = await setUp();
  await define(client, "broken", { initial: "a", states: { a: { entry: { assign: { n: "1 / 0" } } } } });
  const invoking = (more: object) => ({
    initial: "idle",
    context: { why: null },
    states: {
      idle: { on: { GO: "busy", TELL: { actions: { send: { to: "'q'", event: "GO" } } } } },
      busy: { invoke: { src: "broken", id: "x", ...more } },
      trouble: {},
    },
  });
  await define(client, "strict", invoking({}));
  await define(
    client,
    "lenient",
    invoking({ onError: { target: "trouble", actions: { assign: { why: "event.code" } } } }),
  );
  await call("SM.CREATE", "s", "strict");
  const reply = await call("SM.SEND", "s", "GO");
  expect(String((reply as ReplyFailure).message)).toMatch(
    /^EXECFAIL the child 'x': the machine cannot start: .* by zero/,
  );
  expect(fields(await call("SM.INFO", "s"))).toMatchObject({ rev: 1, state: ["idle"], children: [] });
  await call("SM.CREATE", "l", "lenient");
  expect(await call("SM.SEND", "l", "GO")).toEqual(["trouble"]);
  expect(await call("SM.CONTEXT", "l", "why")).toEqual(['"EXECFAIL"']);
  // Where no client waits for the step, it fails alone.
  await call("SM.CREATE", "q", "strict");
  expect(await call("SM.SEND", "s", "TELL")).toEqual(["idle"]);
  expect(fields(await call("SM.INFO", "q"))).toMatchObject({ status: "failed", state: ["idle"] });
  expect(await call("SM.VERIFY")).toEqual([]);
});

test("machines that create each other in a circle are stopped, and so is endless nesting", async () => {
  const { client, call } = await setUp();
  await define(client, "now", { initial: "end", states: { end: { type: "final" } } });
  await define(client, "again", {
    initial: "a",
    states: { a: { invoke: { src: "now", id: "x", onDone: { target: "a", reenter: true } } } },
  });
  expect(await call("SM.CREATE", "c", "again")).toBe("OK");
  expect(fields(await call("SM.INFO", "c"))).toMatchObject({ status: "failed", rev: 102 });
  expect(rows(await call("SM.PENDING", "c"))).toMatchObject([
    {
      kind: "failed",
      event: "xstate.done.actor.x",
      error:
        "EXECFAIL one event has made 101 children 'x' one after the other: do machines make each other in a circle?",
    },
  ]);
  await call("DEL", "c");
  await define(client, "deep", {
    initial: "a",
    states: { a: { invoke: { src: { expr: "'deep'" }, id: "d" } } },
  });
  const deep = await call("SM.CREATE", "d", "deep");
  expect(String((deep as ReplyFailure).message)).toContain("machines may have 8 others above them");
  expect(await call("EXISTS", "d", "{d}.d")).toBe(0);
});

test("an invariant that reads children must hold after a step of a child", async () => {
  const { client, call } = await setUp();
  await define(client, "watched", {
    initial: "busy",
    invariants: [{ name: "open", expr: "!has(children.v) || children.v.state != ['cast']" }],
    states: { busy: { invoke: { src: "vote", id: "v" } } },
  });
  await call("SM.CREATE", "w", "watched");
  const reply = await call("SM.SEND", "{w}.v", "CAST", '{"vote":"yes"}', "ID", "1");
  expect(String((reply as ReplyFailure).message)).toMatch(/^INVARIANT open: /);
  expect(await call("SM.STATE", "{w}.v")).toEqual(["open"]);
  expect(rows(await call("SM.OUTCOME", "{w}.v", "1"))[0]).toMatchObject({ code: "INVARIANT" });
  expect(await call("SM.VERIFY")).toEqual([]);
});
