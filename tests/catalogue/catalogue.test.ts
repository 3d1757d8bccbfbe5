import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import {
  CATALOGUE,
  checkArity,
  deriveCatalogue,
  findByFullName,
  findCommand,
  unknownCommandError,
} from "../../src/catalogue/catalogue.ts";
import { type Command, FLAG, flagNames, hasFlag } from "../../src/catalogue/command.ts";
import { hasKeys, keysOf } from "../../src/catalogue/keys.ts";

const request = (line: string): Buffer[] => line.split(" ").map((word) => Buffer.from(word));

function command(name: string): Command {
  const found = findByFullName(CATALOGUE, name);
  if (found === undefined) throw new Error(`no ${name} in the catalogue`);
  return found;
}

/** A catalogue of one command, for shapes that no command of ours has yet. */
function single(entry: JsonObject): Command {
  const base = {
    summary: "s",
    since: "1.0.0",
    group: "g",
    complexity: "O(1)",
    arity: -1,
    command_flags: [],
    acl_categories: [],
  };
  const [made] = deriveCatalogue({ X: { ...base, ...entry } }).commands;
  if (made === undefined) throw new Error("no command");
  return made;
}

describe("findCommand", () => {
  it.each([
    ["get k", "get"],
    ["GET k", "get"],
    ["gEt k", "get"],
    ["config GET *", "config|get"],
    ["CONFIG geT *", "config|get"],
    ["CONFIG", "config"],
    ["COMMAND", "command"],
    ["sm.mutate k s", "SM.MUTATE"],
    ["DEBUG SLEEP 0", "debug"],
  ])("finds %s when the case varies and subcommands follow", (line, name) => {
    expect(findCommand(CATALOGUE, request(line))?.name).toBe(name);
  });

  it.each(["nope k", "config nope", "get|x", "config|get", `${"x".repeat(65)} k`, "gét k"])(
    "finds nothing when the catalogue has no %s",
    (line) => {
      expect(findCommand(CATALOGUE, request(line))).toBeUndefined();
    },
  );

  it("finds nothing when the request is empty", () => {
    expect(findCommand(CATALOGUE, [])).toBeUndefined();
  });
});

describe("findByFullName", () => {
  it.each([
    ["Config|GET", "config|get"],
    ["get", "get"],
    ["get|x", undefined],
    ["config|get|x", undefined],
    ["", undefined],
  ])("reads %s as a full name when in any case", (name, found) => {
    expect(findByFullName(CATALOGUE, name)?.name).toBe(found);
  });
});

describe("checkArity", () => {
  it.each([
    ["get k", true],
    ["get", false],
    ["get k v", false],
    ["set k v", true],
    ["set k", false],
    ["set k v ex 10", true],
    ["config get", false],
    ["config get *", true],
    ["config", false],
  ])("counts the words of the name when the request is %s", (line, fits) => {
    const found = findCommand(CATALOGUE, request(line));
    expect(found !== undefined && checkArity(found, request(line))).toBe(fits);
  });
});

describe("unknownCommandError", () => {
  it.each([
    ["FOO bar baz", "ERR unknown command 'FOO', with args beginning with: 'bar' 'baz' "],
    ["foo", "ERR unknown command 'foo', with args beginning with: "],
    ["CLIENT nope", "ERR unknown subcommand 'nope'. Try CLIENT HELP."],
    ["x a\0b", "ERR unknown command 'x', with args beginning with: 'a' "],
  ])("answers as Redis when asked for %s", (line, message) => {
    expect(unknownCommandError(CATALOGUE, request(line)).message).toBe(message);
  });
});

