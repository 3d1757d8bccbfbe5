import { describe, expect, it } from "vitest";
import { CATALOGUE, findByFullName } from "../../src/catalogue/catalogue.ts";
import { commandDocs } from "../../src/catalogue/docs.ts";
import { commandInfo, commandInfos, commandNames, isInCategory } from "../../src/catalogue/info.ts";
import { map, type Reply, simple } from "../../src/protocol/reply.ts";

const names = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const set = (...items: Reply[]): Reply => ({ kind: "set", items });

describe("commandInfos", () => {
  it("returns null in its place when a name is not a command", () => {
    const get = findByFullName(CATALOGUE, "get");
    expect(commandInfos(CATALOGUE, names("nope", "GET", "get|x"))).toEqual([
      null,
      get && commandInfo(get),
      null,
    ]);
  });

  it("returns all commands when there are no names", () => {
    expect(commandInfos(CATALOGUE, [])).toHaveLength(CATALOGUE.commands.length);
  });

  it("shows a command of ours like that of a module when it is one of the seven", () => {
    const rangeOfOne = map([
      ["type", "range"],
      [
        "spec",
        map([
          ["lastkey", 0],
          ["keystep", 1],
          ["limit", 0],
        ]),
      ],
    ]);
    const index = map([
      ["type", "index"],
      ["spec", map([["index", 1]])],
    ]);
    const spec = map([
      ["flags", set(simple("RW"), simple("access"), simple("update"))],
      ["begin_search", index],
      ["find_keys", rangeOfOne],
    ]);
    const words = (...texts: string[]) => set(...texts.map(simple));
    expect(commandInfos(CATALOGUE, names("sm.mutate"))).toEqual([
      [
        "SM.MUTATE",
        -3,
        words("write", "denyoom", "module", "fast"),
        ...[1, 1, 1],
        words("@write", "@fast", "@statemachine"),
        set(),
        set(spec),
        set(),
      ],
    ]);
  });
});

describe("commandNames", () => {
  it("lists subcommands by their full names when they pass the filter", () => {
    const found = commandNames(CATALOGUE, ({ name }) => /^(get|config)/.test(name));
    expect(found).toContain("config|get");
    expect(found).toContain("getrange");
    expect(found).not.toContain("set");
  });

  it("isInCategory() ignores the case of the category", () => {
    expect(commandNames(CATALOGUE, (command) => isInCategory(command, "Transaction"))).toEqual([
      ...["discard", "exec", "multi", "unwatch", "watch"],
    ]);
    expect(commandNames(CATALOGUE, (command) => isInCategory(command, "statemachine"))).toContain("SM.STATE");
    expect(commandNames(CATALOGUE, (command) => isInCategory(command, "@statemachine"))).toEqual([]);
  });
});

describe("commandDocs", () => {
  it("skips a name when it is no command", () => {
    expect(commandDocs(CATALOGUE, names("nope"))).toEqual(map([]));
  });

  it("shows the display text of an argument when there is one", () => {
    const reply = commandDocs(CATALOGUE, names("sm.get"));
    const { declaration } = findByFullName(CATALOGUE, "sm.get") ?? {};
    expect(reply).toEqual(
      map([
        [
          "SM.GET",
          map([
            ["summary", declaration?.summary ?? ""],
            ["since", "0.1.0"],
            ["group", "sm"],
            ["complexity", declaration?.complexity ?? ""],
            ["module", "redisstate"],
            [
              "arguments",
              [
                map([
                  ["name", "key"],
                  ["type", "key"],
                  ["display_text", "key"],
                  ["key_spec_index", 0],
                ]),
                map([
                  ["name", "reason"],
                  ["type", "pure-token"],
                  ["display_text", "reason"],
                  ["token", "REASON"],
                  ["flags", set(simple("optional"))],
                ]),
              ],
            ],
          ]),
        ],
      ]),
    );
  });

  it("nests the documentation of subcommands one level when the command is a container", () => {
    const [config] = Object.values(commandDocs(CATALOGUE, names("config")) ?? {})[1] as [[string, Reply]];
    const text = JSON.stringify(config);
    expect(text).toContain('"subcommands"');
    expect(text).toContain('"config|resetstat"');
  });
});
