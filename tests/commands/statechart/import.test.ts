/** SM.DEF IMPORT: what is stored, what is refused, what CHECK tells. The languages have tests of their own. */
import { expect, test } from "vitest";
import { fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const { call } = servedTests();

const LAMP = JSON.stringify({
  initial: "off",
  states: { off: { on: { ON: "on" } }, on: { on: { OFF: "off" } } },
});
const CODED = JSON.stringify({
  initial: "a",
  states: { a: { always: [{ cond: "x" }, { cond: "y" }], entry: "ring" } },
});

test("SM.DEF IMPORT stores the translation and replies as SM.DEF CREATE does, also when it is repeated", async () => {
  expect(await call("SM.DEF", "IMPORT", "lamp", "xstate", LAMP)).toBe("lamp:v1");
  expect(await call("SM.DEF", "IMPORT", "lamp:v1", "XState", LAMP)).toBe("lamp:v1");
  expect(await call("SM.DEF", "IMPORT", "lamp:v2", "XSTATE", LAMP)).toBe("lamp:v2");
  expect(await call("SM.DEF", "GET", "lamp")).toBe(LAMP);
  expect(await call("SM.CREATE", "hall", "lamp")).toBe("OK");
  const other = JSON.stringify({ initial: "a", states: { a: {} } });
  expect(await call("SM.DEF", "IMPORT", "lamp", "XSTATE", other)).toEqual({
    message: expect.stringMatching(/^DEFEXISTS /),
  });
});

test("SM.DEF IMPORT takes the version from the document, and refuses a different one in the command", async () => {
  const versioned = JSON.stringify({ ...JSON.parse(LAMP), version: "1.2" });
  expect(await call("SM.DEF", "IMPORT", "desk", "XSTATE", versioned)).toBe("desk:1.2");
  expect(await call("SM.DEF", "IMPORT", "desk:2", "XSTATE", versioned)).toEqual({
    message: expect.stringMatching(/^INVALIDDEF \$\.version: /),
  });
});

test("SM.DEF IMPORT lists each place that does not translate, and stores nothing", async () => {
  const reply = await call("SM.DEF", "IMPORT", "coded", "XSTATE", CODED);
  const message = reply instanceof ReplyFailure ? reply.message : "";
  expect(message).toMatch(
    /^INVALIDDEF \$\.states\.a\.always\[0\]\.cond: .*; \$\.states\.a\.always\[1\]\.cond: /,
  );
  expect(await call("SM.DEF", "LIST", "coded")).toEqual([]);
});

test("SM.DEF IMPORT names twenty places at most, and how many more there are", async () => {
  const always = Array.from({ length: 30 }, (_, index) => ({ guard: `code${index}` }));
  const reply = await call(
    "SM.DEF",
    "IMPORT",
    "coded",
    "XSTATE",
    JSON.stringify({ initial: "a", states: { a: { always } } }),
  );
  expect(reply).toEqual({ message: expect.stringMatching(/code19.*; and 10 more, which CHECK lists$/) });
});

test("SM.DEF IMPORT reports where the translated document is invalid", async () => {
  const text = JSON.stringify({ initial: "a", states: { a: { on: { GO: "nowhere" } } } });
  expect(await call("SM.DEF", "IMPORT", "lost", "XSTATE", text)).toEqual({
    message: expect.stringMatching(/^INVALIDDEF \$\.states\.a\.on\.GO: there is no state 'nowhere'/),
  });
});

test("SM.DEF IMPORT CHECK returns all findings and the document, and stores nothing", async () => {
  const refused = fields(await call("SM.DEF", "IMPORT", "coded", "XSTATE", CODED, "check"));
  expect(refused["document"]).toBe(null);
  expect(rows(refused["findings"] ?? null).map((row) => [row["in"], row["severity"]])).toEqual([
    ["text", "warning"],
    ["text", "error"],
    ["text", "error"],
  ]);
  const dead = JSON.stringify({ initial: "a", states: { a: { on: { GO: "b" } }, b: {} } });
  const taken = fields(await call("SM.DEF", "IMPORT", "dead", "XSTATE", dead, "CHECK"));
  expect(taken["document"]).toBe(dead);
  expect(rows(taken["findings"] ?? null)).toMatchObject([
    { in: "document", severity: "warning", path: "$.states.b" },
  ]);
  expect(await call("SM.DEF", "LIST")).not.toContain("dead:v1");
});

test("SM.DEF IMPORT refuses unknown formats and options, empty names and documents that are too large", async () => {
  expect(await call("SM.DEF", "IMPORT", "a", "UML", LAMP)).toEqual({
    message: expect.stringMatching(/^ERR unknown format; there are XSTATE/),
  });
  expect(await call("SM.DEF", "IMPORT", "a", "XSTATE", LAMP, "STORE")).toEqual({
    message: "ERR syntax error, there is no option 'STORE'; there are CHECK",
  });
  expect(await call("SM.DEF", "IMPORT", "a", "XSTATE", LAMP, "CHECK", "x")).toEqual({
    message: "ERR syntax error, there is no option 'x'; there are CHECK",
  });
  expect(await call("SM.DEF", "IMPORT", "", "XSTATE", LAMP)).toEqual({
    message: expect.stringContaining("needs a name"),
  });
  expect(await call("SM.DEF", "IMPORT", "a", "XSTATE", " ".repeat(1024 * 1024 + 1))).toEqual({
    message: expect.stringContaining("sm-definition-bytes-max"),
  });
});
