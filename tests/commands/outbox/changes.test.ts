/** The change streams: each recorded change of a machine is one entry, in order, in the commit of the change. */
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { LastingServer } from "../../support/lasting-server.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { START_MS, VirtualClock } from "../../support/virtual-clock.ts";
import { entriesAt } from "./entries.ts";

const LAMP = {
  initial: "off",
  context: { count: 0 },
  states: {
    off: { on: { PRESS: { target: "on", actions: [{ assign: { count: "context.count + 1" } }] } } },
    on: {
      entry: [{ emit: { event: "lit", data: { times: "context.count" } } }],
      on: { PRESS: "off", BREAK: "broken" },
    },
    broken: { type: "final" },
  },
};

async function lamps(config = {}): Promise<{ server: TestServer; client: TestClient }> {
  const server = await startTestServer({ clock: new VirtualClock(), config });
  onTestFinished(() => server.close());
  const client = await server.client();
  await client.call("SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP));
  return { server, client };
}

test("a change entry has the fields of the history entry, and the emitted events", async () => {
  const { client } = await lamps();
  await client.call("SM.CREATE", "l1", "lamp", "REASON", "new");
  await client.call("SM.SEND", "l1", "PRESS", '{"by":"hand"}', "ID", "e1", "BY", "ann", "REASON", "dark");
  const at = String(START_MS);
  expect(await entriesAt(client, "sm:changes:lamp")).toEqual([
    {
      key: "l1",
      def: "lamp:v1",
      rev: "1",
      kind: "create",
      reason: "new",
      from: "[]",
      to: '["off"]',
      context: '{"count":0}',
      at,
    },
    {
      key: "l1",
      def: "lamp:v1",
      rev: "2",
      kind: "event",
      event: "PRESS",
      id: "e1",
      by: "ann",
      reason: "dark",
      from: '["off"]',
      to: '["on"]',
      data: '{"by":"hand"}',
      context: '{"count":1}',
      at,
    },
    { key: "l1", def: "lamp:v1", rev: "2", kind: "emit", event: "lit", data: '{"times":1}', at },
  ]);
});

test("a refused event and a duplicate add no entry", async () => {
  const { client } = await lamps();
  await client.call("SM.CREATE", "l1", "lamp");
  await client.call("SM.SEND", "l1", "BREAK");
  await client.call("SM.SEND", "l1", "PRESS", "ID", "e1");
  await client.call("SM.SEND", "l1", "PRESS", "ID", "e1");
  const revs = (await entriesAt(client, "sm:changes:lamp")).map(({ rev, kind }) => `${rev} ${kind}`);
  expect(revs).toEqual(["1 create", "2 event", "2 emit"]);
});

test("a stream key of another type gets no entry and blocks no machine", async () => {
  const { client } = await lamps();
  await client.call("SET", "sm:changes:lamp", "mine");
  await client.call("SM.CREATE", "l1", "lamp");
  expect(await client.call("SM.SEND", "l1", "PRESS")).toEqual(["on"]);
  expect(await client.call("GET", "sm:changes:lamp")).toBe("mine");
});

test("changes of map machines are published where sm-changes-inline says so", async () => {
  const { client, server } = await lamps();
  const map = '{"initial":"a","current":"","map":{"a":["b"],"b":[]}}';
  await client.call("SM.SET", "m", map);
  expect(await client.call("EXISTS", "sm:changes")).toBe(0);
  expect(server.context.config.set([["sm-changes-inline", "yes"]])).toEqual({ ok: true });
  await client.call("SM.MUTATE", "m", "b", "why");
  const at = String(START_MS);
  expect(await entriesAt(client, "sm:changes")).toEqual([
    { key: "m", rev: "2", kind: "mutate", reason: "why", from: '["a"]', to: '["b"]', at },
  ]);
});

test("trimming a change stream keeps entries that a group has not acknowledged", async () => {
  const { client } = await lamps({ "sm-changes-maxlen": 10 });
  await client.call("SM.CREATE", "l1", "lamp");
  const press = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await client.call("SM.SEND", "l1", "PRESS");
  };
  await press(200);
  expect(await client.call("XLEN", "sm:changes:lamp")).toBe(10);
  await client.call("XGROUP", "CREATE", "sm:changes:lamp", "g", "$");
  await press(200);
  expect(await client.call("XLEN", "sm:changes:lamp")).toBe(300);
  await client.call("XGROUP", "DESTROY", "sm:changes:lamp", "g");
  await press(1);
  expect(await client.call("XLEN", "sm:changes:lamp")).toBe(10);
});

const OPERATIONS = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b", "c"),
    act: fc.constantFrom("PRESS", "BREAK", "create", "suspend", "resume", "reset", "reopen"),
  }),
  { maxLength: 60 },
);

test("each change adds one entry, in order for each machine, across restarts", async () => {
  await fc.assert(
    fc.asyncProperty(OPERATIONS, async (operations) => {
      const server = new LastingServer({ config: {} });
      let client = await server.open();
      await client.call("SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP));
      for (const { key, act } of operations) {
        server.clock.advance(1);
        if (act === "reopen") client = await server.restart();
        else if (act === "create") await client.call("SM.CREATE", key, "lamp", "NX");
        else if (act === "PRESS" || act === "BREAK") await client.call("SM.SEND", key, act);
        else await client.call(`SM.${act.toUpperCase()}`, key);
      }
      const told = await entriesAt(client, "sm:changes:lamp");
      for (const key of ["a", "b", "c"]) {
        const history = await client.call("SM.HISTORY", key, "-", "+");
        const revs = Array.isArray(history) ? history.map((_entry, i) => String(i + 1)) : [];
        const changes = told.filter((entry) => entry["key"] === key && entry["kind"] !== "emit");
        expect(changes.map(({ rev }) => rev)).toEqual(revs);
        for (const [i, { from }] of changes.entries()) {
          if (i > 0) expect(from).toBe(changes[i - 1]?.["to"]);
        }
      }
      await server.close();
    }),
    { numRuns: 8 },
  );
});
