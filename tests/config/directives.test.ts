import { describe, expect, test } from "vitest";
import { readLine, readValue, wordsOfText } from "../../src/config/config-lines.ts";
import {
  type ConfigValues,
  type DirectiveName,
  directiveEntry,
  directiveNamed,
  SECTIONS,
  spellings,
} from "../../src/config/directives.ts";

const names = [...new Set(spellings().values())];
const valueNames = names.filter((name) => !directiveEntry(name).isFileOnly);

const parse = (name: DirectiveName, text: string) =>
  readValue(name, wordsOfText(name, text), { current: directiveEntry(name).default, isRepeated: false });

describe("the table of directives", () => {
  test("has every directive in one section of the documentation", () => {
    const inSections = SECTIONS.flatMap(({ directives }) => Object.keys(directives));
    expect(inSections.sort()).toEqual([...names].sort());
  });

  test("has no name or alias twice", () => {
    const all = names.flatMap((name) => [name, ...directiveEntry(name).aliases]);
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((name) => name === name.toLowerCase())).toBe(true);
  });

  test.each(valueNames)(
    "%s has a default that its own type accepts, as CONFIG GET and as a file show it",
    (name) => {
      const { type, default: value } = directiveEntry(name);
      expect(parse(name, type.print(value))).toEqual({ ok: true, value });
      let current = value;
      for (const [at, text] of type.lines(value).entries()) {
        const line = readLine(`${name} ${text}`);
        if (!line.ok || line.value === undefined) throw new Error(`${name} ${text} does not read`);
        const parsed = readValue(name, line.value.words, { current, isRepeated: at > 0 });
        if (!parsed.ok) throw new Error(parsed.reason);
        current = parsed.value;
      }
      expect(current).toEqual(value);
    },
  );

  test("directiveNamed() finds names and aliases in any case", () => {
    expect(["PORT", "slave-read-only", "nope"].map(directiveNamed)).toEqual([
      "port",
      "replica-read-only",
      undefined,
    ]);
  });
});

