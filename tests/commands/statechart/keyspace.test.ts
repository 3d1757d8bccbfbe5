/** Machines as keys: what COPY, MOVE, RENAME, DEL, expiry, DUMP and flushes do with all a machine has. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collectGarbage } from "../../../src/keyspace/garbage.ts";
import { Store } from "../../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import { MemoryStore } from "../../../src/storage/memory-store.ts";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const DOOR = {
  initial: "closed",
  context: { opened: 0 },
  states: {
    closed: { on: { OPEN: { target: "open", actions: [{ assign: { opened: "context.opened + 1" } }] } } },
    open: { on: { CLOSE: "closed" }, after: { "10s": "forgotten" }, defer: ["LOCK"] },
    forgotten: { on: { CLOSE: "closed", LOCK: "locked" } },
    locked: {},
  },
};

let store: Store;
let server: TestServer;
let client: TestClient;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  store = Store.over(new MemoryStore(), OBJECT_TYPES);
  server = await startTestServer({ clock, store });
  client = await server.client();
  await define(client, "door", DOOR);
  await client.call("SM.CREATE", "d1", "door");
  await client.call("SM.SEND", "d1", "OPEN", "ID", "first");
});

afterEach(() => server.close());

/** Removes garbage to the last entry; how much there was. */
function collectAll(): number {
  const transaction = store.begin();
  const removed = collectGarbage(transaction, 1_000_000);
  store.commit(transaction);
  return removed;
}

describe("COPY, RENAME and DEL", () => {
  test("a copy and a renamed machine have history, outcomes, waiting events and timers of their own", async () => {
    const first = await client.exchange("SM.SEND", "d1", "OPEN", "ID", "first");
    await client.call("SM.SEND", "d1", "LOCK", "ID", "lock");
    await client.call("SM.SEND", "d1", "CLOSE", "DELAY", 60_000, "ID", "late");
    expect(await client.call("COPY", "d1", "copy")).toBe(1);
    expect(await client.call("RENAME", "d1", "renamed")).toBe("OK");
    for (const key of ["copy", "renamed"]) {
      expect(rows(await client.call("SM.HISTORY", key, "-", "+")).map((row) => row["kind"])).toEqual([
        "create",
        "event",
      ]);
      expect((await client.exchange("SM.SEND", key, "OPEN", "ID", "first")).bytes).toEqual(first.bytes);
      expect(rows(await client.call("SM.PENDING", key)).map((row) => [row["id"], row["kind"]])).toEqual([
        ["lock", "deferred"],
        ["late", "scheduled"],
        ["#1", "timer"],
      ]);
    }
    expect(await client.call("SM.CANCEL", "copy", "lock")).toBe(1);
    clock.advance(10_000);
    expect(await client.call("SM.STATE", "copy")).toEqual(["forgotten"]);
    expect(await client.call("SM.STATE", "renamed")).toEqual(["locked"]);
    clock.advance(50_000);
    expect(await client.call("SM.STATE", "copy")).toEqual(["closed"]);
    expect(
      fields(((await client.call("SM.OUTCOME", "renamed", "late")) as never[])[0] as never)["code"],
    ).toBe("ILLEGAL");
    expect(await client.call("SM.VERIFY")).toEqual([]);
  });

  test("DEL, expiry and being replaced leave nothing of a machine behind", async () => {
    await client.call("SM.SEND", "d1", "LOCK", "ID", "lock");
    await client.call("COPY", "d1", "d2");
    await client.call("COPY", "d1", "d3");
    await client.call("DEL", "d1");
    await client.call("SET", "d2", "text");
    await client.call("PEXPIRE", "d3", 5000);
    clock.advance(5000);
    expect(await client.call("EXISTS", "d1", "d3")).toBe(0);
    expect(await client.call("SM.COUNT")).toBe(0);
    clock.advance(60_000);
    collectAll();
    expect(await client.call("SM.DEF", "DEL", "door:v1")).toBe(1);
    expect(await client.call("SM.VERIFY")).toEqual([]);
  });

  test("SM.CREATE in place of a machine begins a new history and drops timers and outcomes", async () => {
    await client.call("SM.CREATE", "d1", "door");
    expect(await client.call("SM.OUTCOME", "d1", "first")).toEqual([null]);
    expect(await client.call("SM.PENDING", "d1")).toEqual([]);
    expect(rows(await client.call("SM.HISTORY", "d1", "-", "+"))).toHaveLength(1);
    clock.advance(10_000);
    expect(await client.call("SM.STATE", "d1")).toEqual(["closed"]);
  });

  test("RENAME over another machine replaces it with all its data", async () => {
    await client.call("SM.CREATE", "d2", "door");
    expect(await client.call("RENAME", "d1", "d2")).toBe("OK");
    expect(await client.call("SM.COUNT", "BY", "STATE")).toEqual(["open", 1]);
    clock.advance(10_000);
    expect(await client.call("SM.STATE", "d2")).toEqual(["forgotten"]);
  });
});

