/** `sm-ingest-stream`: events that the server takes from a stream. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Store } from "../../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import type { Argument, TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { temporaryDirectory } from "../../support/stores.ts";
import { START_MS, VirtualClock } from "../../support/virtual-clock.ts";

const ORDER = {
  initial: "new",
  context: { n: 0 },
  states: {
    new: {
      on: {
        ADD: { guard: "data.n > 0", actions: [{ assign: { n: "context.n + data.n" } }] },
        FAIL: { actions: [{ assign: { n: "context.none" } }] },
        PAY: "paid",
      },
    },
    paid: {},
  },
};

let server: TestServer;
let client: TestClient;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ clock, config: { "sm-ingest-stream": "events" } });
  client = await server.client();
  await define(client, "order", ORDER);
});

afterEach(async () => {
  expect(await client.call("SM.VERIFY")).toEqual([]);
  await server.close();
});

const call = (...args: readonly Argument[]): Promise<Decoded> => client.call(...args);
const add = (...entry: readonly Argument[]) => call("XADD", "events", "*", ...entry);
const entries = async (stream: string) =>
  ((await call("XRANGE", stream, "-", "+")) as [string, string[]][]).map(([, entry]) => fields(entry));
/** The turn in which the server takes events has no request of its own. */
const settled = async (of: TestClient = client) => {
  for (;;) {
    clock.advance(0);
    const [group] = rows(await of.call("XINFO", "GROUPS", "events"));
    const stream = fields(await of.call("XINFO", "STREAM", "events"));
    if (group?.["last-delivered-id"] === stream["last-generated-id"]) return;
  }
};

test("an entry is applied as SM.SEND applies an event", async () => {
  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const data = '{ "n" : 2 }';
  const about = ["id", "e1", "by", "shop", "reason", "sold", "stamp", 5, "trace", trace];
  await add("key", "o:1", "event", "ADD", "data", data, "def", "order", ...about);
  const id = await add("event", "PAY", "key", "o:1");
  await settled();
  const history = rows(await call("SM.HISTORY", "o:1", "-", "+"));
  expect(history).toMatchObject([
    { kind: "create" },
    { kind: "event", event: "ADD", id: "e1", by: "shop", reason: "sold", stamp: 5, trace, data },
    { kind: "event", event: "PAY", id },
  ]);
  expect(rows(await call("XINFO", "GROUPS", "events"))).toMatchObject([
    { name: "detent", pending: 0, "entries-read": 2, lag: 0 },
  ]);
  expect(await call("EXISTS", "sm:dead")).toBe(0);
});

test("entries with the same id are applied once", async () => {
  for (let times = 0; times < 3; times += 1)
    await add("key", "o:1", "event", "ADD", "data", '{"n":2}', "id", "e1", "def", "order");
  await settled();
  expect(await call("SM.CONTEXT", "o:1", "n")).toEqual(["2"]);
  expect(await call("EXISTS", "sm:dead")).toBe(0);
});

