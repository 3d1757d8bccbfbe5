/** What SM.COUNT and SM.SCAN choose machines by: outer states, names of any length, names that are none. */
import { describe, expect, test } from "vitest";
import { define, fields, scanAll } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const ORDER = {
  initial: "new",
  states: {
    new: { on: { PAY: "work" } },
    work: {
      id: "busy",
      initial: "pick",
      on: { AGAIN: { target: "work", reenter: true } },
      states: { pick: { on: { NEXT: "pack" } }, pack: { on: { NEXT: "pick", END: "#gone" } } },
    },
    gone: { id: "gone", type: "final" },
  },
};

const on = servedTests(async (client) => {
  await define(client, "order", ORDER);
});
const { call } = on;
const failure = (message: string) => new ReplyFailure(message);

describe("an outer state", () => {
  test("filters the machines in it, as they enter and leave it", async () => {
    for (const key of ["a", "b", "c"]) await call("SM.CREATE", key, "order");
    for (const key of ["a", "b"]) await call("SM.SEND", key, "PAY");
    await call("SM.SEND", "a", "NEXT");
    expect(await call("SM.COUNT", "DEF", "order", "STATE", "work")).toBe(2);
    expect(await call("SM.COUNT", "STATE", "work", "STATUS", "active")).toBe(2);
    expect(await call("SM.COUNT", "DEF", "order", "STATE", "#busy")).toBe(2);
    expect((await scanAll(on.client, "STATE", "work")).sort()).toEqual(["a", "b"]);
    expect((await scanAll(on.client, "STATE", "work", "COUNT", "1")).sort()).toEqual(["a", "b"]);
    expect(fields(await call("SM.COUNT", "BY", "STATE"))).toEqual({ new: 1, "work.pick": 1, "work.pack": 1 });
    await call("SM.SEND", "a", "END");
    await call("COPY", "b", "d");
    await call("DEL", "b");
    expect(await scanAll(on.client, "DEF", "order", "STATE", "work")).toEqual(["d"]);
    expect(await call("SM.COUNT", "STATE", "work")).toBe(1);
  });

  test("has its age from its entry, whatever happens inside, and a new one when it is entered again", async () => {
    await call("SM.CREATE", "a", "order", "STATE", "work");
    on.clock.jump(1000);
    await call("SM.SEND", "a", "NEXT");
    const older = (ms: number) => scanAll(on.client, "DEF", "order", "STATE", "work", "OLDER", String(ms));
    expect(await older(1000)).toEqual(["a"]);
    expect(await scanAll(on.client, "STATE", "work.pack", "OLDER", "1000")).toEqual([]);
    await call("SM.SEND", "a", "AGAIN");
    expect(await older(1000)).toEqual([]);
    on.clock.jump(1000);
    expect(await older(1000)).toEqual(["a"]);
  });

  test("can be an atomic state in another version", async () => {
    await call("SM.DEF", "CREATE", "order:v2", '{"initial":"work","states":{"work":{}}}');
    await call("SM.CREATE", "a", "order:v1", "STATE", "work");
    await call("SM.CREATE", "b", "order:v2");
    expect(await call("SM.COUNT", "DEF", "order", "STATE", "work")).toBe(2);
    expect((await scanAll(on.client, "STATE", "work", "COUNT", "1")).sort()).toEqual(["a", "b"]);
    expect(fields(await call("SM.COUNT", "STATE", "work", "BY", "VERSION"))).toEqual({
      "order:v1": 1,
      "order:v2": 1,
    });
  });
});

