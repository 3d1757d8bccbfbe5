import { describe, expect, test } from "vitest";
import { configOf } from "../../src/config/load.ts";
import { configFrom, load, loadText, memoryFiles } from "./sources.ts";

const fault = (number: number, line: string, reason: string) => ({
  kind: "error",
  exitCode: 1,
  text:
    "\n*** FATAL CONFIG FILE ERROR (Detent 1.2.3) ***\n" +
    `Reading the configuration file, at line ${number}\n>>> '${line}'\n${reason}\n`,
});

describe("loadConfig()", () => {
  test("loadConfig() gives the defaults when there is nothing to read", () => {
    const loaded = load([]);
    expect(loaded).toMatchObject({ kind: "config", warnings: [] });
    const config = configFrom(loaded);
    expect(config.file).toBeUndefined();
    expect([config.get("port"), config.get("appendfsync"), config.get("sm-compat")]).toEqual([
      6379,
      "always",
      "documented",
    ]);
    expect(config.get("dir")).toBe("/srv");
  });

  test("loadConfig() returns requests for the version and for help", () => {
    expect([load(["-v"]), load(["-h"])]).toEqual([{ kind: "version" }, { kind: "help" }]);
  });

  test("loadConfig() reads file, standard input and options in this order", () => {
    const config = configFrom(
      load(["detent.conf", "--timeout", "3", "-"], {
        files: memoryFiles({ "/srv/detent.conf": "# comment\n\nPORT 1\ntimeout 1\nmaxclients 1" }),
        readStdin: () => Buffer.from("timeout 2\nmaxclients 2"),
      }),
    );
    expect([config.get("port"), config.get("maxclients"), config.get("timeout")]).toEqual([1, 2, 3]);
    expect(config.file).toBe("/srv/detent.conf");
  });

  test("loadConfig() reads standard input alone when the file is a dash", () => {
    expect(configFrom(load(["-"], { readStdin: () => Buffer.from("port 1") })).get("port")).toBe(1);
  });

  test("loadConfig() makes the data folder absolute", () => {
    expect(configFrom(loadText("dir data")).get("dir")).toBe("/srv/data");
    expect(configFrom(loadText("dir /data")).get("dir")).toBe("/data");
  });

  test("loadConfig() takes a database for the store, which makes the server a member of a cluster", () => {
    const alone = configFrom(load([]));
    expect([alone.get("store"), alone.get("cluster-enabled")]).toEqual(["lmdb", false]);
    const member = configFrom(loadText("store postgres://me@db/detent\ncluster-enabled yes"));
    expect([member.get("store"), member.get("cluster-enabled")]).toEqual(["postgres://me@db/detent", true]);
    expect(configFrom(loadText("store postgresql://db/detent")).get("cluster-enabled")).toBe(true);
  });

  test.each([
    ["store mysql://db", /argument must be 'lmdb' or the address of a database, postgres:/],
    ["cluster-enabled yes", /'cluster-enabled yes' needs a database that the servers share: store postgres:/],
    ["store postgres://db/x\ncluster-enabled no", /'cluster-enabled no' contradicts 'store'/],
    ["cluster-lease 600", /'cluster-lease-margin' must be less than half of 'cluster-lease'/],
    ["cluster-lease 100", /must be between 500 and 600000/],
  ])("loadConfig() refuses %j", (text, fault) => {
    expect(loadText(text)).toMatchObject({ kind: "error", text: expect.stringMatching(fault) });
  });

  test("loadConfig() adds up save points over lines and options", () => {
    const config = configFrom(loadText("save 900 1\nsave 60 5 30 6", ["--save", "1", "2"]));
    expect(config.get("save").map(({ seconds }) => seconds)).toEqual([900, 60, 30, 1]);
    expect(configFrom(loadText('save 900 1\nsave ""\nsave 60 1')).get("save")).toEqual([
      { seconds: 60, changes: 1 },
    ]);
  });

  test("loadConfig() changes only the classes of output buffers that are named", () => {
    const config = configFrom(
      loadText(
        "client-output-buffer-limit pubsub 1kb 2 3\nclient-output-buffer-limit slave 1 2 3 NORMAL 4 5 6",
      ),
    );
    expect(config.get("client-output-buffer-limit")).toEqual({
      normal: { hardBytes: 4, softBytes: 5, softSeconds: 6 },
      replica: { hardBytes: 1, softBytes: 2, softSeconds: 3 },
      pubsub: { hardBytes: 1024, softBytes: 2, softSeconds: 3 },
    });
  });

  test("loadConfig() accepts lists as words and as one quoted string", () => {
    expect(configFrom(loadText("bind 127.0.0.1 ::1")).get("bind")).toEqual(["127.0.0.1", "::1"]);
    expect(configFrom(loadText('bind "127.0.0.1 ::1"')).get("bind")).toEqual(["127.0.0.1", "::1"]);
    expect(configFrom(loadText('bind ""')).get("bind")).toEqual([]);
  });

  test("loadConfig() follows renamings in their order", () => {
    const config = configFrom(
      loadText('rename-command DEBUG ""\nrename-command GET fetch\nrename-command fetch GET'),
    );
    expect(config.get("rename-command")).toEqual([
      { from: "DEBUG", to: "" },
      { from: "GET", to: "fetch" },
      { from: "fetch", to: "GET" },
    ]);
  });

  test("loadConfig() warns in one line of directives that have no effect", () => {
    const loaded = loadText("maxmemory 1gb\nhz 10\nslave-read-only no\nloadmodule /x.so a\nport 1");
    expect(loaded).toMatchObject({
      warnings: ["Directives accepted for compatibility that have no effect: replica-read-only, loadmodule"],
    });
  });

  test("loadConfig() keeps all lines of an instruction that may be repeated", () => {
    expect(configFrom(loadText("loadmodule /a.so\nloadmodule /b.so x")).get("loadmodule")).toEqual([
      ["/a.so"],
      ["/b.so", "x"],
    ]);
  });

  test("configOf() replaces defaults", () => {
    const config = configOf({ port: 1 });
    expect([config.get("port"), config.get("databases")]).toEqual([1, 16]);
    expect(configOf().get("port")).toBe(6379);
  });
});

