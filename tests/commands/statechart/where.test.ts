/** WHERE and WITHINFO of SM.SCAN, WHERE of SM.HISTORY. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Argument } from "../../support/client.ts";
import { define, fields, rows, scanAll } from "../../support/machines.ts";
import type { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const COUNTER = {
  initial: "on",
  context: { n: 0 },
  states: {
    on: {
      initial: "low",
      on: { ADD: { actions: [{ assign: { n: "context.n + event.n" } }, { log: "context.n" }] }, END: "end" },
      states: { low: { on: { UP: "high" } }, high: {} },
    },
    end: { type: "final", output: "{'sum': context.n}" },
  },
};

const on = servedTests(async (client) => {
  await define(client, "counter", COUNTER);
});
const { call } = on;

const add = (key: string, n: number, ...more: readonly Argument[]) =>
  call("SM.SEND", key, "ADD", JSON.stringify({ n }), ...more);

beforeEach(async () => {
  for (const [key, n] of [
    ["a", 1],
    ["b", 20],
    ["c", 300],
  ] as const) {
    await call("SM.CREATE", key, "counter");
    await add(key, n);
    on.clock.advance(1000);
  }
  await call("SM.SEND", "b", "UP");
  await call("SM.CREATE", "plain");
});

describe("SM.SCAN", () => {
  const scan = async (where: string) => (await scanAll(on.client, "WHERE", where)).sort();

  test("WHERE selects by context, states, status, rev, times and key", async () => {
    expect(await scan("context.n > 10")).toEqual(["b", "c"]);
    expect(await scan("'on.high' in state && 'on' in state")).toEqual(["b"]);
    expect(await scan("rev == 3 || key == 'a'")).toEqual(["a", "b"]);
    expect(await scan("now - created > duration('1500ms') || updated < created")).toEqual(["a", "b"]);
    await call("SM.SUSPEND", "a");
    expect(await scan("status == 'suspended'")).toEqual(["a"]);
  });

  test("WHERE is false where it has no value, and refused where it is not a condition", async () => {
    expect(await scan("context.missing > 1")).toEqual([]);
    const refused = async (where: string) => (await call("SM.SCAN", "0", "WHERE", where)) as ReplyFailure;
    expect((await refused("context.n >")).message).toMatch(/^ERR WHERE: /);
    expect((await refused("nonsense == 1")).message).toContain("nonsense");
    expect((await refused("'text'")).message).toBe("ERR WHERE must be true or false, this is of type string");
  });

  test("COUNT bounds what WHERE looks at, with other filters beside it", async () => {
    const [cursor, page] = (await call(
      "SM.SCAN",
      "0",
      "DEF",
      "counter",
      "WHERE",
      "context.n > 100",
      "COUNT",
      2,
    )) as [string, string[]];
    expect(page).toEqual([]);
    expect(cursor).not.toBe("0");
    expect(await scanAll(on.client, "STATE", "on.low", "WHERE", "context.n > 1", "COUNT", "1")).toEqual([
      "c",
    ]);
  });

  test("ends a page early when expressions have used up the budget of a request", async () => {
    await call(
      "SM.CREATE",
      "big",
      "counter",
      "CONTEXT",
      JSON.stringify({ list: Array.from({ length: 3000 }, (_, i) => i) }),
    );
    for (let i = 0; i < 12; i += 1) await call("COPY", "big", `big${i}`);
    const where = "has(context.list) && context.list.all(x, context.list.exists(y, y == x))";
    const [cursor] = (await call("SM.SCAN", "0", "DEF", "counter", "WHERE", where, "COUNT", 100)) as [string];
    expect(cursor).not.toBe("0");
    // Each of them takes more than one expression may: false, and the walk comes to its end.
    expect(await scanAll(on.client, "DEF", "counter", "WHERE", where, "COUNT", "100")).toEqual([]);
  });

  test("WITHINFO returns for each machine what SM.INFO returns", async () => {
    const [, page] = (await call("SM.SCAN", "0", "WITHINFO", "COUNT", 100)) as [string, [string, string[]][]];
    expect(page.map(([key]) => key).sort()).toEqual(["a", "b", "c", "plain"]);
    for (const [key, info] of page) expect(info).toEqual(await call("SM.INFO", key));
  });
});

describe("SM.HISTORY", () => {
  const revs = async (where: string, ...more: readonly Argument[]) =>
    rows(await call("SM.HISTORY", "a", "-", "+", "WHERE", where, ...more)).map(({ rev }) => rev);

  beforeEach(async () => {
    await add("a", 5, "BY", "ann", "ID", "x");
    await add("a", 7, "BY", "bob");
    await call("SM.SEND", "a", "END");
  });

  test("WHERE selects by the fields of an entry", async () => {
    expect(await revs("by == 'ann'")).toEqual([3]);
    expect(await revs("event == 'ADD' && data.n > 4")).toEqual([3, 4]);
    expect(await revs("kind == 'create'")).toEqual([1]);
    expect(await revs("context.n >= 6 && log[0] >= 6")).toEqual([3, 4]);
    expect(await revs("'end' in to && output.sum == 13")).toEqual([5]);
    expect(await revs("id == 'x' || event == 'END'", "REV")).toEqual([5, 3]);
    expect(await revs("event == 'ADD'", "COUNT", 2)).toEqual([2, 3]);
    expect(await revs("at < now - 1000 && rev > 1")).toEqual([2]);
  });

  test("says where to continue when it has not examined every entry", async () => {
    await define(on.client, "tick", { initial: "s", states: { s: { on: { T: {} } } } });
    await call("SM.CREATE", "t", "tick");
    await call("CONFIG", "SET", "sm-history-max", 0);
    await Promise.all(Array.from({ length: 10_500 }, () => call("SM.SEND", "t", "T")));
    const reply = rows(await call("SM.HISTORY", "t", "-", "+", "WHERE", "rev % 5000 == 0"));
    expect(reply).toMatchObject([{ rev: 5000 }, { rev: 10_000 }, { kind: "more", rev: 10_001 }]);
    expect(fields(await call("SM.INFO", "t"))["rev"]).toBe(10_501);
  });
});
