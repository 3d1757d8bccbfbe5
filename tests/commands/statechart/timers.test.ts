/** Timers and scheduled events: once, in order, after downtime too, and many at once without shutting others out. */
import { expect, onTestFinished, test } from "vitest";
import { Store } from "../../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import type { TestClient } from "../../support/client.ts";
import { failingStore } from "../../support/failing-store.ts";
import { LastingServer } from "../../support/lasting-server.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

/** Writes down who has sent it LOG, in order. */
const RECORDER = {
  initial: "on",
  context: { log: [] },
  states: { on: { on: { LOG: { actions: [{ assign: { log: "context.log + [event.who]" } }] } } } },
};

/** Tells the recorder when its time is over; `delay` in its context, in milliseconds. */
const TIMED = {
  initial: "waiting",
  context: { delay: 1000 },
  states: {
    waiting: { after: { "context.delay": "over" } },
    over: { entry: [{ send: { to: "'recorder'", event: "LOG", data: { who: "key" } } }] },
  },
};

/** A server that can be ended and started again; the clock runs on. */
function restartable() {
  const server = new LastingServer();
  onTestFinished(() => server.close());
  return { clock: server.clock, open: () => server.open(), close: () => server.close() };
}

async function setUp(client: TestClient): Promise<void> {
  await define(client, "recorder", RECORDER);
  await define(client, "timed", TIMED);
  await client.call("SM.CREATE", "recorder", "recorder");
}

async function logged(client: TestClient): Promise<unknown> {
  return JSON.parse(String(await client.call("SM.CONTEXT", "recorder"))).log;
}

function create(client: TestClient, key: string, delay: number, ...options: readonly string[]) {
  return client.call("SM.CREATE", key, "timed", "CONTEXT", JSON.stringify({ delay }), ...options);
}

test("a timer whose commit failed fires when the store accepts commits again", async () => {
  const clock = new VirtualClock();
  const failing = failingStore();
  const server = await startTestServer({ clock, store: Store.over(failing.store, OBJECT_TYPES) });
  onTestFinished(() => server.close());
  const client = await server.client();
  await setUp(client);
  await create(client, "m", 1000);
  await client.call("SET", "k", "v", "PX", "1000");
  failing.fail(1);
  clock.advance(1000);
  expect(await client.call("SM.STATE", "m")).toEqual(["waiting"]);
  clock.advance(1000);
  expect(await client.call("SM.STATE", "m")).toEqual(["over"]);
  expect(await logged(client)).toEqual(["m"]);
  expect(fields(await client.call("SM.INFO", "m"))["rev"]).toBe(2);
  // The machine, the recorder and the change streams of both; what has expired is gone.
  expect(await client.call("DBSIZE")).toBe(4);
});