describe("deriveCommand", () => {
  it.each([
    ["get", [1, 1, 1]],
    ["del", [1, -1, 1]],
    ["mset", [1, -1, 2]],
    ["rename", [1, 2, 1]],
    ["lcs", [1, 2, 1]],
    ["memory|usage", [2, 2, 1]],
    ["ping", [0, 0, 0]],
    ["sm.mutate", [1, 1, 1]],
  ])("gives %s the legacy key positions when it has key specifications", (name, range) => {
    const { firstKey, lastKey, keyStep } = command(name);
    expect([firstKey, lastKey, keyStep]).toEqual(range);
  });

  it("derives ACL categories when flags imply them", () => {
    expect(command("set").aclCategories).toEqual(["WRITE", "STRING", "SLOW"]);
    expect(command("config|set").aclCategories).toEqual(["ADMIN", "SLOW", "DANGEROUS"]);
    expect(command("sm.state").aclCategories).toEqual(["READ", "FAST", "STATEMACHINE"]);
    const blocking = single({ command_flags: ["BLOCKING", "PUBSUB"] });
    expect(blocking.aclCategories).toEqual(["PUBSUB", "SLOW", "BLOCKING"]);
  });

  it("lists flags in Redis' order when they were declared", () => {
    expect(flagNames(command("shutdown"))).toEqual([
      ...["ADMIN", "NOSCRIPT", "LOADING", "STALE", "NO_MULTI", "ALLOW_BUSY"],
    ]);
    expect(hasFlag(command("sm.set"), FLAG.MODULE)).toBe(true);
    expect(hasFlag(command("set"), FLAG.READONLY)).toBe(false);
  });
});

const KEYWORD = {
  flags: ["RO", "ACCESS"],
  begin_search: { keyword: { keyword: "STREAMS", startfrom: 1 } },
  find_keys: { range: { lastkey: -1, step: 1, limit: 2 } },
};
const KEYWORD_BACKWARDS = {
  flags: ["RO"],
  begin_search: { keyword: { keyword: "KEYS", startfrom: -2 } },
  find_keys: { range: { lastkey: 0, step: 1, limit: 0 } },
};
const KEYNUM = {
  flags: ["RW"],
  begin_search: { index: { pos: 1 } },
  find_keys: { keynum: { keynumidx: 0, firstkey: 1, step: 1 } },
};
const CHANNEL = {
  flags: ["NOT_KEY"],
  begin_search: { index: { pos: 1 } },
  find_keys: { range: { lastkey: -1, step: 1, limit: 0 } },
};

describe("keysOf", () => {
  const keys = (from: Command, line: string) =>
    keysOf(from, request(line))?.map(({ key, flags }) => [key.toString(), ...flags].join(" "));

  it.each([
    ["GET a", ["a RO ACCESS"]],
    ["MSET a 1 b 2", ["a OW UPDATE", "b OW UPDATE"]],
    ["RENAME a b", ["a RW ACCESS DELETE", "b OW UPDATE"]],
    ["MEMORY USAGE a", ["a RO"]],
    ["SET a v", ["a OW UPDATE"]],
    ["SET a v EX 10 get", ["a RW ACCESS UPDATE"]],
    ["PING", []],
    ["DEL", undefined],
  ])("names keys and uses when the request is %s", (line, expected) => {
    const found = findCommand(CATALOGUE, request(line));
    expect(found && keys(found, line)).toEqual(expected);
  });

  it.each([
    ["X COUNT 2 streams a b 1 2", ["a RO ACCESS", "b RO ACCESS"]],
    ["X STREAMS a 1", ["a RO ACCESS"]],
    ["X COUNT 2", []],
    ["X STREAMS", []],
    ["X STREAMS a", undefined],
  ])("looks for the keyword when the request is %s", (line, expected) => {
    const keyword = single({ key_specs: [KEYWORD] });
    expect(keys(keyword, line)).toEqual(expected);
    expect(hasFlag(keyword, FLAG.MOVABLEKEYS)).toBe(true);
  });

  it("searches from the end when startfrom is negative", () => {
    const keyword = single({ key_specs: [KEYWORD_BACKWARDS] });
    expect(keys(keyword, "X KEYS b KEYS a")).toEqual(["a RO"]);
    expect(keys(keyword, "KEYS b c d")).toEqual([]);
  });

  it.each([
    ["X 2 a b c", ["a RW", "b RW"]],
    ["X 3 a b", undefined],
    ["X 0 a", undefined],
    ["X x a", undefined],
    ["X", undefined],
  ])("uses a count of keys only as far as there are arguments when the request is %s", (line, expected) => {
    expect(keys(single({ key_specs: [KEYNUM] }), line)).toEqual(expected);
  });

  it("skips channels when they are declared like keys", () => {
    const channels = single({ key_specs: [CHANNEL] });
    expect(keys(channels, "X a b")).toEqual([]);
    expect(hasKeys(channels)).toBe(false);
    expect(hasKeys(command("get"))).toBe(true);
  });

  it("returns no keys when a key specification is unknown", () => {
    const unknown = { unknown: null };
    const index = { index: { pos: 1 } };
    const of = (begin_search: JsonObject) =>
      single({ key_specs: [{ flags: ["RO"], begin_search, find_keys: unknown }] });
    expect(keys(of(unknown), "X a")).toEqual([]);
    expect(keys(of(index), "X a")).toBeUndefined();
  });
});

