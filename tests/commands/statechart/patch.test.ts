/** SM.PATCH: the context of a machine changed from outside, as JSON merge patch has it. */
import { expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { fieldsOfEntries } from "../outbox/entries.ts";

const DEFINITION = {
  initial: "new",
  context: { a: 1, deep: { x: 1, y: { z: 2 } }, list: [1, 2] },
  invariants: [{ name: "positive", expr: "context.a >= 0" }],
  states: {
    new: { always: { guard: "context.?ready.orValue(false) == true", target: "ready" }, on: { END: "over" } },
    ready: { on: { END: "over" } },
    over: { type: "final" },
  },
};

async function setUp(): Promise<TestClient> {
  const server = await startTestServer({});
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "d", DEFINITION);
  await client.call("SM.CREATE", "m", "d");
  return client;
}

const contextOf = async (client: TestClient, key = "m") =>
  JSON.parse(String(await client.call("SM.CONTEXT", key)));

/** The examples of RFC 7396, appendix A, whose original is an object. */
test.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("SM.PATCH merges as RFC 7396 does: %j with %j", async (before, document, after) => {
  const client = await setUp();
  await define(client, "plain", { initial: "on", context: before, states: { on: {} } });
  await client.call("SM.CREATE", "p", "plain");
  expect(await client.call("SM.PATCH", "p", JSON.stringify(document))).toBe(2);
  expect(await contextOf(client, "p")).toEqual(after);
  expect(JSON.parse(String(fields(await client.call("SM.INFO", "p", "REV", 2))["context"]))).toEqual(after);
});

test("SM.PATCH is recorded with what changed, who and why", async () => {
  const client = await setUp();
  const document = '{"deep":{"y":{"z":null}},"list":null,"note":null,"amount":19.99}';
  expect(await client.call("SM.PATCH", "m", document, "REASON", "typo", "BY", "ann")).toBe(2);
  const [entry] = rows(await client.call("SM.HISTORY", "m", "2", "2"));
  expect(entry).toMatchObject({ kind: "patch", by: "ann", reason: "typo", data: document, from: ["new"] });
  expect(JSON.parse(String(entry?.["context"]))).toEqual({ "deep.y.z": null, list: null, amount: 19.99 });
  expect(entry?.["gone"]).toEqual(["deep.y.z", "list"]);
  const [change] = fieldsOfEntries(await client.call("XREVRANGE", "sm:changes:d", "+", "-", "COUNT", "1"));
  expect(change).toMatchObject({ kind: "patch", gone: '["deep.y.z","list"]', by: "ann" });
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("SM.HISTORY and SM.INFO REV distinguish a removed field from one that is null", async () => {
  const client = await setUp();
  await client.call("SM.PATCH", "m", '{"list":null}');
  await define(client, "n", {
    initial: "on",
    context: { a: 1 },
    states: { on: { on: { NULL: { actions: [{ assign: { a: "null" } }] } } } },
  });
  await client.call("SM.CREATE", "n", "n");
  await client.call("SM.SEND", "n", "NULL");
  await client.call("SM.SEND", "n", "NULL");
  await client.call("SM.PATCH", "m", '{"b":1}');
  const context = async (key: string) =>
    JSON.parse(String(fields(await client.call("SM.INFO", key, "REV", 2))["context"]));
  expect(await context("m")).toEqual({ a: 1, deep: { x: 1, y: { z: 2 } } });
  expect(await context("n")).toEqual({ a: null });
});

test("SM.PATCH is followed by the automatic transitions that it enables, in the same change", async () => {
  const client = await setUp();
  expect(await client.call("SM.PATCH", "m", '{"ready":true}')).toBe(2);
  expect(await client.call("SM.STATE", "m")).toEqual(["ready"]);
});

test("SM.PATCH works on machines that are suspended or done, and leaves them so", async () => {
  const client = await setUp();
  await client.call("SM.SUSPEND", "m");
  expect(await client.call("SM.PATCH", "m", '{"ready":true}')).toBe(3);
  expect(fields(await client.call("SM.INFO", "m"))).toMatchObject({ status: "suspended", state: ["new"] });
  await client.call("SM.RESUME", "m");
  await client.call("SM.SEND", "m", "END");
  expect(await client.call("SM.PATCH", "m", '{"a":5}')).toBe(6);
  expect(fields(await client.call("SM.INFO", "m"))).toMatchObject({ status: "done" });
  expect((await contextOf(client)).a).toBe(5);
  expect(await client.call("SM.UNDO", "m")).toBe(7);
  expect((await contextOf(client)).a).toBe(1);
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("SM.PATCH refuses a value that is not a patch, and a patch that an invariant forbids, and changes nothing", async () => {
  const client = await setUp();
  const refusal = async (...args: readonly (string | number)[]) => {
    const reply = await client.call("SM.PATCH", ...args);
    return reply instanceof ReplyFailure ? reply.message : reply;
  };
  expect(await refusal("m", '{"a":-1}')).toBe("INVARIANT positive: context.a >= 0 (context.a = -1)");
  expect(await refusal("m", "[1]")).toBe("ERR the patch must be a JSON object");
  expect(await refusal("m", "{")).toMatch(/^ERR the patch is not JSON/);
  expect(await refusal("m", '{"n":{"id":9007199254740993}}')).toBe(
    "ERR the patch is not exact: $.n.id is 9007199254740993; write it as a string",
  );
  expect(await refusal("nobody", "{}")).toBe("NOMACHINE there is no machine at 'nobody'");
  expect(await refusal("m", "{}", "IFREV", 7)).toBe(null);
  await client.call("CONFIG", "SET", "sm-context-bytes-max", "1024");
  expect(await refusal("m", `{"b":"${"x".repeat(980)}"}`)).toMatch(
    /^EXECFAIL the context would take \d+ bytes/,
  );
  await client.call("SM.CREATE", "map");
  expect(await refusal("map", "{}")).toBe("ERR a map machine has no context");
  expect(fields(await client.call("SM.INFO", "m"))).toMatchObject({ rev: 1 });
});