test.each<readonly [string, readonly Argument[], string]>([
  ["no machine", ["key", "none", "event", "PAY"], "NOMACHINE "],
  ["no definition", ["key", "none", "event", "PAY", "def", "none"], "NODEF "],
  ["another type", ["key", "text", "event", "PAY"], "WRONGTYPE "],
  ["no key", ["event", "PAY"], "ERR the entry has no key"],
  ["no event", ["key", "o:1"], "ERR the entry has no event"],
  ["no JSON", ["key", "o:1", "event", "PAY", "data", "{"], "ERR the event's data is not JSON"],
  ["no stamp", ["key", "o:1", "event", "PAY", "stamp", "x"], "ERR the stamp must be"],
  ["no text", ["key", "o:1", "event", Buffer.from([0xff])], "ERR the field event is not valid UTF-8"],
  ["other data", ["key", "o:1", "event", "PAY", "id", "used"], "DUPID "],
  ["a refusal", ["key", "o:1", "event", "NONSENSE"], "ILLEGAL "],
  ["a refusal of a new machine", ["key", "new", "event", "NONSENSE", "def", "order"], "ILLEGAL "],
])("%s goes to sm:dead, and later entries are applied", async (_name, entry, reason) => {
  await call("SET", "text", "v");
  await call("SM.CREATE", "o:1", "order");
  await call("SM.SEND", "o:1", "ADD", '{"n":1}', "ID", "used");
  const id = await add(...entry);
  await add("key", "o:1", "event", "ADD", "data", '{"n":5}');
  await settled();
  expect(await entries("sm:dead")).toMatchObject([
    { stream: "events", entry: id, reason: expect.stringContaining(reason), died: String(START_MS) },
  ]);
  expect(await call("SM.CONTEXT", "o:1", "n")).toEqual(["6"]);
  expect(await call("EXISTS", "new")).toBe(0);
});

test("a failed event is kept with its machine, and a refusal is in the history", async () => {
  await call("SM.CREATE", "o:1", "order");
  await add("key", "o:1", "event", "FAIL", "id", "f");
  await add("key", "o:1", "event", "ADD", "data", '{"n":0}');
  await settled();
  expect(fields(await call("SM.INFO", "o:1"))).toMatchObject({ status: "failed", failed: 1 });
  expect((await rows(await call("SM.HISTORY", "o:1", "-", "+"))).map(({ kind }) => kind)).toEqual([
    "create",
    "failed",
    "refused",
  ]);
  expect((await entries("sm:refusals")).map(({ code }) => code)).toEqual(["EXECFAIL", "GUARD"]);
});

test("reading continues at its last position when the stream is configured again", async () => {
  await call("CONFIG", "SET", "sm-ingest-stream", "");
  await call("SM.CREATE", "o:1", "order");
  await add("key", "o:1", "event", "ADD", "data", '{"n":1}');
  await call("PING");
  expect(await call("SM.CONTEXT", "o:1", "n")).toEqual(["0"]);
  await call("CONFIG", "SET", "sm-ingest-stream", "events");
  await settled();
  expect(await call("SM.CONTEXT", "o:1", "n")).toEqual(["1"]);
});

test("reading continues past deleted entries, and after a key of another type", async () => {
  await call("SM.CREATE", "o:1", "order");
  await call("CONFIG", "SET", "sm-ingest-stream", "");
  const id = await add("key", "o:1", "event", "PAY");
  await call("XDEL", "events", String(id));
  await call("CONFIG", "SET", "sm-ingest-stream", "events");
  await add("key", "o:1", "event", "ADD", "data", '{"n":1}');
  await settled();
  expect(await call("SM.CONTEXT", "o:1", "n")).toEqual(["1"]);
  await call("SET", "events", "text");
  clock.advance(0);
  expect(await call("GET", "events")).toBe("text");
});

test("each entry is applied once across restarts, whatever the turns are", async () => {
  const directory = temporaryDirectory();
  const config = { "sm-ingest-stream": "events", appendfsync: "no" } as const;
  let count = 0;
  for (let round = 0; round < 3; round += 1) {
    const durable = await startTestServer({ clock, store: Store.open(directory, OBJECT_TYPES), config });
    const other = await durable.client();
    if (round === 0) await define(other, "order", ORDER);
    const sent = Array.from({ length: 40 }, () =>
      other.call("XADD", "events", "*", "key", "o:1", "event", "ADD", "data", '{"n":1}', "def", "order"),
    );
    count += sent.length;
    await Promise.all(sent);
    await durable.close();
  }
  const durable = await startTestServer({ clock, store: Store.open(directory, OBJECT_TYPES), config });
  const other = await durable.client();
  await settled(other);
  expect(await other.call("SM.CONTEXT", "o:1", "n")).toEqual([String(count)]);
  await durable.close();
});