describe("deriveCatalogue", () => {
  const file = JSON.parse(readFileSync("commands.json", "utf8")) as Record<string, JsonObject>;
  const get = file["GET"] ?? {};
  const withGet = (change: JsonObject): Json => ({ GET: { ...get, ...change } });

  it.each<[Json, string]>([
    [[], "commands.json: expected an object"],
    [{}, "commands.json: expected at least one command"],
    [{ get }, "get: expected a command name in upper case"],
    [{ GET: 1 }, "GET: expected an object"],
    [withGet({ summary: "" }), "GET.summary: expected a text"],
    [withGet({ since: "1.0" }), "GET.since: expected a version of three numbers"],
    [withGet({ arity: 0 }), "GET.arity: expected an integer other than 0"],
    [withGet({ arity: 1.5 }), "GET.arity: expected an integer"],
    [withGet({ function: "x" }), "GET.function: expected one of summary since"],
    [withGet({ container: "X" }), "GET.container: expected no container"],
    [withGet({ history: [["1.0.0"]] }), "GET.history[0]: expected a version and a text"],
    [withGet({ command_flags: ["FST"] }), "GET.command_flags[0]: expected one of WRITE READONLY"],
    [withGet({ command_flags: "FAST" }), "GET.command_flags: expected an array"],
    [withGet({ acl_categories: ["read"] }), "GET.acl_categories[0]: expected one of KEYSPACE"],
    [
      withGet({ key_specs: [{ ...KEYNUM, flags: ["ACCESS"] }] }),
      "GET.key_specs[0].flags: expected exactly one of",
    ],
    [
      withGet({ key_specs: [{ ...KEYNUM, begin_search: {} }] }),
      "begin_search: expected an object with one field",
    ],
    [
      withGet({ key_specs: [{ ...KEYNUM, begin_search: { x: {} } }] }),
      "begin_search: expected index, keyword or",
    ],
    [
      withGet({ key_specs: [{ ...KEYNUM, find_keys: { x: {} } }] }),
      "find_keys: expected range, keynum or unknown",
    ],
    [
      withGet({ key_specs: [{ ...KEYNUM, find_keys: { range: { lastkey: 0, step: 0, limit: 0 } } }] }),
      "GET.key_specs[0].find_keys.range.step: expected a positive integer",
    ],
    [
      withGet({ arguments: [{ name: "a", type: "block" }] }),
      "GET.arguments[0].arguments: expected parts for",
    ],
    [withGet({ arguments: [{ name: "a", type: "pure-token" }] }), "GET.arguments[0].token: expected a token"],
    [
      withGet({ arguments: [{ name: "a", type: "key", key_spec_index: 1 }] }),
      "GET.arguments[0].key_spec_index: expected the index of a key specification",
    ],
    [
      withGet({ arguments: [{ name: "a", type: "string", optional: false }] }),
      "GET.arguments[0].optional: expected true",
    ],
    [{ "A|B": { ...get, container: "A" } }, "A|B has no container entry"],
  ])("refuses the file when it is wrong: case %#", (wrong, message) => {
    expect(() => deriveCatalogue(wrong)).toThrow("commands.json is not valid: ");
    expect(() => deriveCatalogue(wrong)).toThrow(message);
  });

  it("accepts commands.json of this program", () => {
    expect(deriveCatalogue(file).commands.length).toBe(CATALOGUE.commands.length);
  });
});
