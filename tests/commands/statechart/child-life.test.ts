/** What becomes of children when commands of the key space meet them or the machine they belong to. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const LEAF = {
  initial: "on",
  states: { on: { on: { END: "end" } }, end: { type: "final", output: "'done'" } },
};

/** Has a child that has children itself, and a list. */
const MIDDLE = {
  initial: "on",
  states: { on: { invoke: { src: "leaf", id: "leaf", onDone: "end" } }, end: { type: "final" } },
};

const ROOT = {
  initial: "idle",
  context: { events: [] },
  states: {
    idle: { on: { GO: "busy" } },
    busy: {
      invoke: [
        { src: "middle", id: "m" },
        { src: "leaf", id: "l", each: "[1, 2]" },
      ],
      on: {
        SPAWN: { actions: { spawn: { src: "leaf", id: { expr: "event.id" } } } },
        STOP: { actions: { stop: { expr: "event.id" } } },
        LEAVE: "idle",
        SEE: { actions: { assign: { seen: "children" } } },
        "xstate.done.actor.*": { actions: { assign: { events: "context.events + [event.type]" } } },
        "xstate.error.actor.*": {
          actions: { assign: { events: "context.events + [event.type + ' ' + event.code]" } },
        },
        END: "over",
      },
    },
    over: { type: "final" },
  },
};

async function setUp() {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock, rehearses: true });
  onTestFinished(() => server.close());
  const client = await server.client();
  await prepare(client);
  const call = (...args: readonly string[]) => client.call(...args);
  const events = async (key: string) =>
    JSON.parse(String(await call("SM.CONTEXT", key)))["events"] as Decoded;
  return { client, clock, call, events };
}

async function prepare(client: TestClient): Promise<void> {
  await define(client, "leaf", LEAF);
  await define(client, "middle", MIDDLE);
  await define(client, "root", ROOT);
  await client.call("SM.CREATE", "r", "root");
  await client.call("SM.SEND", "r", "GO");
}

const ALL = ["r", "{r}.m", "{r}.m.leaf", "{r}.l[0]", "{r}.l[1]"];

async function keysOf(call: (...args: readonly string[]) => Promise<Decoded>, pattern = "*") {
  const keys = (await call("KEYS", pattern)) as string[];
  return keys.filter((key) => !key.startsWith("sm:")).sort();
}

