/** SM.WHY at a rev, under another definition and with what would result; families in SM.WHY, SM.NEXT and SM.PENDING. */
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

let clock: VirtualClock;
let client: TestClient;
const call = (...args: readonly string[]): Promise<Decoded> => client.call(...args);
const why = async (...args: readonly string[]) => fields(await call("SM.WHY", ...args));

beforeEach(async () => {
  clock = new VirtualClock();
  const server = await startTestServer({ clock });
  client = await server.client();
  await define(client, "cart", CART);
  await define(client, "cart:v2", STRICT_CART);
  onTestFinished(() => server.close());
});

const CART = {
  initial: "open",
  context: { sum: 0 },
  states: {
    open: {
      tags: ["buying"],
      on: {
        ADD: { actions: { assign: { sum: "context.sum + event.price" } } },
        PAY: { guard: "context.sum >= 10", target: "paid" },
        LATE: { guard: "now > 0", actions: { assign: { at: "now" } } },
      },
    },
    paid: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
  },
};

/** Knows no way to ship, and asks for more. */
const STRICT_CART = {
  initial: "open",
  context: { sum: 0 },
  states: {
    open: { on: { PAY: { guard: "context.sum >= 100", target: "paid" }, LEAVE: "left" } },
    paid: {},
    left: { type: "final" },
  },
};