test("a timer fires once across restarts, before, at and after its time", async () => {
  const { clock, open, close } = restartable();
  let client = await open();
  await setUp(client);
  await create(client, "a", 10_000);
  for (const ms of [4000, 5999]) {
    await close();
    clock.jump(ms);
    client = await open();
    expect(await logged(client)).toEqual([]);
  }
  clock.jump(1);
  expect(await logged(client)).toEqual(["a"]);
  await close();
  clock.jump(60_000);
  client = await open();
  expect(await logged(client)).toEqual(["a"]);
  expect(rows(await client.call("SM.HISTORY", "a", "-", "+")).map((row) => row["kind"])).toEqual([
    "create",
    "timer",
  ]);
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("timers and scheduled events fire in order of their due times after downtime", async () => {
  const { clock, open, close } = restartable();
  let client = await open();
  await setUp(client);
  await create(client, "late", 3000);
  await create(client, "early", 1000);
  await client.call("SM.SEND", "recorder", "LOG", '{"who":"event"}', "DELAY", 2000);
  await create(client, "never", 3_600_000);
  await close();
  clock.jump(60_000);
  client = await open();
  expect(await logged(client)).toEqual(["early", "event", "late"]);
  expect(await client.call("SM.COUNT", "STATE", "waiting")).toBe(1);
});

test("timers and events of the same due time fire in the order of their creation", async () => {
  const { clock, open } = restartable();
  const client = await open();
  await setUp(client);
  const dueMs = clock.now() + 5000;
  for (const who of ["c", "a", "b"]) {
    await client.call("SM.SEND", "recorder", "LOG", JSON.stringify({ who }), "AT", dueMs);
  }
  await define(client, "two", {
    initial: "on",
    states: {
      on: {
        entry: [{ raise: { event: "TWO", delay: 7000 } }, { raise: { event: "ONE", delay: 7000 } }],
        on: {
          "*": { actions: [{ send: { to: "'recorder'", event: "LOG", data: { who: "event.type" } } }] },
        },
      },
    },
  });
  await client.call("SM.CREATE", "t", "two");
  for (const key of ["z", "y"]) await create(client, key, 9000);
  clock.jump(10_000);
  expect(await logged(client)).toEqual(["c", "a", "b", "TWO", "ONE", "z", "y"]);
});

test("a key that expires before its timer, or with it, removes the timer", async () => {
  const { clock, open, close } = restartable();
  let client = await open();
  await setUp(client);
  await create(client, "gone", 5000, "PX", "4000");
  await create(client, "last", 5000, "PX", "6000");
  await create(client, "together", 5000, "PX", "5000");
  await close();
  clock.jump(60_000);
  client = await open();
  expect(await logged(client)).toEqual(["last"]);
  expect(await client.call("EXISTS", "gone", "last", "together")).toBe(0);
  expect(await client.call("SM.COUNT", "DEF", "timed")).toBe(0);
});

test("a timer that triggers a refusal elsewhere is removed nevertheless", async () => {
  const { clock, open } = restartable();
  const client = await open();
  await define(client, "timed", TIMED);
  await create(client, "a", 1000);
  clock.jump(1000);
  expect(await client.call("SM.STATE", "a")).toEqual(["over"]);
  expect(await client.call("SM.PENDING", "a")).toEqual([]);
});

test("a timer whose event is deferred waits in the inbox, and one that no state accepts leaves no trace", async () => {
  const { clock, open } = restartable();
  const client = await open();
  await define(client, "waiter", {
    initial: "busy",
    states: {
      busy: {
        entry: [{ raise: { event: "LATER", delay: 1000 } }, { raise: { event: "NONSENSE", delay: 1000 } }],
        defer: ["LATER"],
        on: { REST: "idle" },
      },
      idle: { on: { LATER: "done" } },
      done: {},
    },
  });
  await client.call("SM.CREATE", "w", "waiter");
  clock.jump(1000);
  expect(rows(await client.call("SM.PENDING", "w"))).toMatchObject([{ kind: "deferred", event: "LATER" }]);
  expect(fields(await client.call("SM.INFO", "w"))).toMatchObject({ rev: 1, timers: 0, pending: 1 });
  expect(await client.call("SM.SEND", "w", "REST")).toEqual(["done"]);
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("timers of a suspended machine wait until SM.RESUME, across a restart too", async () => {
  const { clock, open, close } = restartable();
  let client = await open();
  await setUp(client);
  await create(client, "a", 1000);
  await client.call("SM.SEND", "recorder", "LOG", '{"who":"event"}', "DELAY", 500);
  expect(await client.call("SM.SUSPEND", "a", "audit")).toBe(1);
  expect(await client.call("SM.SUSPEND", "recorder")).toBe(1);
  await close();
  clock.jump(60_000);
  client = await open();
  expect(await client.call("SM.STATE", "a")).toEqual(["waiting"]);
  expect(rows(await client.call("SM.PENDING", "a"))).toHaveLength(1);
  expect(await client.call("SM.RESUME", "recorder")).toBe(1);
  expect(await client.call("SM.RESUME", "a")).toBe(1);
  expect(await client.call("SM.RESUME", "a")).toBe(0);
  clock.jump(0);
  expect(await client.call("SM.STATE", "a")).toEqual(["over"]);
  expect(await logged(client)).toEqual(["event", "a"]);
  expect(await client.call("SM.VERIFY")).toEqual([]);
});

test("a scheduled event keeps its conditions and its time to live until it is due", async () => {
  const { clock, open } = restartable();
  const client = await open();
  await setUp(client);
  const send = (id: string, ...options: readonly (string | number)[]) =>
    client.call("SM.SEND", "recorder", "LOG", '{"who":"x"}', "ID", id, "DELAY", 1000, ...options);
  await send("unmet", "IFREV", 99);
  await send("state", "IFSTATE", "off");
  await send("expired", "EXPIRE", 500);
  await send("in time", "EXPIRE", 1000);
  await send("met", "IFSTATE", "on");
  await send("cancelled");
  expect(await client.call("SM.CANCEL", "recorder", "cancelled", "unknown")).toBe(1);
  clock.jump(1000);
  const codes = [];
  for (const id of ["unmet", "state", "expired", "in time", "met", "cancelled"]) {
    const reply = await client.call("SM.OUTCOME", "recorder", id);
    codes.push(fields(Array.isArray(reply) ? reply[0] : null)["code"]);
  }
  expect(codes).toEqual(["UNMET", "UNMET", "EXPIRED", "OK", "OK", "CANCELLED"]);
  expect(await logged(client)).toEqual(["x", "x"]);
});

test("a scheduled event that causes an error stores its outcome and a failed step", async () => {
  const { clock, open } = restartable();
  const client = await open();
  await define(client, "loop", {
    initial: "on",
    context: { n: 0 },
    states: {
      on: {
        on: {
          GO: { actions: [{ assign: { n: "context.n + 1" } }, { send: { to: "key", event: "GO" } }] },
        },
      },
    },
  });
  await client.call("SM.CREATE", "m", "loop");
  await client.call("SM.SEND", "m", "GO", "ID", "later", "DELAY", 100);
  const now = await client.call("SM.SEND", "m", "GO", "ID", "now");
  expect(now).toMatchObject({ message: expect.stringMatching(/^EXECFAIL /) });
  expect(await client.call("SM.SEND", "m", "GO", "ID", "now")).toEqual(now);
  expect(fields(await client.call("SM.WHY", "m", "GO"))["verdict"]).toBe("EXECFAIL");
  clock.jump(100);
  expect(await client.call("SM.CONTEXT", "m")).toBe('{"n":0}');
  const reply = await client.call("SM.OUTCOME", "m", "later", "now");
  const [later, first] = rows(reply);
  expect([later?.["code"], first?.["code"]]).toEqual(["EXECFAIL", "EXECFAIL"]);
  expect(later?.["details"]).toEqual(first?.["details"]);
  expect(now instanceof ReplyFailure && now.message).toBe(`EXECFAIL ${String(first?.["details"])}`);
  expect(rows(await client.call("SM.PENDING", "m"))).toMatchObject([{ id: "later", kind: "failed" }]);
});

const BURST = Number(process.env["BURST"] ?? 10_000);

test(`${BURST} timers that are due at once are drained in turns while another client is served`, async () => {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const client = await server.client();
  const other = await server.client();
  await define(client, "brief", {
    initial: "waiting",
    states: { waiting: { after: { "1s": "over" } }, over: {} },
  });
  for (let made = 0; made < BURST; made += 2000) {
    const requests = Array.from({ length: 2000 }, (_, i) => ["SM.CREATE", `m${made + i}`, "brief"]);
    await client.pipeline(requests);
  }
  clock.jump(1000);
  const counts: number[] = [];
  for (let over = 0; over < BURST; ) {
    over = Number(await other.call("SM.COUNT", "STATE", "over"));
    counts.push(over);
  }
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(counts.at(-1)).toBe(BURST);
  // A reply takes a few turns, and a turn does a bounded number.
  expect(Math.max(...counts.map((count, i) => count - (counts[i - 1] ?? 0)))).toBeLessThan(BURST / 5);
  expect(await client.call("SM.COUNT", "STATE", "waiting")).toBe(0);
}, 60_000);
