/** SM.DEF and its subcommands, SM.CREATE and its options: what is accepted, what is refused and how. */
import { describe, expect, test } from "vitest";
import type { Argument } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const LAMP = {
  initial: "off",
  context: { n: 1 },
  states: { off: { on: { ON: "on" } }, on: { on: { OFF: "off" } } },
};

const on = servedTests(async (client) => {
  await define(client, "lamp", LAMP);
});
const { call } = on;
const failure = (message: string) => new ReplyFailure(message);
const beginning = (code: string) => ({ message: expect.stringMatching(new RegExp(`^${code}( |$)`)) });

describe("SM.DEF CREATE", () => {
  test("replies with name and version, v1 when none is given, and the same for the same document again", async () => {
    expect(await call("SM.DEF", "CREATE", "lamp", JSON.stringify(LAMP))).toBe("lamp:v1");
    expect(await call("SM.DEF", "CREATE", "lamp:v1", JSON.stringify(LAMP, null, 2))).toBe("lamp:v1");
    expect(await call("SM.DEF", "CREATE", "lamp:v2", JSON.stringify(LAMP))).toBe("lamp:v2");
    expect(await call("SM.DEF", "CREATE", "a:b:c", JSON.stringify(LAMP))).toBe("a:b:c");
    expect(await call("SM.DEF", "LIST")).toEqual(["lamp:v1", "lamp:v2", "a:b:c"]);
    expect(await call("SM.DEF", "LIST", "a:b")).toEqual(["a:b:c"]);
    expect(await call("SM.DEF", "LIST", "nothing")).toEqual([]);
  });

  test("refuses another document under a name and version that is taken", async () => {
    const other = JSON.stringify({ initial: "off", states: { off: {} } });
    expect(await call("SM.DEF", "CREATE", "lamp", other)).toEqual(beginning("DEFEXISTS"));
    expect(await call("SM.DEF", "GET", "lamp")).toBe(JSON.stringify(LAMP));
  });

  const refused: ReadonlyArray<readonly [what: string, document: unknown, path: string]> = [
    ["text that is not JSON", "{", "$"],
    ["JSON that is not an object", [], "$"],
    ["an unknown key", { initial: "a", states: { a: {} }, colour: 1 }, "$.colour"],
    ["an unknown initial state", { initial: "b", states: { a: {} } }, "$.initial"],
    ["an unknown target", { initial: "a", states: { a: { on: { GO: "b" } } } }, "$.states.a.on.GO"],
    [
      "an unknown target in a list of transitions",
      { initial: "a", states: { a: { on: { GO: [{ target: "a" }, { target: "b" }] } } } },
      "$.states.a.on.GO[1].target",
    ],
    [
      "a guard that does not parse",
      { initial: "a", states: { a: { on: { GO: { guard: "1 +" } } } } },
      "$.states.a.on.GO.guard",
    ],
    [
      "a guard that is no truth value",
      { initial: "a", states: { a: { on: { GO: { guard: "1 + 1" } } } } },
      "$.states.a.on.GO.guard",
    ],
    [
      "an unknown variable",
      { initial: "a", states: { a: { on: { GO: { actions: [{ assign: { x: "hello" } }] } } } } },
      "$.states.a.on.GO.actions[0].assign.x",
    ],
    [
      "an unknown action",
      { initial: "a", states: { a: { entry: [{ explode: true }] } } },
      "$.states.a.entry[0]",
    ],
    [
      "a duration that is none",
      { initial: "a", states: { a: { after: { soon: "a" } } } },
      "$.states.a.after.soon",
    ],
    ["a state of an unknown type", { initial: "a", states: { a: { type: "odd" } } }, "$.states.a.type"],
    [
      "a regular expression that could run for ever",
      { initial: "a", states: { a: { on: { GO: { guard: "matches(context.x, '(a+')" } } } } },
      "$.states.a.on.GO.guard",
    ],
  ];

  test.each(refused)("refuses %s and says where", async (_, document, path) => {
    const text = typeof document === "string" ? document : JSON.stringify(document);
    const reply = await call("SM.DEF", "CREATE", "bad", text);
    expect(reply).toEqual(beginning("INVALIDDEF"));
    expect(reply instanceof ReplyFailure && reply.message.slice("INVALIDDEF ".length)).toMatch(
      new RegExp(`^${path.replace(/[$.[\]]/g, "\\$&")}[^:]*: `),
    );
    const findings = rows(await call("SM.DEF", "CHECK", text));
    expect(
      findings.filter(({ severity }) => severity === "error").map((row) => String(row["path"])),
    ).toContainEqual(expect.stringContaining(path));
    expect(await call("SM.DEF", "GET", "bad")).toBeNull();
  });

  test("refuses a name or a version that is empty, and documents beyond the limit", async () => {
    for (const name of ["", ":v1", "lamp:"]) {
      expect(await call("SM.DEF", "CREATE", name, JSON.stringify(LAMP))).toEqual(beginning("ERR"));
    }
    expect(await call("CONFIG", "SET", "sm-definition-bytes-max", 1024)).toBe("OK");
    const big = JSON.stringify({ ...LAMP, description: "x".repeat(1024) });
    expect(await call("SM.DEF", "CREATE", "big", big)).toEqual(beginning("ERR"));
  });

  test("refuses numbers that JSON cannot write, in documents and contexts", async () => {
    const document = '{"initial": "a", "context": {"n": 1e999}, "states": {"a": {}}}';
    const findings = rows(await call("SM.DEF", "CHECK", document));
    const reason = "the number 1e999 is not exact: write it as a string";
    expect(findings).toEqual([{ severity: "error", path: "$.context.n", message: reason }]);
    expect(await call("SM.DEF", "CREATE", "large", document)).toEqual(
      failure(`INVALIDDEF $.context.n: ${reason}`),
    );
    const refusal = { message: expect.stringContaining("$.n[0] is -1e999") };
    expect(await call("SM.CREATE", "m", "lamp", "CONTEXT", '{"n": [-1e999]}')).toEqual(refusal);
  });

  test("keeps states in document order when their names are numbers, and refuses a key given twice", async () => {
    const document = '{"type": "parallel", "states": {"b": {}, "10": {}, "2": {}}}';
    expect(await call("SM.DEF", "CREATE", "numbers", document)).toBe("numbers:v1");
    await call("SM.CREATE", "m", "numbers");
    expect(await call("SM.STATE", "m")).toEqual(["b", "10", "2"]);
    expect(await call("SM.GET", "m")).toBe(
      '{"current":"b,10,2","map":{"b":[],"10":[],"2":[]},"initial":"b,10,2"}',
    );
    const twice = '{"initial": "a", "states": {"a": {}, "a": {}}}';
    expect(await call("SM.DEF", "CREATE", "twice", twice)).toEqual(beginning("INVALIDDEF \\$.states.a:"));
  });

  test("takes name and version from the document, and refuses what contradicts the command", async () => {
    const document = (own: object) => JSON.stringify({ initial: "a", states: { a: {} }, ...own });
    expect(await call("SM.DEF", "CREATE", "test.orders", document({ version: "v2" }))).toBe("test.orders:v2");
    const whole = document({ name: "test.orders", version: "v3" });
    expect(await call("SM.DEF", "CREATE", "test.orders", whole)).toBe("test.orders:v3");
    expect(await call("SM.DEF", "CREATE", "test.orders:v3", whole)).toBe("test.orders:v3");
    expect(await call("SM.DEF", "CREATE", "other", whole)).toEqual(
      failure("INVALIDDEF $.name: the document is named 'test.orders', the command says 'other'"),
    );
    expect(await call("SM.DEF", "CREATE", "test.orders:v4", whole)).toEqual(
      failure("INVALIDDEF $.version: the document is of version 'v3', the command says 'v4'"),
    );
    expect(await call("SM.DEF", "CREATE", "d", document({ version: "a:b" }))).toEqual(
      beginning("INVALIDDEF \\$.version:"),
    );
    expect(await call("SM.DEF", "CREATE", "d", document({ version: 2 }))).toEqual(
      failure("INVALIDDEF $.version: version must be a string, this is a number"),
    );
  });

  test("accepts the map form and the list of transitions", async () => {
    await define(on.client, "map", { initial: "a", map: { a: ["b", "c"], b: ["a"] } });
    await define(on.client, "turnstile", {
      name: "turnstile",
      version: "1",
      states: ["locked", "open"],
      transitions: [
        { from: "locked", to: "open", event: "COIN" },
        { from: "locked", to: "locked", event: "COIN" },
        { from: "open", to: "locked", event: "PUSH" },
      ],
      starting_state: "locked",
    });
    expect(await call("SM.SEND", "m", "b", "DEF", "map")).toEqual(["b"]);
    expect(await call("SM.SEND", "l", "COIN", "DEF", "turnstile:1")).toEqual(["open"]);
  });
});

