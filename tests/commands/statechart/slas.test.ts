/** `sla`: how long a machine may be in a state, and which machines have been there for longer. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";
import { START_MS } from "../../support/virtual-clock.ts";

const on = servedTests();
const { call } = on;

const ORDER = {
  initial: "paid",
  context: { limit: "1h" },
  states: {
    paid: { sla: "2h", on: { SHIP: "shipped", AGAIN: { target: "paid", reenter: true }, NOTE: {} } },
    shipped: {
      sla: "context.limit",
      initial: "road",
      states: { road: { on: { NEXT: "customs" } }, customs: { sla: "30m" } },
      on: { END: "end" },
    },
    end: { type: "final" },
  },
};
const HOUR = 3_600_000;

const pass = async (ms: number) => {
  on.clock.advance(ms);
  await call("PING");
};
const overdue = async (...options: readonly (string | number)[]) => {
  const reply = await call("SM.OVERDUE", "0", ...options);
  const [cursor, page] = reply as readonly [string, readonly (readonly [string, readonly string[]])[]];
  expect(cursor).toBe("0");
  return page.map(([key, row]) => ({ key, ...fields(row as string[]) }));
};
const info = async (key: string) => fields(await call("SM.INFO", key));

beforeEach(async () => {
  await define(on.client, "order", ORDER);
  await call("SM.CREATE", "a", "order");
});
afterEach(async () => {
  expect(await call("SM.VERIFY")).toEqual([]);
});

describe("a state that lasts longer than its sla", () => {
  test("makes the machine overdue: it is reported once and listed by SM.OVERDUE, and its rev stays", async () => {
    await pass(2 * HOUR - 1);
    expect(await overdue()).toEqual([]);
    await pass(1);
    await pass(HOUR);
    expect(await overdue()).toEqual([
      { key: "a", state: "paid", since: START_MS, sla: 2 * HOUR, overdueMs: HOUR, definition: "order:v1" },
    ]);
    expect(await info("a")).toMatchObject({
      rev: 1,
      timers: 0,
      pending: 0,
      overdue: ["paid"],
      status: "active",
    });
    expect(await call("SM.PENDING", "a")).toEqual([]);
    expect(rows(await call("SM.HISTORY", "a", "-", "+"))).toHaveLength(1);
    const entries = (await call("XRANGE", "sm:changes:order", "-", "+")) as [string, string[]][];
    expect(entries.map(([, entry]) => fields(entry)["kind"])).toEqual(["create", "overdue"]);
    expect(fields(entries[1]?.[1] ?? [])).toEqual({
      key: "a",
      def: "order:v1",
      rev: "1",
      kind: "overdue",
      from: '["paid"]',
      to: '["paid"]',
      state: "paid",
      since: String(START_MS),
      sla: String(2 * HOUR),
      at: String(START_MS + 2 * HOUR),
    });
    expect(String(await call("INFO", "statemachine"))).toContain(
      "machines_overdue:1\r\nmachines_overdue_ms:3600000",
    );
  });

  test("is cleared when it is left, and counts again when it is entered again", async () => {
    await pass(2 * HOUR);
    await call("SM.SEND", "a", "NOTE");
    expect(await overdue()).toHaveLength(1);
    await call("SM.SEND", "a", "AGAIN");
    expect(await overdue()).toEqual([]);
    await pass(2 * HOUR);
    expect(await overdue()).toMatchObject([{ since: START_MS + 2 * HOUR }]);
    await call("SM.SEND", "a", "SHIP");
    expect(await overdue()).toEqual([]);
  });

  test("can be an outer state with a computed sla above another one; the longest overdue is first", async () => {
    await call("SM.CREATE", "b", "order");
    await call("SM.SEND", "b", "SHIP");
    await call("SM.SEND", "b", "NEXT");
    await pass(3 * HOUR);
    expect(await overdue()).toMatchObject([
      { key: "b", state: "shipped.customs", overdueMs: 2.5 * HOUR },
      { key: "b", state: "shipped", overdueMs: 2 * HOUR },
      { key: "a", state: "paid", overdueMs: HOUR },
    ]);
    const [cursor, page] = (await call("SM.OVERDUE", "0", "COUNT", 2)) as [string, unknown[]];
    expect(page).toHaveLength(2);
    const [end, rest] = (await call("SM.OVERDUE", cursor, "COUNT", 2)) as [string, [string][]];
    expect([end, rest.map(([key]) => key)]).toEqual(["0", ["a"]]);
    await call("SM.SEND", "b", "END");
    expect(await overdue()).toMatchObject([{ key: "a" }]);
  });

  test("counts during suspension, and not after SM.RESET, DEL or overwriting", async () => {
    await call("SM.SUSPEND", "a");
    await pass(3 * HOUR);
    expect(await overdue()).toHaveLength(1);
    await call("SM.RESUME", "a");
    await call("SM.RESET", "a");
    expect(await overdue()).toEqual([]);
    await pass(3 * HOUR);
    await call("SM.CREATE", "a", "order");
    expect(await overdue()).toEqual([]);
    await pass(3 * HOUR);
    await call("DEL", "a");
    expect(await overdue()).toEqual([]);
  });

  test("is carried over by COPY, RENAME, MOVE and DUMP, overdue or not yet", async () => {
    await call("COPY", "a", "young");
    await pass(3 * HOUR);
    await call("COPY", "a", "old");
    await call("RENAME", "a", "r");
    const { bytes } = await on.client.exchange("DUMP", "r");
    await call("RESTORE", "d", 0, bytes.subarray(bytes.indexOf("\r\n") + 2, -2));
    expect((await overdue()).map(({ key }) => key).sort()).toEqual(["d", "old", "r", "young"]);
    await call("MOVE", "r", 1);
    expect(await overdue()).toHaveLength(3);
    await call("SELECT", 1);
    expect(await overdue()).toMatchObject([{ key: "r" }]);
    await call("DEL", "r");
    expect(await overdue()).toEqual([]);
    await call("SELECT", 0);
  });

  test("does not count in a child that was stopped", async () => {
    await define(on.client, "parent", {
      initial: "s",
      states: { s: { invoke: { src: "order", id: "o" }, on: { END: "t" } }, t: {} },
    });
    await call("SM.CREATE", "p", "parent");
    await call("DEL", "a");
    await pass(3 * HOUR);
    expect(await overdue()).toMatchObject([{ key: "{p}.o" }]);
    await call("SM.SEND", "p", "END");
    expect(await overdue()).toEqual([]);
  });

  test("is filtered by a definition, which must exist", async () => {
    await define(on.client, "other", { initial: "s", states: { s: { sla: 5 } } });
    await call("SM.CREATE", "o", "other");
    await pass(3 * HOUR);
    expect(await overdue("DEF", "other")).toMatchObject([{ key: "o", sla: 5 }]);
    expect(await overdue("DEF", "order:v1")).toMatchObject([{ key: "a" }]);
    expect(await call("SM.OVERDUE", "0", "DEF", "none")).toBeInstanceOf(ReplyFailure);
    expect(await call("SM.OVERDUE", "x!")).toBeInstanceOf(ReplyFailure);
    expect(await call("SM.OVERDUE", "0", "COUNT", 0)).toBeInstanceOf(ReplyFailure);
  });

  test("is refused in a definition when the sla is not a duration, or the state is final", async () => {
    const define = (state: unknown) =>
      call("SM.DEF", "CREATE", "x", JSON.stringify({ initial: "s", states: { s: state } }));
    expect(String(((await define({ sla: "soon" })) as ReplyFailure).message)).toContain("$.states.s.sla");
    expect(String(((await define({ sla: "1h", type: "final" })) as ReplyFailure).message)).toContain('"sla"');
  });
});
