/** RESP and HTTP answer alike: the same random commands to two servers with the same time, one by each. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { request } from "../support/http.ts";
import { type Decoded, Push, ReplyFailure } from "../support/resp-decoder.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const DEFINITION = JSON.stringify({
  initial: "a",
  context: { n: 0 },
  states: {
    a: {
      on: {
        GO: { target: "b", guard: "event.x > context.n", actions: [{ assign: { n: "event.x" } }] },
        STAY: {},
      },
    },
    b: { on: { BACK: "a", END: "c" }, after: { "1h": "a" } },
    c: { type: "final", output: "context.n" },
  },
});

const key = fc.constantFrom("k1", "k2", "ü", "");
const word = fc.constantFrom("a", "b", "1", "-1", "9007199254740993", "FULL", "x\ny", "'");
const commands = fc.oneof(
  fc.tuple(fc.constant("SM.CREATE"), key, fc.constant("d")),
  fc.tuple(
    fc.constant("SM.SEND"),
    key,
    fc.constantFrom("GO", "BACK", "END", "STAY", "NO"),
    fc.constantFrom('{"x":1}', '{"x":2}', "{", "null"),
    fc.constantFrom("FULL", "NX"),
  ),
  fc.tuple(fc.constant("SM.SEND"), key, fc.constantFrom("GO", "BACK", "END")),
  fc.tuple(
    fc.constantFrom(
      "SM.INFO",
      "SM.STATE",
      "SM.NEXT",
      "SM.PENDING",
      "GET",
      "TYPE",
      "DEL",
      "SM.GET",
      "INCR",
      "OBJECT",
    ),
    key,
  ),
  fc.tuple(fc.constant("SM.WHY"), key, fc.constantFrom("GO", "END"), fc.constantFrom('{"x":5}', "{}")),
  fc.tuple(fc.constant("SM.HISTORY"), key, fc.constant("-"), fc.constant("+")),
  fc.tuple(
    fc.constantFrom("SM.COUNT", "SM.DEF", "CONFIG", "COMMAND"),
    fc.constantFrom("BY", "LIST", "GET"),
    fc.constantFrom("STATE", "maxclients", "x"),
  ),
  fc.tuple(fc.constantFrom("SET", "APPEND", "XADD", "XRANGE"), key, word, word),
  fc.tuple(fc.constant("XADD"), key, fc.constant("*"), word, word),
  fc.tuple(fc.constant("XRANGE"), key, fc.constant("-"), fc.constant("+")),
  fc.array(word, { minLength: 1, maxLength: 3 }),
);

/** A reply of RESP3 as the values JSON has. */
function plain(reply: Decoded): unknown {
  if (reply instanceof ReplyFailure) return { error: reply.message };
  if (reply instanceof Push) return reply.items.map(plain);
  if (reply instanceof Map)
    return Object.fromEntries(Array.from(reply, ([name, value]) => [String(plain(name)), plain(value)]));
  if (reply instanceof Set) return [...reply].map(plain);
  if (Array.isArray(reply)) return reply.map(plain);
  return typeof reply === "bigint" ? Number(reply) : reply;
}

/** An answer of HTTP, errors written as RESP has them. */
function spelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== "object" || value === null) return value;
  const { error } = value as { error?: { code: string; detail: string } | null };
  if (typeof error === "object" && error !== null)
    return { error: error.detail === "" ? error.code : `${error.code} ${error.detail}` };
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, spelled(one)]));
}

test("commands answer by HTTP what they answer by RESP", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commands, { minLength: 5, maxLength: 25 }), async (requests) => {
      const servers = await Promise.all(
        [1, 2].map(() => startTestServer({ http: true, clock: new VirtualClock() })),
      );
      try {
        const [one, two] = servers;
        if (one === undefined || two === undefined) throw new Error("there are two servers");
        const client = await one.client();
        await client.call("HELLO", "3");
        await client.call("SM.DEF", "CREATE", "d", DEFINITION);
        await request(two.url, "/api/v1/definitions/d", { method: "PUT", body: DEFINITION });
        const byResp: unknown[] = [];
        for (const command of requests) byResp.push(plain(await client.call(...command)));
        const byHttp = await request(two.url, "/api/v1/commands", { method: "POST", body: requests });
        expect(spelled(byHttp.json)).toEqual(byResp);
      } finally {
        for (const server of servers) await server.close();
      }
    }),
    { numRuns: 40, verbose: 1 },
  );
});