describe("SM.DEF CHECK", () => {
  test("finds nothing in a clean definition and warns of what looks wrong in another", async () => {
    expect(await call("SM.DEF", "CHECK", JSON.stringify(LAMP))).toEqual([]);
    const odd = {
      initial: "a",
      states: { a: { on: { GO: ["b", "c"] } }, b: {}, c: { type: "final" }, d: { on: { X: "a" } } },
    };
    const findings = rows(await call("SM.DEF", "CHECK", JSON.stringify(odd)));
    expect(findings.every(({ severity }) => severity === "warning")).toBe(true);
    const paths = findings.map((row) => String(row["path"]));
    // b is a dead end, the second transition of GO is shadowed by the first, d is out of reach.
    for (const path of ["$.states.b", "$.states.a.on.GO[1]", "$.states.d"]) expect(paths).toContain(path);
    expect(await call("SM.DEF", "CREATE", "odd", JSON.stringify(odd))).toBe("odd:v1");
  });
});

describe("SM.DEF GET, LIST, DEL, GRAPH and HELP", () => {
  test("GET returns the document unchanged, and the newest without a version", async () => {
    const text = ` ${JSON.stringify({ ...LAMP, description: "zwei" }, null, 1)}\n`;
    await call("SM.DEF", "CREATE", "lamp:a", text);
    expect(await call("SM.DEF", "GET", "lamp")).toBe(text);
    expect(await call("SM.DEF", "GET", "lamp:v1")).toBe(JSON.stringify(LAMP));
    expect(await call("SM.DEF", "GET", "lamp:v9")).toBeNull();
  });

  test("a name that is not there is answered with the one that is like it, for whoever creates a machine", async () => {
    for (const [given, meant] of [
      ["lamb", "lamp"],
      ["lamp:v9", "lamp:v1"],
    ] as const)
      expect(await call("SM.CREATE", "k", given)).toEqual(
        failure(`NODEF there is no definition '${given}'; did you mean '${meant}'?`),
      );
    expect(await call("SM.CREATE", "k", "rocket")).toEqual(failure("NODEF there is no definition 'rocket'"));
  });

  test("DEL removes a version that no machine is pinned to", async () => {
    await call("SM.CREATE", "k", "lamp");
    await call("SM.CREATE", "k2", "lamp:v1");
    expect(await call("SM.DEF", "DEL", "lamp:v1")).toEqual(failure("DEFINUSE 2"));
    await call("DEL", "k", "k2");
    expect(await call("SM.DEF", "DEL", "lamp:v1")).toBe(1);
    expect(await call("SM.DEF", "DEL", "lamp:v1")).toBe(0);
    expect(await call("SM.CREATE", "k", "lamp")).toEqual(failure("NODEF there is no definition 'lamp'"));
    expect(await call("SM.DEF", "DEL", "lamp")).toEqual(beginning("ERR"));
  });

  test("a definition that is deleted and created again is a new one", async () => {
    await call("SM.CREATE", "k", "lamp");
    await call("DEL", "k");
    await call("SM.DEF", "DEL", "lamp:v1");
    await define(on.client, "lamp", { initial: "dim", states: { dim: {} } });
    await call("SM.CREATE", "k", "lamp");
    expect(await call("SM.STATE", "k")).toEqual(["dim"]);
  });

  test("GRAPH draws in several formats, and nothing for a missing definition", async () => {
    expect(await call("SM.DEF", "GRAPH", "lamp")).toContain("stateDiagram-v2");
    expect(await call("SM.DEF", "GRAPH", "lamp:v1", "mermaid")).toContain("stateDiagram-v2");
    expect(await call("SM.DEF", "GRAPH", "lamp", "DOT")).toMatch(/^digraph/);
    expect(JSON.parse(String(await call("SM.DEF", "GRAPH", "lamp", "JSON")))).toBeTypeOf("object");
    expect(await call("SM.DEF", "GRAPH", "nothing")).toBeNull();
    expect(await call("SM.DEF", "GRAPH", "lamp", "SVG")).toMatch(/^<svg /);
    expect(await call("SM.DEF", "GRAPH", "lamp", "PNG")).toEqual(
      failure("ERR unknown format; there are MERMAID, DOT, JSON, PLANTUML, SCXML, XSTATE, SVG"),
    );
  });

  test("HELP lists the subcommands, and an unknown subcommand is refused", async () => {
    const help = (await call("SM.DEF", "HELP")) as readonly string[];
    for (const name of ["CREATE", "CHECK", "GET", "LIST", "DEL", "GRAPH"])
      expect(help.join("\n")).toContain(name);
    expect(await call("SM.DEF", "NONSENSE")).toEqual(beginning("ERR unknown subcommand 'NONSENSE'\\."));
    expect(await call("SM.DEF", "GET")).toEqual(
      beginning("ERR wrong number of arguments for 'SM.DEF\\|GET' command"),
    );
  });

  test("a definition belongs to its database", async () => {
    await call("SELECT", 1);
    expect(await call("SM.DEF", "LIST")).toEqual([]);
    expect(await call("SM.CREATE", "k", "lamp")).toEqual(beginning("NODEF"));
  });
});

