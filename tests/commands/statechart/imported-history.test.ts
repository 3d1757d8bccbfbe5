/** SM.CREATE … HISTORY: machines that have a past elsewhere. */
import { afterEach, describe, expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";
import { START_MS } from "../../support/virtual-clock.ts";

const ORDER = {
  initial: "new",
  context: { n: 0 },
  states: { new: { on: { PAY: "paid" } }, paid: { on: { SHIP: "shipped" } }, shipped: { type: "final" } },
};
const on = servedTests(async (client) => {
  await define(client, "order", ORDER);
});
const { call } = on;
afterEach(async () => {
  expect(await call("SM.VERIFY")).toEqual([]);
});

const PAST = [
  { at: 1000, to: "new", by: "old-system" },
  { at: 2000, to: ["paid"], event: "PAY", by: "ann", reason: "card", data: { sum: 7 } },
];
const create = (history: unknown, ...more: readonly string[]) =>
  call("SM.CREATE", "k", "order", ...more, "HISTORY", JSON.stringify(history));

describe("SM.CREATE with HISTORY", () => {
  test("creates a machine with that history, which continues from there", async () => {
    expect(await create(PAST, "STATE", "paid", "CONTEXT", '{"n":5}')).toBe("OK");
    expect(await call("SM.SEND", "k", "SHIP")).toEqual(["shipped"]);
    expect(rows(await call("SM.HISTORY", "k", "-", "+"))).toMatchObject([
      { rev: 1, at: 1000, kind: "imported", from: [], to: ["new"], by: "old-system" },
      {
        rev: 2,
        at: 2000,
        kind: "imported",
        from: ["new"],
        to: ["paid"],
        event: "PAY",
        reason: "card",
        data: '{"sum":7}',
      },
      { rev: 3, at: START_MS, kind: "create", from: [], to: ["paid"], context: '{"n":5}' },
      { rev: 4, kind: "event", event: "SHIP", from: ["paid"], to: ["shipped"] },
    ]);
    expect(fields(await call("SM.INFO", "k"))).toMatchObject({ rev: 4, created: 1000 });
    expect(await call("XLEN", "sm:changes:order")).toBe(2);
  });

  test("begins where the history ends when no STATE is given", async () => {
    expect(await create(PAST)).toBe("OK");
    expect(await call("SM.STATE", "k")).toEqual(["paid"]);
  });

  test("keeps numbers in its data that no double holds", async () => {
    const data = '{"id":9007199254740993}';
    const history = `[{"at":1,"to":"new","data":${data}}]`;
    expect(await call("SM.CREATE", "k", "order", "HISTORY", history)).toBe("OK");
    expect(rows(await call("SM.HISTORY", "k", "-", "+", "COUNT", 1))).toMatchObject([{ data }]);
    expect(
      rows(await call("SM.HISTORY", "k", "-", "+", "WHERE", "json.encode(data).contains('text')")),
    ).toEqual([]);
    const inexactTime = '[{"at":9007199254740993,"to":"new"}]';
    expect(await call("SM.CREATE", "k", "order", "HISTORY", inexactTime)).toBeInstanceOf(ReplyFailure);
  });

  test("may be empty", async () => {
    expect(await create([], "STATE", "paid")).toBe("OK");
    expect(rows(await call("SM.HISTORY", "k", "-", "+"))).toMatchObject([{ rev: 1, kind: "create" }]);
  });

  test("survives COPY, DUMP and the limit on histories", async () => {
    await create(Array.from({ length: 200 }, (_, i) => ({ at: i, to: i === 199 ? "paid" : "new" })));
    await call("COPY", "k", "c");
    const { bytes } = await on.client.exchange("DUMP", "k");
    await call("RESTORE", "d", 0, bytes.subarray(bytes.indexOf("\r\n") + 2, -2));
    for (const key of ["c", "d"]) expect(rows(await call("SM.HISTORY", key, "-", "+"))).toHaveLength(201);
    await call("CONFIG", "SET", "sm-history-max", 10);
    // A change drops a bounded number of entries.
    await call("SM.SEND", "k", "SHIP");
    expect(rows(await call("SM.HISTORY", "k", "-", "+")).length).toBeLessThan(150);
    await call("CONFIG", "SET", "sm-history-max", 0);
  });

  test("is refused with the place of the fault when the history is invalid, and creates nothing", async () => {
    const fault = async (history: unknown, ...more: readonly string[]) =>
      ((await create(history, ...more)) as ReplyFailure).message;
    expect(await fault({})).toBe(
      'ERR HISTORY must be a list of entries [{"at", "to", …}, …], this is an object',
    );
    expect(await fault([{ at: "x", to: "new" }])).toBe(
      "ERR HISTORY[0].at must be a time in milliseconds since the epoch",
    );
    expect(await fault([{ at: 1 }])).toContain("HISTORY[0].to must name a state");
    expect(await fault([{ at: 1, to: "new", who: "x" }])).toContain('HISTORY[0] has no field "who"');
    expect(
      await fault([
        { at: 2, to: "new" },
        { at: 1, to: "new" },
      ]),
    ).toContain("HISTORY[1].at is before");
    expect(await fault([{ at: 1, to: "new", by: 7 }])).toContain("HISTORY[0].by must be a string");
    expect(await fault(PAST, "STATE", "new")).toBe(
      "ERR HISTORY[1].to is 'paid', and the machine begins in 'new'; the last entry leads to STATE",
    );
    expect(await fault([{ at: 1, to: "nowhere" }])).toContain("NOSTATE");
    expect(await call("SM.CREATE", "k", "order", "HISTORY", "[")).toBeInstanceOf(ReplyFailure);
    expect(await call("EXISTS", "k")).toBe(0);
  });
});