describe("include", () => {
  test("loadConfig() reads an included file at its place", () => {
    const files = memoryFiles({
      "/srv/a.conf": "port 1\ninclude b.conf\ntimeout 1",
      "/srv/b.conf": "port 2\ntimeout 2",
    });
    const config = configFrom(load(["a.conf"], { files }));
    expect([config.get("port"), config.get("timeout")]).toEqual([2, 1]);
  });

  test("loadConfig() reads all files that match a pattern, and accepts a pattern without a match", () => {
    const files = memoryFiles({ "/etc/d/1.conf": "port 1", "/etc/d/2.conf": "timeout 2" });
    const config = configFrom(load(["--include", "/etc/d/*.conf", "--include", "/etc/e/*.conf"], { files }));
    expect([config.get("port"), config.get("timeout")]).toEqual([1, 2]);
  });

  test("loadConfig() counts lines within the included file when it is at fault", () => {
    const files = memoryFiles({ "/srv/a.conf": "\n\ninclude b.conf", "/srv/b.conf": "# b\nport x" });
    expect(load(["a.conf"], { files })).toEqual(
      fault(2, "port x", "argument couldn't be parsed into an integer"),
    );
  });

  test("loadConfig() fails when a file cannot be read", () => {
    const missing = (path: string) => ({
      kind: "error",
      exitCode: 1,
      text: `Fatal error, can't open config file '${path}': No such file or directory\n`,
    });
    expect(load(["none.conf"])).toEqual(missing("/srv/none.conf"));
    expect(load(["--include", "/none.conf"])).toEqual(missing("/none.conf"));
  });

  test("loadConfig() fails when a file includes itself", () => {
    expect(loadText("include /srv/detent.conf")).toEqual(
      fault(1, "include /srv/detent.conf", "Files include each other more than 16 deep"),
    );
  });
});

describe("a line at fault", () => {
  test("is never a blank line", () => {
    expect(configFrom(loadText(" \t \n\v\n\r\nport 1\n")).get("port")).toBe(1);
  });

  test.each<[line: string, reason: string]>([
    ["foo bar", "Bad directive or wrong number of arguments"],
    ['""', "Bad directive or wrong number of arguments"],
    ["port", "wrong number of arguments"],
    ["port 1 2", "wrong number of arguments"],
    ['port "1', "Unbalanced quotes in configuration line"],
    ["include", "Bad directive or wrong number of arguments"],
    ["include a b", "Bad directive or wrong number of arguments"],
    ["rename-command GET", "Bad directive or wrong number of arguments"],
    ["rename-command GET a b", "Bad directive or wrong number of arguments"],
    ["rename-command NOPE x", "No such command in rename-command"],
    ["rename-command GET SET", "Target command name already exists"],
    ["replicaof a 1", "Detent does not replicate: it cannot be a replica of another server"],
  ])("loadConfig() refuses %j", (line, reason) => {
    expect(loadText(`\n  ${line} \r\n`)).toEqual(fault(2, line, reason));
  });

  test("loadConfig() shows a line of a file unchanged", () => {
    expect(loadText("é 1")).toEqual(fault(1, "é 1", "Bad directive or wrong number of arguments"));
  });

  test("loadConfig() suggests the directive that a misspelled one of a file is closest to", () => {
    expect(loadText("prot 1")).toEqual(
      fault(1, "prot 1", "Bad directive or wrong number of arguments\nDid you mean 'port'?"),
    );
  });

  test.each<[argv: string[], message: string]>([
    [["--prot", "1"], "there is no option --prot; did you mean --port?"],
    [["--hlep"], "there is no option --hlep; did you mean --help?"],
    [["--nosuchthing", "1"], "there is no option --nosuchthing"],
    [["--port", "é"], "--port é: argument couldn't be parsed into an integer"],
    [["--port", "1", "2"], "--port 1 2: wrong number of arguments"],
    [["--port"], "--port needs a value"],
    [["--include"], "--include needs a value"],
    [["--port=6400"], "an option and its value are two words: write --port 6400"],
    [["--save", "--hz", "abc"], "--hz abc: argument couldn't be parsed into an integer"],
    [["--hz abc"], "--hz abc: argument couldn't be parsed into an integer"],
    [["-x"], "there is no option -x; options begin with two dashes"],
    [["-prot", "1"], "there is no option -prot; options begin with two dashes, such as --port"],
    [["-", "foo"], "'foo' is one argument too many; options begin with two dashes"],
    [["--requirepass", "secret", "x"], "--requirepass: wrong number of arguments"],
  ])("loadConfig() names the option at fault and no file when it reads %j", (argv, message) => {
    expect(load(argv)).toEqual({
      kind: "error",
      exitCode: 1,
      text: `detent: ${message}\nRun 'detent --help' for usage.\n`,
    });
  });

  test("loadConfig() accepts a refused directive when its value is the default", () => {
    expect(loadText('daemonize no\ntls-port 0\ncluster-enabled no\naclfile ""').kind).toBe("config");
  });
});
