/** What a DetentError reads from the text of a refusal, held against the server that writes it. */
import fc from "fast-check";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createClient, type Definition, DetentError } from "../../src/client/client.ts";
import { startTestServer } from "../support/server.ts";

/** The error that a machine of a definition answers an event with. */
async function refusal(definition: Definition, event: string, data?: unknown): Promise<DetentError> {
  const server = await startTestServer();
  const connection = new Redis(server.port);
  onTestFinished(async () => {
    connection.disconnect();
    await server.close();
  });
  const client = createClient(connection);
  await client.define("d", definition);
  await client.create("k", "d");
  const error = await client.send("k", event, data).catch((thrown) => thrown);
  if (!(error instanceof DetentError)) throw new Error(`no refusal: ${JSON.stringify(error)}`);
  return error;
}

const guarded = (...guards: readonly string[]): Definition => ({
  context: { name: "o'Neil; (x = 1), y", list: [1, "a, b"], limit: 5, long: "x".repeat(200) },
  states: { a: { on: { GO: guards.map((guard) => ({ guard, target: "a" })) } } },
});

test("accepted lists the events that ILLEGAL names, the first twenty", async () => {
  const on = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`E${index}`, "a"]));
  const { accepted, guards, values } = await refusal({ states: { a: { on } } }, "OTHER");
  expect(accepted).toEqual(Array.from({ length: 20 }, (_, index) => `E${index}`));
  expect([guards, values]).toEqual([[], {}]);
  expect((await refusal({ states: { a: {} } }, "OTHER")).accepted).toEqual([]);
});

test("guards lists the guards that GUARD names, with the values they read", async () => {
  const { guards, values, code } = await refusal(
    guarded("event.n > context.limit", "context.name == 'is false; (' && event.n == 1"),
    "GO",
    { n: 3 },
  );
  expect(code).toBe("GUARD");
  expect(guards).toEqual([
    {
      guard: "event.n > context.limit",
      otherwise: null,
      error: null,
      values: { "event.n": 3, "context.limit": 5 },
    },
    {
      guard: "context.name == 'is false; (' && event.n == 1",
      otherwise: null,
      error: null,
      values: { "context.name": "o'Neil; (x = 1), y", "event.n": 3 },
    },
  ]);
  expect(values).toEqual({ "event.n": 3, "context.limit": 5, "context.name": "o'Neil; (x = 1), y" });
});

test("guards says why a guard could not be evaluated, and what was missing", async () => {
  const [only] = (await refusal(guarded("event.n > 1"), "GO", {})).guards;
  expect(only).toMatchObject({ guard: "event.n > 1", error: expect.stringContaining("n") });
  expect(Object.hasOwn(only?.values ?? {}, "event.n") ? only?.values["event.n"] : undefined).toBeUndefined();
});

test("guards has the definition's message for a guard, and the word false", async () => {
  const definition: Definition = {
    states: {
      a: { on: { GO: [{ guard: "event.n > 1", otherwise: "too few", target: "a" }, { guard: "false" }] } },
    },
  };
  expect((await refusal(definition, "GO", { n: 0 })).guards).toEqual([
    { guard: "event.n > 1", otherwise: "too few", error: null, values: { "event.n": 0 } },
    { guard: "false", otherwise: null, error: null, values: {} },
  ]);
});

test("guards has the beginning of a long value", async () => {
  const { values } = await refusal(guarded("context.long == 'a'", "context.limit == 1"), "GO");
  expect(values).toEqual({ "context.long": `"${"x".repeat(99)}…`, "context.limit": 5 });
});

test("guards has the invariant that an event would break", async () => {
  const definition: Definition = {
    context: { paid: 0 },
    invariants: [{ name: "paid", expr: "context.paid >= 0" }],
    states: { a: { on: { PAY: { actions: { assign: { paid: "event.n" } } } } } },
  };
  expect((await refusal(definition, "PAY", { n: -1 })).guards).toEqual([
    { guard: "context.paid >= 0", otherwise: "paid", error: null, values: { "context.paid": -1 } },
  ]);
});

test("guards reads any values back as they were", async () => {
  const server = await startTestServer();
  const connection = new Redis(server.port);
  onTestFinished(async () => {
    connection.disconnect();
    await server.close();
  });
  const client = createClient(connection);
  await client.define("d", { states: { a: { on: { GO: { guard: "event.v == event.w", target: "a" } } } } });
  await client.create("k", "d");
  const short = fc.json({ maxDepth: 2 }).filter((text) => text.length < 90 && !text.includes("__proto__"));
  await fc.assert(
    fc.asyncProperty(short, async (text) => {
      const v: unknown = JSON.parse(text);
      const error = await client.send("k", "GO", { v, w: "other than that" }).catch((thrown) => thrown);
      expect(error.values).toEqual({ "event.v": v, "event.w": "other than that" });
    }),
    { numRuns: 200 },
  );
});