describe("values", () => {
  test.each<[name: keyof ConfigValues, text: string, value: unknown, shown?: string]>([
    ["protected-mode", "NO", false, "no"],
    ["port", "0", 0],
    ["slowlog-log-slower-than", "-1", -1],
    ["slowlog-max-len", "9223372036854775807", Number.MAX_SAFE_INTEGER, "9007199254740991"],
    ["maxmemory", "", 0, "0"],
    ["maxmemory", "7", 7],
    ["maxmemory", "7B", 7, "7"],
    ["maxmemory", "1k", 1000, "1000"],
    ["maxmemory", "1kb", 1024, "1024"],
    ["maxmemory", "2M", 2000000, "2000000"],
    ["maxmemory", "2mb", 2 * 2 ** 20, "2097152"],
    ["maxmemory", "1g", 1e9, "1000000000"],
    ["maxmemory", "1gB", 2 ** 30, "1073741824"],
    ["maxmemory-clients", "10%", -10, "10%"],
    ["maxmemory-clients", "0%", 0, "0"],
    ["maxmemory-clients", "1kb", 1024, "1024"],
    ["unixsocketperm", "0770", 0o770, "770"],
    ["appendfsync", "EverySec", "everysec", "everysec"],
    ["requirepass", " a b ", " a b "],
    ["dbfilename", "x.rdb", "x.rdb"],
    ["bind", "127.0.0.1 -::1", ["127.0.0.1", "-::1"]],
    [
      "save",
      "900 1 60 0",
      [
        { seconds: 900, changes: 1 },
        { seconds: 60, changes: 0 },
      ],
    ],
    ["save", "", []],
    [
      "client-output-buffer-limit",
      "normal 99999999999gb 1kb 1 slave 1 0 0 pubsub 0 0 0",
      {
        normal: { hardBytes: Number.MAX_SAFE_INTEGER, softBytes: 1024, softSeconds: 1 },
        replica: { hardBytes: 1, softBytes: 0, softSeconds: 0 },
        pubsub: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
      },
      "normal 9007199254740991 1024 1 slave 1 0 0 pubsub 0 0 0",
    ],
    [
      "client-output-buffer-limit",
      "",
      directiveEntry("client-output-buffer-limit").default,
      "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    ],
    ["notify-keyspace-events", "KEA", new Set("KEg$lshzxetd"), "AKE"],
    ["notify-keyspace-events", "AKEmn", new Set("KEg$lshzxetdmn"), "AKEmn"],
    ["notify-keyspace-events", "Kn", new Set("Kn"), "nK"],
    ["notify-keyspace-events", "xeKm$", new Set("xeKm$"), "$xeKm"],
    ["notify-keyspace-events", "", new Set()],
    ["shutdown-on-sigint", "FORCE save", ["save", "force"], "save force"],
    ["shutdown-on-sigint", "default", [], "default"],
    ["shutdown-on-sigint", "default now", ["now"], "now"],
    ["latency-tracking-info-percentiles", "", []],
    ["latency-tracking-info-percentiles", "0 50.5 100", [0, 50.5, 100]],
    ["oom-score-adj-values", "-1 2 3", [-1, 2, 3]],
  ])("%s takes %j", (name, text, value, shown = text) => {
    const parsed = parse(name, text);
    expect(parsed).toEqual({ ok: true, value });
    if (parsed.ok) expect(directiveEntry(name).type.print(parsed.value)).toBe(shown);
  });

  test.each<[name: keyof ConfigValues, text: string, reason: string]>([
    ["protected-mode", "maybe", "argument must be 'yes' or 'no'"],
    ["port", "70000", "argument must be between 0 and 65535 inclusive"],
    ["port", "01", "argument couldn't be parsed into an integer"],
    ["port", "9223372036854775808", "argument couldn't be parsed into an integer"],
    ["maxmemory", "1.5gb", "argument must be a memory value"],
    ["maxmemory", "constructor", "argument must be a memory value"],
    ["maxmemory", "1".repeat(31), "argument must be a memory value"],
    ["maxmemory", "10%", "argument must be a memory value"],
    ["proto-max-bulk-len", "1000", "argument must be between 1048576 and 9223372036854775807 inclusive"],
    ["maxmemory-clients", "101%", "percentage argument must be less or equal to 100"],
    ["maxmemory-clients", "-1%", "argument must be a memory or percent value"],
    ["unixsocketperm", "888", "argument couldn't be parsed as an octal number"],
    ["appendfsync", "x", "argument(s) must be one of the following: everysec, always, no"],
    ["dbfilename", "a/b", "dbfilename can't be a path, just a filename"],
    ["bind", "1 ".repeat(17).trim(), "Too many bind addresses specified."],
    ["save", "900", "Invalid save parameters"],
    ["save", "0 1", "Invalid save parameters"],
    ["save", "60 x", "Invalid save parameters"],
    ["save", "900 1  60 1", "Invalid save parameters"],
    ["client-output-buffer-limit", "normal 1 2", "Wrong number of arguments in buffer limit configuration."],
    [
      "client-output-buffer-limit",
      "master 1 2 3",
      "Invalid client class specified in buffer limit configuration.",
    ],
    [
      "client-output-buffer-limit",
      "normal 1q 2 3",
      "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
    ],
    [
      "client-output-buffer-limit",
      "normal 1 2q 3",
      "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
    ],
    [
      "client-output-buffer-limit",
      "normal 1 2 -3",
      "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
    ],
    ["notify-keyspace-events", "KX", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."],
    [
      "shutdown-on-sigint",
      "save x",
      "argument(s) must be one of the following: default, save, nosave, now, force",
    ],
    ["shutdown-on-sigint", "", "argument(s) must be one of the following: default, save, nosave, now, force"],
    ["shutdown-on-sigint", "save nosave", "shutdown options SAVE and NOSAVE can't be used simultaneously"],
    [
      "latency-tracking-info-percentiles",
      "x",
      "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
    ],
    ["oom-score-adj-values", "1 2", "wrong number of arguments"],
    [
      "tls-protocols",
      "TLSv1.2 SSLv3",
      "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.",
    ],
  ])("%s refuses %j", (name, text, reason) => {
    expect(parse(name, text)).toEqual({ ok: false, reason });
  });

  test("types refuse to read no words at all", () => {
    const { type } = directiveEntry("port");
    expect(type.parse([], { current: 1, isRepeated: false })).toEqual({
      ok: false,
      reason: "wrong number of arguments",
    });
    const options = directiveEntry("shutdown-on-sigint").type;
    expect(options.parse([], { current: [], isRepeated: false }).ok).toBe(false);
  });

  test("instructions of the file print what they hold", () => {
    const renaming = directiveEntry("rename-command").type;
    const value = [
      { from: "GET", to: "fetch" },
      { from: "DEBUG", to: "" },
    ];
    expect([renaming.print(value), renaming.lines(value)]).toEqual([
      "GET fetch DEBUG ",
      ["GET fetch", 'DEBUG ""'],
    ]);
    const lines = directiveEntry("include").type;
    expect([lines.print([["a b"], ["c"]]), lines.lines([["a b"], ["c"]])]).toEqual(["a b c", ['"a b"', "c"]]);
  });
});