describe("another database", () => {
  test("MOVE copies the definition, and its timer fires in the other database", async () => {
    expect(await client.call("MOVE", "d1", 1)).toBe(1);
    expect(await client.call("SM.COUNT")).toBe(0);
    expect(await client.call("SM.DEF", "DEL", "door:v1")).toBe(1);
    await client.call("SELECT", 1);
    expect(await client.call("SM.DEF", "LIST")).toEqual(["door:v1"]);
    expect(await client.call("SM.DEF", "DEL", "door:v1")).toEqual(new ReplyFailure("DEFINUSE 1"));
    clock.advance(10_000);
    expect(await client.call("SM.STATE", "d1")).toEqual(["forgotten"]);
    expect(await client.call("SM.COUNT", "DEF", "door", "STATE", "forgotten")).toBe(1);
    expect(await client.call("SM.VERIFY")).toEqual([]);
  });

  test("COPY with DB copies the definition, which stays the older version there", async () => {
    await client.call("SELECT", 1);
    await define(client, "door:v2", { initial: "shut", states: { shut: {} } });
    await client.call("SELECT", 0);
    expect(await client.call("COPY", "d1", "d2", "DB", 1)).toBe(1);
    await client.call("SELECT", 1);
    expect(await client.call("SM.DEF", "LIST", "door")).toEqual(["door:v1", "door:v2"]);
    await client.call("SM.CREATE", "new", "door");
    expect(await client.call("SM.STATE", "new")).toEqual(["shut"]);
    expect(await client.call("SM.SEND", "d2", "CLOSE")).toEqual(["closed"]);
    await client.call("SELECT", 0);
    expect(await client.call("SM.STATE", "d1")).toEqual(["open"]);
    expect(await client.call("SM.VERIFY")).toEqual([]);
  });

  test("MOVE and COPY are refused where another document has the definition's name, and change nothing", async () => {
    await client.call("SELECT", 1);
    await define(client, "door", { initial: "shut", states: { shut: {} } });
    await client.call("SELECT", 0);
    const refusal = await client.call("MOVE", "d1", 1);
    expect(refusal).toMatchObject({ message: expect.stringMatching(/^DEFEXISTS .*door:v1/) });
    expect(await client.call("COPY", "d1", "d1", "DB", 1)).toEqual(refusal);
    expect(await client.call("SM.STATE", "d1")).toEqual(["open"]);
    expect(await client.call("SM.COUNT")).toBe(1);
    await client.call("SELECT", 1);
    expect(await client.call("DBSIZE")).toBe(0);
  });

  test("SWAPDB swaps definitions, machines and their timers", async () => {
    await client.call("SWAPDB", 0, 1);
    expect(await client.call("SM.DEF", "LIST")).toEqual([]);
    clock.advance(10_000);
    await client.call("SELECT", 1);
    expect(await client.call("SM.STATE", "d1")).toEqual(["forgotten"]);
  });
});

