import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../../src/config/command-line.ts";

const start = (file: string | undefined, options: string, readsStdin = false) => ({
  kind: "start",
  file,
  readsStdin,
  options,
});

describe("parseCommandLine()", () => {
  test.each<[argv: string[], expected: unknown]>([
    [[], start(undefined, "")],
    [["-v"], { kind: "version" }],
    [["--version", "x"], { kind: "version" }],
    [["-h"], { kind: "help" }],
    [["--help"], { kind: "help" }],
    [["a.conf"], start("a.conf", "")],
    [["-"], start(undefined, "", true)],
    [["a.conf", "-"], start("a.conf", "", true)],
    [["a.conf", "--port", "1", "-"], start("a.conf", 'port "1" ', true)],
    [["-", "--port", "1"], start(undefined, 'port "1" ', true)],
    [["--logfile", "-", "--port", "1"], start(undefined, 'logfile "-" \nport "1" ')],
    [["--port", "1", "--hz", "2"], start(undefined, 'port "1" \nhz "2" ')],
    [["--port 1", "--hz", "2"], start(undefined, 'port 1 \nhz "2" ')],
    [["--bind", "::1", "127.0.0.1"], start(undefined, 'bind "::1" "127.0.0.1" ')],
    [["--save"], start(undefined, 'save ""')],
    [["--save", "--port", "1"], start(undefined, 'save ""\nport "1" ')],
    [["--save", "60", "1"], start(undefined, 'save "60" "1" ')],
    [["--save", "", "--port", "1"], start(undefined, 'save "" \nport "1" ')],
    [["--requirepass", "--x", "--port", "1"], start(undefined, 'requirepass "--x" \nport "1" ')],
    [['--dir "a', "x"], start(undefined, 'dir "a "x" ')],
    [["--dir", "é"], start(undefined, 'dir "\\xc3\\xa9" ')],
    [["--é"], start(undefined, "\u00c3\u00a9 ")],
    [["-x"], start(undefined, '"-x" ')],
  ])("reads %j", (argv, expected) => {
    expect(parseCommandLine(argv)).toEqual(expected);
  });
});
