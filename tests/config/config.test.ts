import { describe, expect, test } from "vitest";
import type { ConfigChange } from "../../src/config/config.ts";
import { configOf } from "../../src/config/load.ts";

const failed = (argument: string, reason: string) => ({
  ok: false,
  message: `ERR CONFIG SET failed (possibly related to argument '${argument}') - ${reason}`,
});

describe("match()", () => {
  test("match() lists names in the order of the table, none twice, when patterns overlap", () => {
    expect(configOf().match(["slowlog-*", "SLOWLOG-max-len", "port", "p?rt"])).toEqual([
      ["slowlog-log-slower-than", "10000"],
      ["slowlog-max-len", "128"],
      ["port", "6379"],
    ]);
  });

  test("match() shows a name without wildcards as it was asked for", () => {
    expect(configOf().match(["PORT", "p[o]rt", "nope", ""])).toEqual([["PORT", "6379"]]);
  });

  test("match() lists aliases beside their directive", () => {
    expect(configOf().match(["hash-max-*-entries", "slave-read-only"])).toEqual([
      ["hash-max-listpack-entries", "512"],
      ["hash-max-ziplist-entries", "512"],
      ["slave-read-only", "yes"],
    ]);
  });

  test("match() never shows instructions of the file", () => {
    const names = configOf()
      .match(["*"])
      .map(([name]) => name);
    expect(names).toContain("sm-compat");
    expect(names).not.toContain("include");
    expect(configOf().match(["include", "user"])).toEqual([]);
  });
});

describe("set()", () => {
  test("set() changes all directives given", () => {
    const config = configOf();
    const { values } = config;
    expect(
      config.set([
        ["TIMEOUT", "5"],
        ["sm-compat", "MODULE"],
        ["maxmemory", "1gb"],
      ]),
    ).toEqual({ ok: true });
    expect([values.timeout, values["sm-compat"], config.get("maxmemory")]).toEqual([5, "module", 2 ** 30]);
  });

  test.each<[pairs: Array<[string, string]>, outcome: unknown]>([
    [
      [["nope", "1"]],
      { ok: false, message: "ERR Unknown option or number of arguments for CONFIG SET - 'nope'" },
    ],
    [
      [["Include", "a"]],
      { ok: false, message: "ERR Unknown option or number of arguments for CONFIG SET - 'Include'" },
    ],
    [
      [
        ["Databases", "4"],
        ["nope", "1"],
      ],
      failed("Databases", "can't set immutable config"),
    ],
    [
      [
        ["nope", "1"],
        ["databases", "4"],
      ],
      { ok: false, message: "ERR Unknown option or number of arguments for CONFIG SET - 'nope'" },
    ],
    [
      [
        ["timeout", "1"],
        ["Timeout", "1"],
      ],
      failed("Timeout", "duplicate parameter"),
    ],
    [
      [
        ["timeout", "1"],
        ["HZ", "abc"],
      ],
      failed("hz", "argument couldn't be parsed into an integer"),
    ],
    [[["Slave-Priority", "x"]], failed("slave-priority", "argument couldn't be parsed into an integer")],
  ])("set() changes nothing when %j is at fault", (pairs, outcome) => {
    const config = configOf();
    const before = { ...config.values };
    expect(config.set(pairs)).toEqual(outcome);
    expect(config.values).toEqual(before);
  });

  test("set() takes a directive and its alias as two parameters, the later one wins", () => {
    const config = configOf();
    expect(
      config.set([
        ["hash-max-ziplist-entries", "5"],
        ["hash-max-listpack-entries", "6"],
      ]),
    ).toEqual({ ok: true });
    expect(config.get("hash-max-listpack-entries")).toBe(6);
  });

  test("set() replaces save points and changes only the named classes of output buffers", () => {
    const config = configOf({ save: [{ seconds: 1, changes: 1 }] });
    config.set([
      ["save", "60 5"],
      ["client-output-buffer-limit", "slave 1 2 3"],
    ]);
    expect(config.match(["save", "client-output-buffer-limit"]).map(([, value]) => value)).toEqual([
      "60 5",
      "normal 0 0 0 slave 1 2 3 pubsub 33554432 8388608 60",
    ]);
  });
});

describe("onChange()", () => {
  test("onChange() reports changed directives after all have been set", () => {
    const config = configOf();
    const seen: unknown[] = [];
    config.onChange(({ name, value, previous }) => {
      seen.push([name, previous, value, config.get("timeout"), config.get("loglevel")]);
      return undefined;
    });
    config.set([
      ["timeout", "5"],
      ["hz", "10"],
      ["loglevel", "debug"],
    ]);
    expect(seen).toEqual([
      ["timeout", 0, 5, 5, "debug"],
      ["loglevel", "notice", "debug", 5, "debug"],
    ]);
  });

  test("onChange() takes everything back when a listener refuses, and notifies those that had been notified", () => {
    const config = configOf();
    const seen: ConfigChange[] = [];
    config.onChange((change) => {
      seen.push(change);
      return undefined;
    });
    config.onChange(({ name }) => (name === "maxclients" ? "too many for this host" : undefined));
    expect(
      config.set([
        ["timeout", "5"],
        ["maxclients", "7"],
      ]),
    ).toEqual(failed("maxclients", "too many for this host"));
    expect([config.get("timeout"), config.get("maxclients")]).toEqual([0, 10000]);
    expect(seen).toEqual([
      { name: "timeout", value: 5, previous: 0 },
      { name: "maxclients", value: 7, previous: 10000 },
      { name: "maxclients", value: 10000, previous: 7 },
      { name: "timeout", value: 0, previous: 5 },
    ]);
  });

  test("onChange() reports nothing when the subscription has ended", () => {
    const config = configOf();
    let count = 0;
    const end = config.onChange(() => {
      count += 1;
      return undefined;
    });
    end();
    config.set([["timeout", "5"]]);
    expect(count).toBe(0);
  });
});
