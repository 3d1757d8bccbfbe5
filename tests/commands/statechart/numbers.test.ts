/** Numbers in the data of events: the text is kept, what is computed with must be exact. */
import { expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const BIG = "9007199254740993";

const LEDGER = {
  initial: "open",
  context: { id: 0, n: 0 },
  states: {
    open: {
      on: {
        KEEP: { actions: [{ assign: { id: "event.id" } }] },
        KEEP_ALL: { actions: [{ assign: { all: "data" } }] },
        COUNT: { actions: [{ assign: { n: "context.n + event.n" } }] },
        SIZE: { actions: [{ assign: { n: "size(event.items)" } }] },
        FIND: { guard: "event.items.exists(i, i.id == 5)", target: "found" },
        PASS: {
          actions: [
            { emit: { event: "PASSED", data: "data" } },
            { task: "work", input: "data" },
            { send: { to: "'other'", event: "TAKE", data: "data" } },
            { raise: { event: "LATER", data: "data", delay: 1000 } },
          ],
        },
        LATER: { actions: [{ log: "data" }] },
        TAKE: {},
        KEYS: { actions: [{ assign: { n: "size(data.keys())" } }] },
        FIELDS: { actions: [{ assign: { n: "size(event)" } }] },
        ENCODE: { actions: [{ assign: { all: "json.encode(event)" } }] },
        MERGE: { actions: [{ assign: { all: "event.merge({'x': 1})" } }] },
        VALUES: { actions: [{ assign: { all: "data.values()" } }] },
        MAPPED: { actions: [{ assign: { all: "data.map(k, data[k])" } }] },
        REFUSE: { actions: [{ fail: "json.encode(data)" }] },
        DECODE: { actions: [{ assign: { all: "json.decode(event.text)" } }] },
        EACH_ADD: {
          actions: [
            { forEach: { items: "event.items", actions: [{ assign: { n: "context.n + item.n" } }] } },
          ],
        },
        EACH_KEEP: {
          actions: [{ forEach: { items: "event.items", actions: [{ assign: { all: "item" } }] } }],
        },
        EACH_PASS: {
          actions: [
            { forEach: { items: "event.items", as: "it", actions: [{ task: "each", input: "it" }] } },
          ],
        },
        JOIN: "waiting",
      },
    },
    found: {},
    waiting: {
      join: [
        {
          all: { a: "FIRST", b: "SECOND" },
          target: "open",
          actions: [{ task: "joined", input: "events.a.body" }],
        },
        { all: { c: "THIRD", d: "FOURTH" }, target: "open", actions: [{ assign: { n: "events.c.n + 1" } }] },
        { all: { e: "FIFTH", f: "SIXTH" }, target: "open", actions: [{ assign: { all: "events" } }] },
      ],
    },
  },
};

const on = servedTests(async (client) => {
  await define(client, "ledger", LEDGER);
  await client.call("SM.CREATE", "k", "ledger");
  await client.call("SM.CREATE", "other", "ledger");
});
const { call } = on;
const last = async (key: string) => rows(await call("SM.HISTORY", key, "+", "-", "REV", "COUNT", 1))[0];

test("data is kept as the string that was sent", async () => {
  const text = `{ "n" : 1.0, "id": ${BIG} }`;
  await call("SM.SEND", "k", "COUNT", text, "ID", "x");
  expect(await last("k")).toMatchObject({ data: text });
  const entry = (await call("XREVRANGE", "sm:changes:ledger", "+", "-", "COUNT", 1)) as Decoded[];
  expect(JSON.stringify(entry)).toContain(JSON.stringify(text));
  expect(await call("SM.CONTEXT", "k", "n")).toEqual(["1"]);
});

test("the same data under the same id is a duplicate, whatever its spelling, and other data is refused", async () => {
  expect(await call("SM.SEND", "k", "COUNT", `{"n":1,"id":${BIG}}`, "ID", "x")).toEqual(["open"]);
  expect(await call("SM.SEND", "k", "COUNT", ` {"id":${BIG}.0, "n":1e0}`, "ID", "x")).toEqual(["open"]);
  expect(await call("SM.CONTEXT", "k", "n")).toEqual(["1"]);
  const other = await call("SM.SEND", "k", "COUNT", '{"n":1,"id":9007199254740992}', "ID", "x");
  expect(other).toMatchObject({ message: expect.stringMatching(/^DUPID /) });
});

test.each([
  ["KEEP", `{"id":${BIG}}`, `event.id is ${BIG}, which no number here holds exactly: send it as a string`],
  ["KEEP", '{"id":1e400}', "event.id is 1e400, which no number here holds exactly: send it as a string"],
  [
    "KEEP_ALL",
    `{"a":{"b":[${BIG}]}}`,
    `a.b[0] is ${BIG}, which no number here holds exactly: send it as a string`,
  ],
  ["COUNT", `{"n":${BIG}}`, `event.n is ${BIG}, which no number here holds exactly: send it as a string`],
])("an inexact number is refused where %s reads it in %s", async (event, data, why) => {
  const reply = await call("SM.SEND", "k", event, data);
  expect(reply).toMatchObject({ message: expect.stringMatching(/^EXECFAIL /) });
  expect(reply).toMatchObject({ message: expect.stringContaining(why) });
  expect(await call("SM.CONTEXT", "k")).toBe('{"id":0,"n":0}');
});

test.each([
  ["ENCODE", `{"id":${BIG}}`, "event.id"],
  ["MERGE", `{"id":${BIG}}`, "event.id"],
  ["VALUES", `{"a":1,"id":${BIG}}`, "event.id"],
  ["MAPPED", `{"a":1,"id":${BIG}}`, "event.id"],
  ["REFUSE", `{"a":{"b":[${BIG}]}}`, "event.a.b[0]"],
  ["EACH_ADD", `{"items":[{"n":${BIG}}]}`, "item.n"],
  ["EACH_KEEP", `{"items":[${BIG}]}`, "item"],
  ["EACH_PASS", `{"items":[${BIG}]}`, "it"],
])("%s refuses %s, an inexact number that it would read among others", async (event, data, path) => {
  const reply = await call("SM.SEND", "k", event, data);
  expect(reply).toMatchObject({
    message: expect.stringContaining(`: ${path} is ${BIG}, which no number here holds exactly`),
  });
  expect(await call("SM.CONTEXT", "k")).toBe('{"id":0,"n":0}');
});

test("fields are counted whether their numbers are exact or not", async () => {
  expect(await call("SM.SEND", "k", "KEYS", `{"a":1,"id":${BIG}}`)).toEqual(["open"]);
  expect(await call("SM.CONTEXT", "k", "n")).toEqual(["2"]);
  expect(await call("SM.SEND", "k", "FIELDS", `{"a":1,"id":${BIG},"type":"x"}`)).toEqual(["open"]);
  expect(await call("SM.CONTEXT", "k", "n")).toEqual(["3"]);
});

test("json.decode refuses a number that is not exact", async () => {
  const reply = await call("SM.SEND", "k", "DECODE", `{"text":"{\\"a\\":[${BIG}]}"}`);
  expect(reply).toMatchObject({
    message: expect.stringContaining(`a[0] is ${BIG}, which no number here holds exactly`),
  });
  expect(await call("SM.SEND", "k", "DECODE", '{"text":"[1.50]"}')).toEqual(["open"]);
  expect(await call("SM.CONTEXT", "k", "all")).toEqual(["[1.5]"]);
});

test("an inexact number passes through a forEach and a join as it was sent", async () => {
  const item = `{"n":1.50,"id":${BIG}}`;
  expect(await call("SM.SEND", "k", "EACH_PASS", `{"items":[${item}]}`)).toEqual(["open"]);
  const entry = async (stream: string) => JSON.stringify(await call("XRANGE", stream, "-", "+"));
  expect(await entry("sm:tasks:each")).toContain(JSON.stringify(`{"n":1.5,"id":${BIG}}`));
  await call("SM.SEND", "k", "JOIN");
  await call("SM.SEND", "k", "FIRST", `{"body":${item}}`);
  expect(await call("SM.SEND", "k", "SECOND")).toEqual(["open"]);
  expect(await entry("sm:tasks:joined")).toContain(JSON.stringify(`{"n":1.5,"id":${BIG}}`));
});

test.each([
  ["THIRD", "FOURTH", "events.c.n"],
  ["FIFTH", "SIXTH", "e.n"],
])("a join that has kept %s refuses to read an inexact number of it", async (first, second, path) => {
  await call("SM.SEND", "k", "JOIN");
  await call("SM.SEND", "k", first, `{"n":${BIG}}`);
  expect(await call("SM.SEND", "k", second)).toMatchObject({
    message: expect.stringContaining(`: ${path} is ${BIG}, which no number here holds exactly`),
  });
  expect(await call("SM.CONTEXT", "k")).toBe('{"id":0,"n":0}');
});

test("an inexact number is accepted when nothing reads it", async () => {
  expect(await call("SM.SEND", "k", "SIZE", `{"items":[{"id":${BIG}}]}`)).toEqual(["open"]);
  expect(await call("SM.CONTEXT", "k", "n")).toEqual(["1"]);
  const reply = await call("SM.SEND", "k", "FIND", `{"items":[{"id":${BIG}}]}`);
  expect(reply).toMatchObject({ message: expect.stringMatching(/^GUARD .*9007199254740993/) });
});

test("data that is passed on whole keeps its spelling everywhere", async () => {
  const text = `{ "id": ${BIG}, "n": 1.50 }`;
  expect(await call("SM.SEND", "k", "PASS", text)).toEqual(["open"]);
  expect(await last("other")).toMatchObject({ event: "TAKE", data: text });
  const streams = [
    await call("XRANGE", "sm:tasks:work", "-", "+"),
    await call("XRANGE", "sm:changes:ledger", "-", "+"),
  ];
  expect(JSON.stringify(streams).split(JSON.stringify(text))).toHaveLength(5);
  expect(rows(await call("SM.PENDING", "k"))).toMatchObject([{ event: "LATER", data: text }]);
  on.clock.advance(1000);
  await call("PING");
  expect(await last("k")).toMatchObject({ kind: "timer", event: "LATER", data: text });
});

test("a context and a definition with an inexact number are refused with its place", async () => {
  expect(await call("SM.CREATE", "k", "ledger", "CONTEXT", `{"a":[{"b":${BIG}}]}`)).toEqual(
    new ReplyFailure(`ERR CONTEXT is not exact: $.a[0].b is ${BIG}; write it as a string`),
  );
  const definition = `{"initial":"a","context":{"x":${BIG}},"states":{"a":{}}}`;
  expect(await call("SM.DEF", "CREATE", "d", definition)).toEqual(
    new ReplyFailure(`INVALIDDEF $.context.x: the number ${BIG} is not exact: write it as a string`),
  );
});

test("SEQ takes 64-bit numbers exactly", async () => {
  expect(await call("SM.SEND", "k", "TAKE", "SEQ", "s", "9223372036854775806")).toEqual(["open"]);
  expect(await call("SM.SEND", "k", "TAKE", "SEQ", "s", "9223372036854775806")).toEqual(
    new ReplyFailure(
      "STALE source 's' has reached 9223372036854775806; 9223372036854775806 is not beyond it",
    ),
  );
  expect(await call("SM.SEND", "k", "TAKE", "SEQ", "s", "9223372036854775807", "FULL")).toSatisfy(
    (reply: Decoded) => fields(reply)["rev"] === 3,
  );
  expect(await call("SM.SEND", "k", "TAKE", "SEQ", "s", "9223372036854775808")).toEqual(
    new ReplyFailure("ERR value is not an integer or out of range"),
  );
  expect(await call("COPY", "k", "copy")).toBe(1);
  expect(await call("SM.SEND", "copy", "TAKE", "SEQ", "s", "9223372036854775807")).toMatchObject({
    message: expect.stringMatching(/^STALE /),
  });
});
