/** SM.MIGRATE: one machine goes on under another definition, with all it has. */
import { afterEach, describe, expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";
import { START_MS } from "../../support/virtual-clock.ts";

const on = servedTests();
const { call } = on;
const HOUR = 3_600_000;

const info = async (key: string) => fields(await call("SM.INFO", key));
const context = async (key: string) => JSON.parse(String(await call("SM.CONTEXT", key)));
const pending = async (key: string) => rows(await call("SM.PENDING", key));
const outcome = async (key: string, id: string) => rows(await call("SM.OUTCOME", key, id))[0];
const pass = async (ms: number) => {
  on.clock.advance(ms);
  await call("PING");
};
const refused = (reply: Decoded) => (reply instanceof ReplyFailure ? reply.message : reply);

afterEach(async () => {
  expect(await call("SM.VERIFY")).toEqual([]);
});

const V1 = {
  initial: "new",
  context: { paid: 0 },
  states: {
    new: { on: { PAY: { target: "paid", actions: [{ assign: { paid: "event.amount" } }] } } },
    paid: { on: { SHIP: "shipped" }, after: { "72h": "late" }, defer: ["NOTE"] },
    late: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
  },
};

describe("a machine that is migrated", () => {
  test("migrate() keeps state, context, rev, history, event ids, SEQ, inbox, scheduled events and TTL when the names stay", async () => {
    await define(on.client, "order:v1", V1);
    await define(on.client, "order:v2", { ...V1, context: { paid: 0, tries: 3 } });
    await call("SM.CREATE", "a", "order:v1", "PX", "100000000");
    await call("SM.SEND", "a", "PAY", '{"amount":5}', "ID", "e1", "SEQ", "bank", "7");
    await call("SM.SEND", "a", "NOTE", '{"n":1}', "ID", "n1");
    await call("SM.SEND", "a", "SHIP", "ID", "s1", "DELAY", "1000000");
    const before = await info("a");
    expect(await call("SM.MIGRATE", "a", "order:v2", "REASON", "why", "BY", "ops")).toBe(3);
    const after = await info("a");
    expect(after).toMatchObject({
      definition: "order:v2",
      state: ["paid"],
      rev: 3,
      status: "active",
      reason: "why",
    });
    expect([after["ttl"], after["created"], after["pending"], after["timers"]]).toEqual([
      before["ttl"],
      before["created"],
      before["pending"],
      before["timers"],
    ]);
    expect(await context("a")).toEqual({ paid: 5, tries: 3 });
    const history = rows(await call("SM.HISTORY", "a", "-", "+"));
    expect(history.map(({ rev, kind }) => `${rev} ${kind}`)).toEqual(["1 create", "2 event", "3 migrate"]);
    expect(history.at(-1)).toMatchObject({
      kind: "migrate",
      from: ["paid"],
      to: ["paid"],
      by: "ops",
      reason: "why",
      data: '{"from":"order:v1","to":"order:v2"}',
      context: '{"tries":3}',
    });
    // The same ids have the same replies, and nothing happens twice.
    expect(await call("SM.SEND", "a", "PAY", '{"amount":5}', "ID", "e1")).toEqual(["paid"]);
    expect(refused(await call("SM.SEND", "a", "SHIP", "SEQ", "bank", "7"))).toMatch(/^STALE/);
    expect(await outcome("a", "n1")).toMatchObject({ code: "DEFERRED" });
  });

  test("migrate() keeps the due time of a timer whose key the new state has, and arms another from the entry on", async () => {
    await define(on.client, "order:v1", V1);
    await define(on.client, "order:v2", {
      ...V1,
      states: {
        ...V1.states,
        paid: {
          on: { SHIP: "shipped" },
          after: { "72h": "late", "100h": "late", "5h": { actions: [{ log: "1" }] } },
        },
      },
    });
    await call("SM.CREATE", "a", "order:v1");
    await call("SM.SEND", "a", "PAY", '{"amount":5}');
    await pass(2 * HOUR);
    await call("SM.MIGRATE", "a", "order:v2");
    const dues = (await pending("a")).map(({ due }) => Number(due) - START_MS).sort((a, b) => a - b);
    expect(dues).toEqual([5 * HOUR, 72 * HOUR, 100 * HOUR]);
    await pass(70 * HOUR);
    expect(await call("SM.STATE", "a")).toEqual(["late"]);
    expect(await pending("a")).toEqual([]);
  });

  test("migrate() does not arm a timer again when it has fired without effect", async () => {
    const guarded = (extra: object) => ({
      initial: "a",
      context: { go: false },
      states: {
        a: { after: { "1h": { target: "b", guard: "context.go" } }, on: { X: "b" } },
        b: {},
        ...extra,
      },
    });
    await define(on.client, "g:v1", guarded({}));
    await define(on.client, "g:v2", guarded({ c: {} }));
    await call("SM.CREATE", "m", "g:v1");
    await pass(2 * HOUR);
    await call("SM.MIGRATE", "m", "g:v2");
    expect(await pending("m")).toEqual([]);
  });

  test("migrate() fires a new timer at once when its time is over", async () => {
    await define(on.client, "o:v1", { initial: "a", states: { a: { on: { X: "b" } }, b: {} } });
    await define(on.client, "o:v2", {
      initial: "a",
      states: { a: { on: { X: "b" }, after: { "1h": "b" } }, b: {} },
    });
    await call("SM.CREATE", "m", "o:v1");
    await pass(3 * HOUR);
    await call("SM.MIGRATE", "m", "o:v2");
    await pass(0);
    expect(await call("SM.STATE", "m")).toEqual(["b"]);
  });

  test("migrate() refuses a state that is gone, and changes nothing, until STATE says where to go", async () => {
    await define(on.client, "order:v1", V1);
    const { paid: _, ...others } = V1.states;
    await define(on.client, "order:v2", {
      ...V1,
      states: {
        ...others,
        new: { on: { PAY: "billed" } },
        billed: { on: { SHIP: "shipped" }, after: { "72h": "late" } },
      },
    });
    await call("SM.CREATE", "a", "order:v1");
    await call("SM.SEND", "a", "PAY", '{"amount":1}');
    expect(refused(await call("SM.MIGRATE", "a", "order:v2"))).toBe(
      "NOSTATE the state 'paid' is gone and the map does not name it; STATE says where the machine goes",
    );
    expect(await info("a")).toMatchObject({ definition: "order:v1", rev: 2 });
    expect(refused(await call("SM.MIGRATE", "a", "order:v2", "STATE", "biled"))).toMatch(
      /did you mean 'billed'/,
    );
    expect(await call("SM.MIGRATE", "a", "order:v2", "STATE", "billed")).toBe(3);
    expect(await call("SM.STATE", "a")).toEqual(["billed"]);
  });

  test("migrate() runs no entry actions, then automatic transitions, and records their result in its history entry", async () => {
    await define(on.client, "o:v1", {
      initial: "a",
      context: { n: 0 },
      states: { a: { on: { X: "b" } }, b: {} },
    });
    await define(on.client, "o:v2", {
      initial: "a",
      context: { n: 0, entered: 0 },
      states: {
        a: {
          entry: [{ assign: { entered: "context.entered + 1" } }],
          always: { target: "b", guard: "context.n > 5" },
        },
        b: { entry: [{ assign: { entered: "context.entered + 10" } }] },
      },
    });
    await call("SM.CREATE", "m", "o:v1");
    await call("SM.CREATE", "k", "o:v1");
    await call("SM.MIGRATE", "m", "o:v2");
    await call("SM.MIGRATE", "k", "o:v2", "CONTEXT", '{"n":9}');
    expect(await context("m")).toEqual({ n: 0, entered: 0 });
    expect(await context("k")).toEqual({ n: 9, entered: 10 });
    expect([await call("SM.STATE", "m"), await call("SM.STATE", "k")]).toEqual([["a"], ["b"]]);
  });

  test("migrate() enters the initial state of a compound target and of a new region, and leaves the others where they are", async () => {
    await define(on.client, "p:v1", {
      type: "parallel",
      states: {
        pay: { initial: "open", states: { open: { on: { PAY: "paid" } }, paid: {} } },
        pack: { initial: "todo", states: { todo: { on: { PACK: "boxed" } }, boxed: {} } },
      },
    });
    await define(on.client, "p:v2", {
      type: "parallel",
      states: {
        pay: {
          initial: "open",
          states: {
            open: { on: { PAY: "paid" } },
            paid: { initial: "fresh", states: { fresh: { on: { OLD: "old" } }, old: {} } },
          },
        },
        pack: { initial: "todo", states: { todo: { on: { PACK: "boxed" } }, boxed: {} } },
        mail: { initial: "unsent", states: { unsent: { on: { MAIL: "sent" } }, sent: {} } },
      },
    });
    await call("SM.CREATE", "m", "p:v1");
    await call("SM.SEND", "m", "PAY");
    await call("SM.SEND", "m", "PACK");
    await call("SM.MIGRATE", "m", "p:v2");
    expect(await call("SM.STATE", "m")).toEqual(["pay.paid.fresh", "pack.boxed", "mail.unsent"]);
    expect(await call("SM.COUNT", "DEF", "p:v1")).toBe(0);
    expect(await call("SM.SCAN", "0", "DEF", "p:v2", "STATE", "pay.paid")).toEqual(["0", ["m"]]);
  });

  test("migrate() starts invokes that are missing, keeps those that are there, and stops children whose state is gone", async () => {
    await define(on.client, "kid", {
      initial: "in",
      states: { in: { on: { END: "out" } }, out: { type: "final" } },
    });
    const parent = (ids: readonly string[]) => ({
      initial: "a",
      states: { a: { invoke: ids.map((id) => ({ src: "kid", id })), on: { X: "b" } }, b: {} },
    });
    await define(on.client, "p:v1", parent(["old", "both"]));
    await define(on.client, "p:v2", parent(["both", "fresh"]));
    await call("SM.CREATE", "m", "p:v1");
    await call("SM.MIGRATE", "m", "p:v2");
    const status = async (id: string) => fields(await call("SM.INFO", `{m}.${id}`))["status"];
    expect([await status("old"), await status("both"), await status("fresh")]).toEqual([
      "stopped",
      "active",
      "active",
    ]);
    expect(fields(await call("SM.INFO", "{m}.both"))["rev"]).toBe(1);
  });

  test("migrate() carries slas, and counts one of another length from the entry of the state", async () => {
    const make = (sla: string) => ({ initial: "a", states: { pre: {}, a: { sla, on: { X: "pre" } } } });
    await define(on.client, "s:v1", make("2h"));
    await define(on.client, "s:v2", { ...make("2h"), states: { more: {}, ...make("2h").states } });
    await define(on.client, "s:v3", make("4h"));
    await call("SM.CREATE", "same", "s:v1");
    await call("SM.CREATE", "longer", "s:v1");
    await call("SM.CREATE", "over", "s:v1");
    await pass(HOUR);
    await call("SM.MIGRATE", "same", "s:v2");
    await call("SM.MIGRATE", "longer", "s:v3");
    await pass(HOUR);
    const overdue = async () => {
      const [, page] = (await call("SM.OVERDUE", "0")) as [string, [string, Decoded][]];
      return page.map(([key]) => key).sort();
    };
    expect(await overdue()).toEqual(["over", "same"]);
    await call("SM.MIGRATE", "over", "s:v2");
    expect(await overdue()).toEqual(["over", "same"]);
    await pass(2 * HOUR);
    expect(await overdue()).toEqual(["longer", "over", "same"]);
  });

  test("migrate() keeps events of joins and states of histories, and drops those that the definition lacks", async () => {
    const make = (second: string, inner: string) => ({
      initial: "w",
      states: {
        w: {
          initial: "one",
          states: { one: { on: { NEXT: inner } }, [inner]: {}, h: { type: "history", history: "shallow" } },
          join: [{ all: { a: "PAID", b: second }, target: "done" }],
          on: { OUT: "off" },
        },
        off: { on: { BACK: "w.h" } },
        done: { type: "final" },
      },
    });
    await define(on.client, "j:v1", make("PACKED", "two"));
    await define(on.client, "j:v2", { ...make("PACKED", "two"), context: { x: 1 } });
    await define(on.client, "j:v3", {
      ...make("PACKED", "two"),
      states: { ...make("PACKED", "two").states, w: { ...make("PACKED", "two").states.w, join: undefined } },
    });
    for (const key of ["m", "k"]) {
      await call("SM.CREATE", key, "j:v1");
      await call("SM.SEND", key, "PAID", "ID", "p");
    }
    await call("SM.CREATE", "h", "j:v1");
    await call("SM.SEND", "h", "NEXT");
    await call("SM.SEND", "h", "OUT");
    await call("SM.MIGRATE", "h", "j:v2");
    expect(await call("SM.SEND", "h", "BACK")).toEqual(["w.two"]);
    await call("SM.MIGRATE", "m", "j:v2");
    expect(await call("SM.SEND", "m", "PACKED")).toEqual(["done"]);
    await call("SM.MIGRATE", "k", "j:v3");
    expect(await outcome("k", "p")).toMatchObject({ code: "CANCELLED" });
  });

  test("migrate() gives a map machine a definition, with its history", async () => {
    await define(on.client, "order:v1", V1);
    await call("SM.SET", "a", '{"current":"new","map":{"new":["paid"],"paid":[]},"initial":"new"}');
    await call("SM.MUTATE", "a", "paid");
    await pass(HOUR);
    expect(await call("SM.MIGRATE", "a", "order:v1")).toBe(3);
    expect(await info("a")).toMatchObject({ definition: "order:v1", state: ["paid"], rev: 3 });
    expect((await pending("a")).map(({ due }) => Number(due) - START_MS)).toEqual([72 * HOUR]);
    expect(rows(await call("SM.HISTORY", "a", "-", "+")).map(({ kind }) => kind)).toEqual([
      "set",
      "mutate",
      "migrate",
    ]);
    expect(await call("SM.SEND", "a", "SHIP")).toEqual(["shipped"]);
  });

  test("migrate() checks invariants, and changes nothing when one does not hold", async () => {
    await define(on.client, "order:v1", V1);
    await define(on.client, "order:v2", { ...V1, invariants: [{ name: "some", expr: "context.paid > 0" }] });
    await call("SM.CREATE", "a", "order:v1");
    expect(refused(await call("SM.MIGRATE", "a", "order:v2"))).toBe(
      "INVARIANT some: context.paid > 0 (context.paid = 0)",
    );
    expect(await info("a")).toMatchObject({ definition: "order:v1", rev: 1 });
    expect(await call("SM.MIGRATE", "a", "order:v2", "CONTEXT", '{"paid":1}')).toBe(2);
  });

  test("migrate() completes a machine whose state has become final, and leaves a completed one unchanged", async () => {
    const make = (type: object) => ({
      initial: "a",
      states: {
        a: {
          initial: "x",
          states: { x: { on: { GO: "y" } }, y: { ...type } },
          onDone: "b",
          on: { OUT: "b" },
        },
        b: {},
      },
    });
    await define(on.client, "f:v1", make({ on: { BACK: "x" } }));
    await define(on.client, "f:v2", make({ type: "final" }));
    await call("SM.CREATE", "m", "f:v1");
    await call("SM.SEND", "m", "GO");
    await call("SM.MIGRATE", "m", "f:v2");
    expect(await call("SM.STATE", "m")).toEqual(["b"]);
  });

  test("migrate() keeps a machine suspended, done or stopped as it is", async () => {
    await define(on.client, "order:v1", V1);
    await define(on.client, "order:v2", { ...V1, context: { paid: 0, more: 1 } });
    for (const key of ["s", "d"]) {
      await call("SM.CREATE", key, "order:v1");
      await call("SM.SEND", key, "PAY", '{"amount":1}');
    }
    await call("SM.SUSPEND", "s");
    await call("SM.SEND", "d", "SHIP");
    for (const key of ["s", "d"]) await call("SM.MIGRATE", key, "order:v2");
    expect(await info("s")).toMatchObject({ status: "suspended", state: ["paid"], definition: "order:v2" });
    expect(await info("d")).toMatchObject({ status: "done", state: ["shipped"], definition: "order:v2" });
    await pass(80 * HOUR);
    await call("SM.RESUME", "s");
    await pass(0);
    expect(await call("SM.STATE", "s")).toEqual(["late"]);
  });

  test("migrate() keeps failed steps of a state that goes by another name, and drops those of one that is left", async () => {
    const make = (name: string) => ({
      initial: "a",
      context: { n: 0 },
      states: {
        a: { on: { GO: name } },
        [name]: {
          id: name,
          after: { "1h": { target: "end", actions: [{ assign: { n: "1 / context.n" } }] } },
          on: { X: "a" },
        },
        end: {},
      },
    });
    await define(on.client, "f:v1", make("old"));
    await define(on.client, "f:v2", make("new"));
    for (const key of ["m", "k"]) {
      await call("SM.CREATE", key, "f:v1");
      await call("SM.SEND", key, "GO");
    }
    await pass(HOUR);
    expect(await info("m")).toMatchObject({ status: "failed" });
    await call("SM.MIGRATE", "k", "f:v2", "STATE", "a");
    expect(await info("k")).toMatchObject({ status: "active", failed: 0 });
  });

  test("migrate() replies with the rev when the machine has the definition already, and refuses STATE and CONTEXT then", async () => {
    await define(on.client, "order:v1", V1);
    await call("SM.CREATE", "a", "order:v1");
    expect(await call("SM.MIGRATE", "a", "order:v1")).toBe(1);
    expect(refused(await call("SM.MIGRATE", "a", "order:v1", "STATE", "paid"))).toMatch(
      /^ERR the machine is of order:v1 already/,
    );
    expect(refused(await call("SM.MIGRATE", "b", "order:v1"))).toMatch(/^NOMACHINE/);
    expect(refused(await call("SM.MIGRATE", "a", "order:v9"))).toMatch(/^NODEF/);
  });

  test("migrate() applies deferred events that the new state accepts", async () => {
    await define(on.client, "order:v1", V1);
    await define(on.client, "order:v2", {
      ...V1,
      states: {
        ...V1.states,
        paid: { on: { SHIP: "shipped", NOTE: { actions: [{ assign: { paid: "event.n" } }] } } },
      },
    });
    await call("SM.CREATE", "a", "order:v1");
    await call("SM.SEND", "a", "PAY", '{"amount":1}');
    await call("SM.SEND", "a", "NOTE", '{"n":42}', "ID", "n");
    await call("SM.MIGRATE", "a", "order:v2");
    expect(await context("a")).toEqual({ paid: 42 });
    expect(await outcome("a", "n")).toMatchObject({ code: "OK" });
  });
});
