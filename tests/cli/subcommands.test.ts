/** What subcommands say to those who do not know them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SUBCOMMANDS } from "../../src/cli/run.ts";
import { USAGE } from "../../src/usage.ts";
import { cli } from "../support/cli.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";

describe.each(SUBCOMMANDS)("detent $name --help", ({ name, help, options, summary }) => {
  test("prints usage, every option, exit codes and examples, and ends with 0", async () => {
    const { code, out } = await cli(name, "--help");
    expect(code).toBe(0);
    expect(out).toBe(help.trimEnd());
    expect(out).toMatch(new RegExp(`^Usage: detent ${name} `));
    for (const option of Object.keys(options)) expect(out).toContain(`--${option}`);
    expect(out).toContain("Exit codes: 0 ");
    expect(out).toMatch(new RegExp(`Examples:\n  detent ${name} `));
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(USAGE).toContain(summary);
  });
});

describe("a command line that is wrong ends with 2 and says what would be right:", () => {
  test.each([
    [
      ["bakup"],
      "detent: 'bakup' is neither a subcommand nor a configuration file. Did you mean 'detent backup'?",
    ],
    [["Verify"], "Did you mean 'detent verify'?"],
    [["frobnicate"], "Subcommands: call, backup, "],
    [
      ["backup"],
      "detent backup: an argument is missing: detent backup TARGET [--dir DIR | --config FILE]\nRun 'detent backup --help' for its arguments.",
    ],
    [["backup", "a", "b"], "'b' is one argument too many; a directory is written as --dir b\n"],
    [["types", "a", "b"], "detent types: 'b' is one argument too many\n"],
    [["backup", "a", "--dri", "x"], "detent backup: there is no option --dri; did you mean --dir?"],
    [["backup", "a", "--zzzzzz"], "detent backup: there is no option --zzzzzz\n"],
    [["call", "-p", "6400", "PING"], "detent call: there is no option -p\n"],
    [["restore", "a", "--until", "5"], "detent restore: --until needs the journals that follow the backup"],
    [
      ["restore", "a", "--archive", "x", "--until", "noon"],
      "'noon' is neither a position nor a time: write 814203",
    ],
    [
      ["restore", "a", "--archive", "x", "--until", "2026-11-29T14:00:00"],
      "is neither a position nor a time",
    ],
  ])("%j", async (args, message) => {
    const { code, out, err } = await cli(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });
});

test("runSubcommand() leaves the command line to the server when its first word is a file, an option or a path", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "conf"), "port 0\n");
  for (const word of ["--port", "/etc/detent.conf", "-", "detent.conf", "./backup"]) {
    expect((await cli(word)).code).toBe(undefined);
  }
  expect((await cli()).code).toBe(undefined);
});

test("the program runs subcommands", async () => {
  const directory = temporaryDirectory();
  const failed = startProgram({ args: ["backup", "b", "--dir", directory], cwd: directory });
  expect(await failed.ended).toBe(1);
  expect(failed.output()).toBe(
    `detent backup: there is no store in '${directory}': name the server's directory by --dir\n`,
  );
  const config = startProgram({ args: ["backup", "b", "--config", "nowhere.conf"], cwd: directory });
  expect(await config.ended).toBe(2);
  expect(config.output()).toContain("can't open config file");
});