describe("SM.CREATE", () => {
  test("pins the machine to the newest version at its creation", async () => {
    await call("SM.CREATE", "k", "lamp");
    await define(on.client, "lamp:v2", { initial: "dim", states: { dim: {} } });
    await call("SM.CREATE", "k2", "lamp");
    expect(fields(await call("SM.INFO", "k"))["definition"]).toBe("lamp:v1");
    expect(fields(await call("SM.INFO", "k2"))["definition"]).toBe("lamp:v2");
    expect(await call("SM.COUNT", "BY", "VERSION")).toEqual(["lamp:v1", 1, "lamp:v2", 1]);
  });

  test("takes STATE, CONTEXT, REASON, NX, EX and PX", async () => {
    expect(
      await call(
        "SM.CREATE",
        "k",
        "lamp",
        "STATE",
        "on",
        "CONTEXT",
        '{"n":5}',
        "REASON",
        "moved",
        "PX",
        1500,
      ),
    ).toBe("OK");
    expect(fields(await call("SM.INFO", "k"))).toMatchObject({
      state: ["on"],
      context: '{"n":5}',
      reason: "moved",
      ttl: 1500,
      rev: 1,
    });
    expect(await call("SM.CREATE", "k", "lamp", "nx")).toBeNull();
    expect(await call("SM.STATE", "k")).toEqual(["on"]);
    expect(await call("SM.CREATE", "k3", "lamp", "NX", "EX", 7)).toBe("OK");
    expect(await call("PTTL", "k3")).toBe(7000);
    expect(await call("SM.CREATE", "k", "lamp")).toBe("OK");
    expect([await call("SM.STATE", "k"), await call("TTL", "k")]).toEqual([["off"], -1]);
  });

  test.each<readonly [readonly Argument[], string]>([
    [["STATE", "nowhere"], "NOSTATE"],
    [["CONTEXT", "{"], "ERR"],
    [["CONTEXT", "[1]"], "ERR"],
    [["EX", 0], "ERR invalid expire time in 'sm.create' command"],
    [["EX", "9223372036854775807"], "ERR invalid expire time in 'sm.create' command"],
    [["EX", "x"], "ERR value is not an integer or out of range"],
    [["EX", 1, "PX", 1], "ERR EX and PX options at the same time are not compatible"],
    [["NONSENSE"], "ERR syntax error, there is no option"],
    [["STATE"], "ERR"],
  ])("refuses %j with %s and leaves what is there", async (options, code) => {
    await call("SM.CREATE", "k", "lamp", "STATE", "on");
    expect(await call("SM.CREATE", "k", "lamp", ...options)).toEqual(beginning(code));
    expect(await call("SM.STATE", "k")).toEqual(["on"]);
  });

  test("does not replace a key of another type, and makes a blank machine without a definition", async () => {
    await call("SET", "text", "v");
    for (const definition of ["lamp", "none"]) {
      expect(await call("SM.CREATE", "text", definition)).toEqual(beginning("WRONGTYPE"));
    }
    expect(await call("SM.CREATE", "k")).toBe("OK");
    expect(await call("SM.STATE", "k")).toEqual([""]);
  });

  test("undoes a creation whose first steps fail", async () => {
    await define(on.client, "fails", {
      initial: "a",
      states: { a: { entry: [{ assign: { x: "1 / 0" } }] } },
    });
    expect(await call("SM.CREATE", "k", "fails")).toEqual(beginning("EXECFAIL"));
    await define(on.client, "runs", {
      initial: "a",
      states: { a: { always: { target: "b" } }, b: { always: { target: "a" } } },
    });
    expect(await call("SM.CREATE", "k", "runs")).toEqual(beginning("EXECFAIL"));
    expect(await call("EXISTS", "k")).toBe(0);
    expect(await call("SM.VERIFY")).toEqual([]);
  });
});