describe("FLUSHDB and FLUSHALL", () => {
  test.each(["FLUSHDB", "FLUSHALL"])("%s removes machines, timers and definitions", async (command) => {
    await client.call("SM.SEND", "d1", "CLOSE", "DELAY", 20_000);
    expect(await client.call(command)).toBe("OK");
    expect(await client.call("SM.DEF", "LIST")).toEqual([]);
    expect(await client.call("SM.COUNT")).toBe(0);
    expect(await client.call("SM.SCAN", "0")).toEqual(["0", []]);
    clock.advance(30_000);
    expect(await client.call("SM.VERIFY")).toEqual([]);
    collectAll();
    const left = [...store.begin().range("\0" as never, "\xff" as never)].map(([key]) =>
      String(key).charAt(0),
    );
    expect(left.filter((space) => !"mc".includes(space))).toEqual([]);
  });

  test("FLUSHDB removes the definitions of a database without keys", async () => {
    await client.call("DEL", "d1");
    await client.call("FLUSHDB");
    expect(await client.call("SM.DEF", "LIST")).toEqual([]);
    expect(await client.call("SM.CREATE", "d1", "door")).toEqual(
      new ReplyFailure("NODEF there is no definition 'door'"),
    );
    await define(client, "door", { initial: "shut", states: { shut: {} } });
    await client.call("SM.CREATE", "d1", "door");
    expect(await client.call("SM.STATE", "d1")).toEqual(["shut"]);
  });

  test("timers that expire after the flush, before they are removed, have no effect", async () => {
    await client.call("MULTI");
    await client.call("FLUSHDB");
    await client.call("SM.DEF", "CREATE", "door", JSON.stringify(DOOR));
    await client.call("SM.CREATE", "d1", "door");
    await client.call("EXEC");
    clock.advance(10_000);
    expect(await client.call("SM.STATE", "d1")).toEqual(["closed"]);
    expect(await client.call("SM.VERIFY")).toEqual([]);
  });
});

describe("DUMP and RESTORE", () => {
  test("a restored machine has history, outcomes, waiting events, timers and its place in the indexes", async () => {
    const first = await client.exchange("SM.SEND", "d1", "OPEN", "ID", "first");
    await client.call("SM.SEND", "d1", "LOCK", "ID", "lock");
    await client.call("SM.SEND", "d1", "CLOSE", "DELAY", 60_000);
    const { bytes } = await client.exchange("DUMP", "d1");
    const payload = bytes.subarray(bytes.indexOf("\r\n") + 2, -2);
    const history = await client.call("SM.HISTORY", "d1", "-", "+");
    const pending = await client.call("SM.PENDING", "d1");
    await client.call("DEL", "d1");
    expect(await client.call("RESTORE", "back", 0, payload)).toBe("OK");
    expect(await client.call("SM.HISTORY", "back", "-", "+")).toEqual(history);
    expect(await client.call("SM.PENDING", "back")).toEqual(pending);
    expect((await client.exchange("SM.SEND", "back", "OPEN", "ID", "first")).bytes).toEqual(first.bytes);
    expect(await client.call("SM.COUNT", "STATE", "open")).toBe(1);
    clock.advance(10_000);
    expect(await client.call("SM.STATE", "back")).toEqual(["locked"]);
    expect(await client.call("SM.VERIFY")).toEqual([]);
  });

  test("RESTORE without the definition is refused and leaves nothing", async () => {
    const { bytes } = await client.exchange("DUMP", "d1");
    const payload = bytes.subarray(bytes.indexOf("\r\n") + 2, -2);
    await client.call("SELECT", 3);
    expect(await client.call("RESTORE", "d1", 0, payload)).toEqual(
      new ReplyFailure("NODEF there is no definition 'door:v1'"),
    );
    expect(await client.call("DBSIZE")).toBe(0);
    expect(await client.call("SM.VERIFY")).toEqual([]);
  });
});