describe("children are removed with their parent", () => {
  test("DEL and UNLINK remove them, and count the named keys only", async () => {
    const { call } = await setUp();
    expect(await keysOf(call)).toEqual([...ALL].sort());
    expect(await call("DEL", "r")).toBe(1);
    expect(await keysOf(call)).toEqual([]);
    await call("SM.CREATE", "r", "root");
    await call("SM.SEND", "r", "GO");
    expect(await call("UNLINK", "r", "{r}.m", "none", "r")).toBe(2);
    expect(await keysOf(call)).toEqual([]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("expiry and overwriting remove them", async () => {
    const { clock, call } = await setUp();
    await call("PEXPIRE", "r", "1000");
    clock.advance(1001);
    expect(await call("DBSIZE")).toBe(3);
    expect(await keysOf(call)).toEqual([]);
    await call("SM.CREATE", "r", "root");
    await call("SM.SEND", "r", "GO");
    await call("SET", "r", "text");
    expect(await keysOf(call)).toEqual(["r"]);
    await call("SM.CREATE", "q", "root");
    await call("SM.SEND", "q", "GO");
    await call("SM.SET", "q", '{"current":"a","map":{"a":["b"]},"initial":"a"}');
    expect(await keysOf(call)).toEqual(["q", "r"]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("RENAME moves them, and removes those of the target", async () => {
    const { call, events } = await setUp();
    await call("SM.CREATE", "q", "root");
    await call("SM.SEND", "q", "GO");
    await call("SM.SEND", "q", "SPAWN", '{"id":"extra"}');
    expect(await call("RENAME", "r", "q")).toBe("OK");
    const moved = ALL.map((key) => key.replace("r", "q").replace("{r}", "{q}")).sort();
    expect(await keysOf(call)).toEqual(moved);
    expect(await call("SM.SEND", "{q}.l[0]", "END")).toEqual(["end"]);
    expect(await call("SM.SEND", "{q}.m.leaf", "END")).toEqual(["end"]);
    expect(await events("q")).toEqual(["xstate.done.actor.m"]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("RENAME and MOVE move all of them or nothing", async () => {
    const { call } = await setUp();
    await call("SET", "{q}.m.leaf", "in the way");
    expect(await call("RENAME", "r", "q")).toEqual(
      new ReplyFailure("BUSYKEY Target key name already exists."),
    );
    expect(await call("RENAMENX", "r", "q}x")).toEqual(
      new ReplyFailure(
        "ERR an empty key, or one with a } and no hash tag, cannot have children; write a tag, as in {order:7}",
      ),
    );
    expect(await keysOf(call)).toEqual([...ALL, "{q}.m.leaf"].sort());
    await call("SELECT", "1");
    await call("SET", "{r}.l[1]", "in the way");
    await call("SELECT", "0");
    expect(await call("MOVE", "r", "1")).toBe(0);
    await call("SELECT", "1");
    await call("FLUSHDB");
    await call("SELECT", "0");
    expect(await call("MOVE", "r", "1")).toBe(1);
    expect(await keysOf(call)).toEqual(["{q}.m.leaf"]);
    await call("SELECT", "1");
    expect(await keysOf(call)).toEqual([...ALL].sort());
    expect(await call("SM.DEF", "LIST")).toEqual(["leaf:v1", "middle:v1", "root:v1"]);
    await call("SWAPDB", "1", "2");
    await call("SELECT", "2");
    expect(await call("SM.SEND", "{r}.m.leaf", "END")).toEqual(["end"]);
    expect(fields(await call("SM.INFO", "{r}.m"))).toMatchObject({ status: "done", parent: "r" });
    expect(await call("SM.VERIFY")).toEqual([]);
    await call("FLUSHDB");
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});

describe("a child stays with its parent", () => {
  test("EXPIRE, RENAME and MOVE of a child are refused", async () => {
    const { call } = await setUp();
    const refused = new ReplyFailure(
      "ERR this key is a child: it expires, moves and is renamed only with its parent",
    );
    expect(await call("EXPIRE", "{r}.m", "10")).toEqual(refused);
    expect(await call("PEXPIREAT", "{r}.m", "1")).toEqual(refused);
    expect(await call("RENAME", "{r}.m", "x")).toEqual(refused);
    expect(await call("RENAMENX", "{r}.m", "x")).toEqual(refused);
    expect(await call("MOVE", "{r}.m", "1")).toEqual(refused);
    expect(await call("PERSIST", "{r}.m")).toBe(0);
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("the parent gets an error when a child is deleted, overwritten or replaced", async () => {
    const { call, events } = await setUp();
    await call("DEL", "{r}.m");
    await call("SET", "{r}.l[0]", "text");
    await call("SM.CREATE", "{r}.l[1]", "leaf");
    expect(await events("r")).toEqual([
      "xstate.error.actor.m DELETED",
      "xstate.error.actor.l DELETED",
      "xstate.error.actor.l DELETED",
    ]);
    expect(fields(await call("SM.INFO", "{r}.l[1]"))).toMatchObject({ parent: null, status: "active" });
    expect(rows(fields(await call("SM.INFO", "r"))["children"] ?? null)).toEqual([
      { id: "l[0]", key: null, status: "gone", state: [] },
      { id: "l[1]", key: null, status: "gone", state: [] },
    ]);
    await call("MULTI");
    await call("SM.SEND", "r", "SPAWN", '{"id":"x"}');
    await call("DEL", "{r}.x");
    await call("SM.STATE", "r");
    expect(await call("EXEC")).toEqual([["busy"], 1, ["busy"]]);
    expect(((await events("r")) as string[]).at(-1)).toBe("xstate.error.actor.x DELETED");
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("SM.RESET of a completed child lets it complete again", async () => {
    const { call, events } = await setUp();
    await call("SM.SEND", "{r}.l[0]", "END");
    await call("SM.SEND", "{r}.l[1]", "END");
    await call("SM.RESET", "{r}.l[0]");
    expect(await call("SM.VERIFY")).toEqual([]);
    await call("SM.SEND", "{r}.l[0]", "END");
    expect(await events("r")).toEqual(["xstate.done.actor.l", "xstate.done.actor.l"]);
  });
});

describe("copies, dumps and resets of a parent", () => {
  test("COPY copies the parent alone, with its children stopped", async () => {
    const { call } = await setUp();
    await call("SM.SEND", "{r}.l[0]", "END");
    expect(await call("COPY", "r", "c")).toBe(1);
    expect(await keysOf(call, "*c*")).toEqual(["c"]);
    expect(rows(fields(await call("SM.INFO", "c"))["children"] ?? null)).toEqual([
      { id: "l[0]", key: null, status: "done", state: [] },
      { id: "l[1]", key: null, status: "stopped", state: [] },
      { id: "m", key: null, status: "stopped", state: [] },
    ]);
    await call("SM.SEND", "c", "SEE");
    expect(JSON.parse(String(await call("SM.CONTEXT", "c")))["seen"]).toEqual({
      l: { state: [[], []], status: ["done", "stopped"], done: false, output: ["done", null] },
      m: { state: [], status: "stopped", done: false, output: null },
    });
    expect(await call("SM.SEND", "c", "LEAVE")).toEqual(["idle"]);
    expect(await call("SM.SEND", "c", "GO")).toEqual(["busy"]);
    expect(await keysOf(call, "*c*")).toHaveLength(5);
    expect(await call("COPY", "{r}.m", "copied")).toBe(1);
    expect(fields(await call("SM.INFO", "copied"))).toMatchObject({ parent: null, status: "active" });
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("DUMP and RESTORE carry over the parent alone, with its children stopped", async () => {
    const { client, call } = await setUp();
    const dumped = async (key: string) => {
      const { bytes } = await client.exchange("DUMP", key);
      return bytes.subarray(bytes.indexOf("\r\n") + 2, -2);
    };
    await call("SM.SEND", "{r}.l[0]", "END");
    const [root, middle] = [await dumped("r"), await dumped("{r}.m")];
    expect(await client.call("RESTORE", "d", 0, root)).toBe("OK");
    expect(rows(fields(await call("SM.INFO", "d"))["children"] ?? null)).toEqual([
      { id: "l[0]", key: null, status: "done", state: [] },
      { id: "l[1]", key: null, status: "stopped", state: [] },
      { id: "m", key: null, status: "stopped", state: [] },
    ]);
    expect(await client.call("RESTORE", "d2", 0, middle)).toBe("OK");
    expect(fields(await call("SM.INFO", "d2"))).toMatchObject({ parent: null, status: "active" });
    expect(await client.call("RESTORE", "r", 0, root, "REPLACE")).toBe("OK");
    expect((await keysOf(call)).sort()).toEqual(["d", "d2", "r"]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });

  test("SM.RESET and SM.CREATE stop children and replace those of the same id", async () => {
    const { call } = await setUp();
    await call("SM.SEND", "r", "SPAWN", '{"id":"x"}');
    await call("SM.RESET", "r");
    for (const key of [...ALL.slice(1), "{r}.x"])
      expect(fields(await call("SM.INFO", key))).toMatchObject({ status: "stopped" });
    expect(await call("SM.VERIFY")).toEqual([]);
    expect(await call("SM.RESET", "{r}.x")).toEqual(
      new ReplyFailure("DONE the machine was stopped by the one it belongs to"),
    );
    await call("SM.CREATE", "r", "root", "STATE", "busy");
    expect(fields(await call("SM.INFO", "{r}.m"))).toMatchObject({ status: "active", rev: 1, parent: "r" });
    expect(fields(await call("SM.INFO", "{r}.m.leaf"))).toMatchObject({ status: "active", rev: 1 });
    expect(fields(await call("SM.INFO", "{r}.x"))).toMatchObject({ status: "stopped", parent: "r" });
    expect(await call("SM.VERIFY")).toEqual([]);
    await call("SM.SEND", "r", "END");
    expect(fields(await call("SM.INFO", "{r}.m.leaf"))).toMatchObject({ status: "stopped" });
    await call("DEL", "r");
    expect(await keysOf(call)).toEqual([]);
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});

test("events of children wait for a suspended parent until SM.RESUME", async () => {
  const { clock, call, events } = await setUp();
  await call("SM.SUSPEND", "r");
  expect(await call("SM.SEND", "{r}.l[0]", "END")).toEqual(["end"]);
  await call("SM.SEND", "{r}.l[1]", "END");
  await call("SM.SEND", "{r}.m.leaf", "END");
  expect(await events("r")).toEqual([]);
  expect(rows(await call("SM.PENDING", "r")).map(({ kind, event }) => [kind, event])).toEqual([
    ["child", "xstate.done.actor.l"],
    ["child", "xstate.done.actor.m"],
  ]);
  expect(await call("SM.VERIFY")).toEqual([]);
  await call("SM.RESUME", "r");
  clock.advance(1);
  expect(await events("r")).toEqual(["xstate.done.actor.l", "xstate.done.actor.m"]);
  expect(await call("SM.VERIFY")).toEqual([]);
});

test("an event fails when the id of a child runs already, its key is taken, or its key has no tag", async () => {
  const { call } = await setUp();
  await call("SM.SEND", "r", "SPAWN", '{"id":"x"}');
  expect(await call("SM.SEND", "r", "SPAWN", '{"id":"x"}')).toEqual(
    new ReplyFailure("EXECFAIL BUSYKEY the machine has a child 'x' that has not ended"),
  );
  await call("SET", "{r}.y", "text");
  expect(await call("SM.SEND", "r", "SPAWN", '{"id":"y"}')).toEqual(
    new ReplyFailure("EXECFAIL BUSYKEY the key '{r}.y' of the child 'y' holds something else"),
  );
  for (const key of ["a}b", ""]) {
    await call("SM.CREATE", key, "root");
    expect(await call("SM.SEND", key, "GO")).toEqual(
      new ReplyFailure(
        "EXECFAIL the child 'm': an empty key, or one with a } and no hash tag, cannot have children; write a tag, as in {order:7}",
      ),
    );
  }
  await call("CONFIG", "SET", "sm-children-max", "4");
  expect(await call("SM.SEND", "r", "SPAWN", '{"id":"z"}')).toEqual(
    new ReplyFailure("EXECFAIL the machine would have 5 children, sm-children-max is 4"),
  );
  expect(await call("SM.SEND", "r", "STOP", '{"id":"x"}')).toEqual(["busy"]);
  expect(fields(await call("SM.INFO", "{r}.x"))).toMatchObject({ status: "stopped" });
  expect(await call("SM.VERIFY")).toEqual([]);
});

test("definitions of children must exist, are pinned, and cannot be deleted while they are named", async () => {
  const { call } = await setUp();
  const invoking = (src: string) => JSON.stringify({ states: { a: { invoke: { src, id: "x" } } } });
  expect(await call("SM.DEF", "CREATE", "one", invoking("none"))).toEqual(
    new ReplyFailure(
      "INVALIDDEF $.states.a.invoke.src: there is no definition 'none': create it before this one; work outside is a \"task\" action",
    ),
  );
  expect(await call("SM.DEF", "CREATE", "one", invoking("one:v7"))).toEqual(
    new ReplyFailure(
      'INVALIDDEF $.states.a.invoke.src: a definition cannot have itself as a child: \'one:v7\'; a {"expr": "…"} can',
    ),
  );
  expect(rows(await call("SM.DEF", "CHECK", invoking("none"))).map(({ path }) => path)).toContain(
    "$.states.a.invoke.src",
  );
  expect(await call("SM.DEF", "CREATE", "one", invoking("leaf"))).toBe("one:v1");
  await call("SM.DEF", "CREATE", "leaf:v2", JSON.stringify({ states: { other: {} } }));
  await call("SM.CREATE", "o", "one");
  expect(fields(await call("SM.INFO", "{o}.x"))).toMatchObject({ definition: "leaf:v1" });
  await call("DEL", "o", "r");
  expect(await call("SM.DEF", "DEL", "leaf:v1")).toEqual(new ReplyFailure("DEFINUSE 3"));
  expect(await call("SM.DEF", "DEL", "one:v1")).toBe(1);
});