describe("a filter with an unknown name", () => {
  test.each([
    [["DEF", "ordr"], "NODEF there is no definition 'ordr'; did you mean 'order'?"],
    [["DEF", "order:v9"], "NODEF there is no definition 'order:v9'; did you mean 'order:v1'?"],
    [["DEF", "zzzzzz"], "NODEF there is no definition 'zzzzzz'"],
    [
      ["DEF", "order", "STATE", "wrk"],
      "NOSTATE the definition 'order' has no state 'wrk'; did you mean 'work'?",
    ],
    [["DEF", "order:v1", "STATE", ""], "NOSTATE the definition 'order' has no state ''"],
  ])("is refused instead of counted as 0: %j", async (filter, message) => {
    expect(await call("SM.COUNT", ...filter)).toEqual(failure(message));
    expect(await call("SM.SCAN", 0, ...filter)).toEqual(failure(message));
  });

  test("counts 0 when it names no definition", async () => {
    expect(await call("SM.COUNT", "STATE", "nowhere")).toBe(0);
    expect(await call("SM.SCAN", 0, "STATE", "nowhere")).toEqual(["0", []]);
  });
});

describe("index keys", () => {
  const long = "q".repeat(300);
  const names = [long, `${long}.x`, "a\0b", "\x01odd", "ä".repeat(150), ""];

  test("hold names of states of map machines at any length", async () => {
    for (const [index, name] of names.entries()) {
      const machine = { current: name, map: { [name]: [] }, initial: name };
      expect(await call("SM.SET", `k${index}`, JSON.stringify(machine))).toBe("OK");
    }
    expect(fields(await call("SM.COUNT", "BY", "STATE"))).toEqual(
      Object.fromEntries(names.map((name) => [name, 1])),
    );
    for (const [index, name] of names.entries()) {
      expect(await call("SM.COUNT", "STATE", name)).toBe(1);
      expect(await scanAll(on.client, "STATE", name)).toEqual([`k${index}`]);
    }
  });

  test("hold names of outer states and of states of definitions", async () => {
    await define(on.client, "deep", {
      initial: long,
      states: { [long]: { initial: "x\0y", states: { "x\0y": { on: { GO: "z" } }, z: {} } } },
    });
    await call("SM.CREATE", "k", "deep");
    expect(fields(await call("SM.COUNT", "DEF", "deep", "BY", "STATE"))).toEqual({ [`${long}.x\0y`]: 1 });
    expect(await call("SM.COUNT", "DEF", "deep", "STATE", long)).toBe(1);
    expect(await scanAll(on.client, "STATE", long)).toEqual(["k"]);
    expect(fields(await call("SM.COUNT", "STATE", long, "BY", "STATE"))).toEqual({ [long]: 1 });
    await call("SM.SEND", "k", "GO");
    expect(fields(await call("SM.COUNT", "BY", "STATE"))).toEqual({ [`${long}.z`]: 1 });
  });
});

describe("a status that few machines have", () => {
  const SPLIT = {
    type: "parallel",
    states: { l: { initial: "a", states: { a: {} } }, r: { initial: "b", states: { b: {} } } },
  };

  test.each(["1", "2", "100"])("finds each machine once, in pages of %s", async (count) => {
    await define(on.client, "split", SPLIT);
    await call("SM.SET", "map", '{"current":"a","map":{"a":["b"],"b":[]},"initial":"a"}');
    for (const key of ["a", "b", "c"]) await call("SM.CREATE", key, "order");
    for (const key of ["p", "q"]) await call("SM.CREATE", key, "split");
    await call("SM.SEND", "c", "PAY");
    const find = (...filter: string[]) =>
      scanAll(on.client, "STATUS", "suspended", "COUNT", count, ...filter);
    expect(await find()).toEqual([]);
    for (const key of ["b", "c", "p", "map"]) await call("SM.SUSPEND", key);
    expect((await find()).sort()).toEqual(["b", "c", "map", "p"]);
    expect((await find("DEF", "order")).sort()).toEqual(["b", "c"]);
    expect(await find("DEF", "order", "STATE", "work")).toEqual(["c"]);
    expect(await find("DEF", "split")).toEqual(["p"]);
    expect((await find("MATCH", "[bp]")).sort()).toEqual(["b", "p"]);
    on.clock.jump(1000);
    await call("SM.CREATE", "late", "order");
    await call("SM.SUSPEND", "late");
    expect((await find("DEF", "order", "OLDER", "1000")).sort()).toEqual(["b", "c"]);
  });
});