describe("SM.WHY", () => {
  beforeEach(async () => {
    await call("SM.CREATE", "c", "cart:v1");
    await call("SM.SEND", "c", "ADD", '{"price":4}');
    await call("SM.SEND", "c", "ADD", '{"price":8}');
  });

  test("returns the context that would result", async () => {
    expect(await why("c", "ADD", '{"price":5}')).toMatchObject({ verdict: "OK", context: '{"sum":17}' });
    expect(await why("c", "ADD", '{"price":[]}')).toMatchObject({ context: '{"sum":12}' });
    expect(await call("SM.CONTEXT", "c")).toBe('{"sum":12}');
    await call("SM.SET", "map", '{"current":"a","map":{"a":["b"],"b":[]},"initial":"a"}');
    expect(await why("map", "b")).toMatchObject({ verdict: "OK", to: ["b"], context: null });
  });

  test("returns with REV what an event would have done then", async () => {
    expect(await why("c", "PAY")).toMatchObject({ verdict: "OK", to: ["paid"], context: '{"sum":12}' });
    expect(await why("c", "PAY", "REV", "2")).toMatchObject({
      verdict: "GUARD",
      message: "event 'PAY' in 'open': context.sum >= 10 is false (context.sum = 4)",
      to: ["open"],
      context: '{"sum":4}',
    });
    expect(await why("c", "ADD", '{"price":1}', "rev", "2")).toMatchObject({ context: '{"sum":5}' });
    await call("SM.SEND", "c", "PAY");
    await call("SM.SEND", "c", "SHIP");
    expect(await why("c", "SHIP")).toMatchObject({ verdict: "DONE", state: ["shipped"] });
    expect(await why("c", "SHIP", "REV", "4")).toMatchObject({ verdict: "OK", to: ["shipped"] });
    expect(await why("c", "SHIP", "REV", "5")).toMatchObject({ verdict: "DONE" });
    expect(await why("c", "ADD", '{"price":1}', "REV", "1")).toMatchObject({
      verdict: "OK",
      context: '{"sum":1}',
    });
    expect(await call("SM.WHY", "c", "ADD", "REV", "6")).toBeNull();
    expect(await call("SM.WHY", "c", "ADD", "REV", "0")).toBeNull();
  });

  test("counts the time with REV from that change", async () => {
    const { at } = rows(await call("SM.HISTORY", "c", "2", "2"))[0] ?? {};
    clock.advance(60_000);
    expect(await why("c", "LATE", "REV", "2")).toMatchObject({ context: JSON.stringify({ sum: 4, at }) });
  });

  test("reports with REV a machine that was suspended then", async () => {
    await call("SM.SUSPEND", "c", "audit");
    await call("SM.RESUME", "c");
    expect(await why("c", "PAY", "REV", "4")).toMatchObject({ verdict: "SUSPENDED" });
    expect(await why("c", "PAY", "REV", "5")).toMatchObject({ verdict: "OK" });
  });

  test("replies nil with REV when the history does not reach back that far", async () => {
    await call("CONFIG", "SET", "sm-history-max", "2");
    for (let count = 0; count < 3; count += 1) await call("SM.SEND", "c", "ADD", '{"price":1}');
    expect(await call("SM.WHY", "c", "PAY", "REV", "2")).toBeNull();
    expect(await why("c", "PAY", "REV", "5")).toMatchObject({ context: '{"sum":14}' });
  });

  test("accepts REV for a map machine", async () => {
    await call("SM.SET", "map", '{"current":"a","map":{"a":["b"],"b":["c"],"c":[]},"initial":"a"}');
    await call("SM.SEND", "map", "b");
    expect(await why("map", "c")).toMatchObject({ verdict: "OK", to: ["c"] });
    expect(await why("map", "c", "REV", "1")).toMatchObject({ verdict: "ILLEGAL", state: ["a"] });
  });

  test("returns with DEF what an event would do under another definition", async () => {
    expect(await why("c", "PAY", "DEF", "cart:v2")).toMatchObject({
      verdict: "GUARD",
      message: "event 'PAY' in 'open': context.sum >= 100 is false (context.sum = 12)",
    });
    expect(await why("c", "LEAVE", "DEF", "cart")).toMatchObject({ verdict: "OK", to: ["left"] });
    expect(await why("c", "PAY", '{"x":1}', "DEF", "cart:v1", "REV", "2")).toMatchObject({
      verdict: "GUARD",
    });
    await call("SM.SEND", "c", "PAY");
    expect(await why("c", "SHIP", "def", "cart:v2")).toMatchObject({ verdict: "ILLEGAL", state: ["paid"] });
    await call("SM.SEND", "c", "SHIP");
    expect(await call("SM.WHY", "c", "LEAVE", "DEF", "cart:v2")).toEqual(
      new ReplyFailure(expect.stringMatching(/^NOSTATE .*'shipped'/) as unknown as string),
    );
    expect(await call("SM.WHY", "c", "LEAVE", "DEF", "none")).toEqual(
      new ReplyFailure(expect.stringMatching(/^NODEF /) as unknown as string),
    );
  });

  test("accepts DEF for a map machine whose states the definition has", async () => {
    await call("SM.SET", "map", '{"current":"open","map":{"open":["paid"],"paid":[]},"initial":"open"}');
    expect(await why("map", "LEAVE", "DEF", "cart:v2")).toMatchObject({ to: ["left"] });
  });

  test("keeps events of joins with DEF, as a migration would", async () => {
    const join = (guard: string) => ({
      initial: "open",
      states: {
        open: { join: [{ all: { a: "ONE", b: { event: "TWO", guard } }, target: "both" }] },
        both: { type: "final" },
      },
    });
    await define(client, "join", join("true"));
    await define(client, "join:v2", join("false"));
    await call("SM.CREATE", "j", "join:v1");
    await call("SM.SEND", "j", "ONE");
    expect(await why("j", "TWO", "DEF", "join:v1")).toMatchObject({ verdict: "OK", to: ["both"] });
    expect(await why("j", "TWO", "DEF", "join:v2")).toMatchObject({ verdict: "GUARD", to: ["open"] });
    expect(await why("j", "ONE", "DEF", "join:v2")).toMatchObject({ verdict: "ILLEGAL" });
  });

  test("uses with REV the definition that the machine had then, as SM.INFO shows it", async () => {
    await call("SM.MIGRATE", "c", "cart:v2");
    expect(await why("c", "ADD", '{"price":1}')).toMatchObject({ verdict: "ILLEGAL" });
    expect(await why("c", "ADD", '{"price":1}', "REV", "3")).toMatchObject({ context: '{"sum":13}' });
    expect(await why("c", "ADD", '{"price":1}', "REV", "4")).toMatchObject({ verdict: "ILLEGAL" });
    expect(fields(await call("SM.INFO", "c", "REV", "3"))).toMatchObject({
      definition: "cart:v1",
      tags: ["buying"],
    });
    expect(fields(await call("SM.INFO", "c", "REV", "4"))).toMatchObject({ definition: "cart:v2", tags: [] });
    await call("SM.DEF", "DEL", "cart:v1");
    expect(fields(await call("SM.INFO", "c", "REV", "3"))).toMatchObject({ definition: "cart:v1", tags: [] });
    expect(await call("SM.WHY", "c", "ADD", '{"price":1}', "REV", "3")).toBeNull();
  });

  test("includes raised events and history states with REV and DEF", async () => {
    await define(client, "radio", RADIO);
    await call("SM.CREATE", "r", "radio");
    for (const event of ["NEXT", "OFF", "ON", "NEXT"]) await call("SM.SEND", "r", event);
    expect(await why("r", "ON", "REV", "3")).toMatchObject({ state: ["off"], to: ["on.second"] });
    expect(await why("r", "TWICE", "REV", "4")).toMatchObject({ verdict: "OK", to: ["off"] });
    expect(await why("r", "BREAK", "REV", "4")).toMatchObject({
      to: ["broken"],
      context: '{"code":"EXECFAIL"}',
    });
    expect(await why("r", "LOOP", "REV", "4")).toMatchObject({ verdict: "EXECFAIL", to: ["on.second"] });
    await define(client, "radio:v2", RADIO);
    await call("SM.SEND", "r", "OFF");
    expect(await why("r", "ON", "DEF", "radio:v2")).toMatchObject({ to: ["on.third"] });
  });

  test("refuses unknown options, and changes nothing", async () => {
    const before = await call("SM.INFO", "c");
    for (const args of [["REV"], ["REV", "x"], ["DEF"], ["{}", "NEW", "1"], ["REV", "1", "REV", "1"]])
      expect(await call("SM.WHY", "c", "PAY", ...args)).toBeInstanceOf(ReplyFailure);
    await why("c", "PAY", "DEF", "cart:v2", "REV", "2");
    expect(await call("SM.INFO", "c")).toEqual(before);
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});

const RADIO = {
  initial: "on",
  context: {},
  states: {
    on: {
      initial: "first",
      states: {
        first: { on: { NEXT: "second" } },
        second: { on: { NEXT: "third" } },
        third: {},
        last: { type: "history" },
      },
      on: {
        OFF: "off",
        TWICE: { actions: { raise: { event: "OFF", delay: 0 } } },
        BREAK: { actions: { raise: { event: "FAIL", delay: 0 } } },
        FAIL: { actions: { assign: { x: "1 / 0" } } },
        LOOP: { actions: { raise: { event: "LOOP", delay: 0 } } },
        "error.execution": { target: "broken", actions: { assign: { code: "event.code" } } },
      },
    },
    off: { on: { ON: "on.last" } },
    broken: {},
  },
};

describe("a parent and its children", () => {
  beforeEach(async () => {
    await define(client, "charge", {
      initial: "asking",
      states: { asking: { on: { PAID: "paid" } }, paid: { type: "final" } },
    });
    await define(client, "order", {
      initial: "new",
      states: {
        new: { on: { PAY: "paying" } },
        paying: {
          invoke: [
            { src: "charge", id: "charge", onDone: "paid" },
            { src: "charge", id: "parts", each: "[1, 2]" },
          ],
          on: { CANCEL: "new", LOOK: {} },
        },
        paid: {},
      },
    });
    await call("SM.CREATE", "o", "order");
  });

  test("are shown by SM.WHY as they would be afterwards", async () => {
    const before = await why("o", "CANCEL");
    expect(before).not.toHaveProperty("children");
    expect(before).not.toHaveProperty("parent");
    const paying = rows((await why("o", "PAY"))["children"] ?? null);
    expect(paying.map(({ id, key, status }) => [id, key, status])).toEqual([
      ["charge", "{o}.charge", "active"],
      ["parts[0]", "{o}.parts[0]", "active"],
      ["parts[1]", "{o}.parts[1]", "active"],
    ]);
    expect(await call("EXISTS", "{o}.charge")).toBe(0);
    await call("SM.SEND", "o", "PAY");
    const cancelled = rows((await why("o", "CANCEL"))["children"] ?? null);
    expect(cancelled.map(({ status }) => status)).toEqual(["stopped", "stopped", "stopped"]);
    expect(await why("{o}.charge", "PAID")).toMatchObject({ parent: "o", to: ["paid"] });
    expect(await why("o", "PAY", "REV", "1")).not.toHaveProperty("children");
  });

  test("are shown by SM.NEXT when an event would stop a child", async () => {
    expect(rows(await call("SM.NEXT", "o"))[0]).not.toHaveProperty("stops");
    await call("SM.SEND", "o", "PAY");
    await call("SM.SEND", "{o}.parts[0]", "PAID");
    const next = rows(await call("SM.NEXT", "o"));
    expect(next.map(({ event, stops }) => [event, stops])).toEqual([
      ["CANCEL", ["{o}.charge", "{o}.parts[1]"]],
      ["LOOK", undefined],
    ]);
  });

  test("are listed by SM.PENDING until they end, and not removed by SM.CANCEL", async () => {
    expect(await call("SM.PENDING", "o")).toEqual([]);
    await call("SM.SEND", "o", "PAY");
    await call("SM.SEND", "{o}.parts[0]", "PAID");
    await call("SM.SUSPEND", "{o}.parts[1]");
    const running = {
      kind: "running",
      due: null,
      data: null,
      error: null,
      place: null,
      definition: "charge:v1",
    };
    expect(rows(await call("SM.PENDING", "o"))).toEqual([
      {
        ...running,
        id: "charge",
        event: "xstate.done.actor.charge",
        key: "{o}.charge",
        state: ["asking"],
        status: "active",
      },
      {
        ...running,
        id: "parts[1]",
        event: "xstate.done.actor.parts",
        key: "{o}.parts[1]",
        state: ["asking"],
        status: "suspended",
      },
    ]);
    expect(await call("SM.CANCEL", "o", "charge")).toBe(0);
    await call("SM.SEND", "o", "CANCEL");
    expect(await call("SM.PENDING", "o")).toEqual([]);
  });

  test("name each other in the history and the change stream", async () => {
    await call("SM.SEND", "o", "PAY");
    await call("SM.SEND", "{o}.charge", "PAID");
    const entries = (await call("XRANGE", "sm:changes:charge", "-", "+")) as [string, Decoded][];
    const told = entries.map(([, entry]) => fields(entry));
    expect(told.map(({ key, kind, event, by }) => [key, kind, event, by])).toEqual([
      ["{o}.charge", "create", undefined, "o"],
      ["{o}.parts[0]", "create", undefined, "o"],
      ["{o}.parts[1]", "create", undefined, "o"],
      ["{o}.charge", "event", "PAID", undefined],
      ["{o}.parts[0]", "child", "xstate.stop", "o"],
      ["{o}.parts[1]", "child", "xstate.stop", "o"],
    ]);
    const parents = (await call("XRANGE", "sm:changes:order", "-", "+")) as [string, Decoded][];
    expect(fields(parents.at(-1)?.[1] ?? null)).toMatchObject({
      key: "o",
      kind: "child",
      event: "xstate.done.actor.charge",
      by: "{o}.charge",
    });
    expect(rows(await call("SM.HISTORY", "{o}.parts[0]", "-", "+")).map(({ by }) => by)).toEqual(["o", "o"]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});
