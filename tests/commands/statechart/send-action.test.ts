/** The action `send` on a par with SM.SEND: def, eventId, expire. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const on = servedTests();
const { call } = on;

afterEach(async () => {
  expect(await call("SM.VERIFY")).toEqual([]);
});

const SENDER = {
  initial: "s",
  context: { lost: [] },
  states: {
    s: {
      on: {
        GO: {
          actions: [
            {
              send: {
                to: "event.to",
                event: "ADD",
                data: { n: "event.n" },
                def: { expr: "event.?def.orValue('counter')" },
                eventId: { expr: "key + '/' + string(event.n)" },
              },
            },
          ],
        },
        LATER: {
          actions: [
            {
              send: {
                to: "event.to",
                event: "ADD",
                data: { n: 1 },
                delay: "10s",
                def: "counter",
                eventId: "later",
                expire: "1m",
              },
            },
          ],
        },
        STALE: {
          actions: [{ send: { to: "'c'", event: "ADD", data: { n: 1 }, delay: "10s", expire: "5s" } }],
        },
        HOLD: { actions: [{ send: { to: "'c'", event: "HELD", expire: "5s", eventId: "held" } }] },
        "error.communication": { actions: [{ assign: { lost: "context.lost + [event.code]" } }] },
      },
    },
  },
};
const COUNTER = {
  initial: "on",
  context: { sum: 0, began: 0 },
  states: {
    on: {
      entry: [{ raise: { event: "BEGAN", delay: 0 } }],
      on: {
        BEGAN: { actions: [{ assign: { began: "1" } }] },
        ADD: {
          guard: "event.n > 0",
          actions: [{ assign: { sum: "context.sum + event.n * context.began" } }],
        },
        OPEN: "open",
      },
      defer: ["HELD"],
    },
    open: { on: { HELD: "held" } },
    held: {},
  },
};

beforeEach(async () => {
  await define(on.client, "sender", SENDER);
  await define(on.client, "counter", COUNTER);
  await call("SM.CREATE", "s", "sender");
});
const go = (data: Record<string, unknown>) => call("SM.SEND", "s", "GO", JSON.stringify(data));
const sum = async (key: string) => (await call("SM.CONTEXT", key, "sum")) as string[] | null;
const lost = async () => ((await call("SM.CONTEXT", "s", "lost")) as string[])[0];
const pass = async (ms: number) => {
  on.clock.advance(ms);
  await call("PING");
};

describe("def", () => {
  test("creates a missing machine and runs its entry before the event", async () => {
    await go({ to: "c", n: 2 });
    expect(await sum("c")).toEqual(["2"]);
    expect(rows(await call("SM.HISTORY", "c", "-", "+"))).toMatchObject([
      { kind: "create", by: "s" },
      { kind: "raise", event: "BEGAN" },
      { kind: "send", event: "ADD", id: "s/2", by: "s" },
    ]);
    await go({ to: "c", n: 3 });
    expect(await sum("c")).toEqual(["5"]);
  });

  test("creates no machine when its event is refused, and the sender is notified", async () => {
    await go({ to: "c", n: -1 });
    expect(await call("EXISTS", "c")).toBe(0);
    expect(await lost()).toBe('["GUARD"]');
    const entries = (await call("XRANGE", "sm:refusals", "-", "+")) as [string, string[]][];
    expect(entries.map(([, entry]) => fields(entry))).toMatchObject([
      { key: "c", event: "ADD", code: "GUARD", id: "s/-1" },
    ]);
  });

  test("fails with NODEF for a missing definition, and with WRONGTYPE for a key of another type", async () => {
    await go({ to: "c", n: 1, def: "none" });
    await call("SET", "text", "x");
    await go({ to: "text", n: 1 });
    expect(await lost()).toBe('["NODEF","WRONGTYPE"]');
  });

  test("is bounded when machines create each other at their entry", async () => {
    await define(on.client, "chain", {
      initial: "s",
      states: { s: { entry: [{ send: { to: "key + 'x'", event: "E", def: "chain" } }], on: { E: {} } } },
    });
    await call("SM.CREATE", "k", "chain");
    expect(await call("SM.COUNT", "DEF", "chain")).toBe(9);
  });
});

describe("eventId", () => {
  test("delivers the same event once and keeps its outcome; another under it is DUPID", async () => {
    await go({ to: "c", n: 2 });
    await go({ to: "c", n: 2 });
    expect(await sum("c")).toEqual(["2"]);
    expect(rows(await call("SM.OUTCOME", "c", "s/2"))).toMatchObject([
      { code: "OK", event: "ADD", by: "s", rev: 3 },
    ]);
    expect(await call("SM.SEND", "c", "ADD", '{"n":2}', "ID", "s/2")).toEqual(["on"]);
    expect(await call("SM.SEND", "c", "ADD", '{"n":9}', "ID", "s/3")).toEqual(["on"]);
    await go({ to: "c", n: 3 });
    expect(await lost()).toBe('["DUPID"]');
    expect(await sum("c")).toEqual(["11"]);
  });

  test("keeps the outcome of a refusal", async () => {
    await call("SM.CREATE", "c", "counter");
    await go({ to: "c", n: -1 });
    expect(rows(await call("SM.OUTCOME", "c", "s/-1"))).toMatchObject([{ code: "GUARD" }]);
    expect(await call("SM.SEND", "c", "ADD", '{"n":-1}', "ID", "s/-1")).toBeInstanceOf(ReplyFailure);
    await go({ to: "c", n: -1 });
    expect(await lost()).toBe('["GUARD"]');
  });
});

describe("with delay", () => {
  test("keeps all options with the event, through COPY and a restart", async () => {
    await call("SM.SEND", "s", "LATER", '{"to":"c"}');
    await call("RENAME", "s", "s2");
    await pass(10_000);
    expect(await sum("c")).toEqual(["1"]);
    expect(rows(await call("SM.OUTCOME", "c", "later"))).toMatchObject([{ code: "OK", by: "s2" }]);
  });
});

describe("expire", () => {
  test("an event that comes too late is refused", async () => {
    await call("SM.CREATE", "c", "counter");
    await call("SM.SEND", "s", "STALE");
    await pass(10_000);
    expect(await sum("c")).toEqual(["0"]);
    expect(await lost()).toBe('["EXPIRED"]');
    expect(rows(await call("SM.HISTORY", "c", "-", "+")).at(-1)).toMatchObject({
      kind: "refused",
      event: "ADD",
    });
  });

  test("applies in the inbox of the receiving machine", async () => {
    await call("SM.CREATE", "c", "counter");
    await call("SM.SEND", "s", "HOLD");
    expect(rows(await call("SM.OUTCOME", "c", "held"))).toMatchObject([{ code: "DEFERRED" }]);
    await pass(6000);
    await call("SM.SEND", "c", "OPEN");
    expect(await call("SM.STATE", "c")).toEqual(["open"]);
    expect(rows(await call("SM.OUTCOME", "c", "held"))).toMatchObject([{ code: "EXPIRED" }]);
  });
});
