/** What `make` offers: the list that `make help` prints, and a build that is done once. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = join(import.meta.dirname, "../..");
const makefile = readFileSync(join(ROOT, "Makefile"), "utf8");

function targets(): readonly string[] {
  return [...makefile.matchAll(/^([a-z][a-z0-9-]*):/gm)].map(([, target = ""]) => target);
}

test("`make help` lists every target", () => {
  const help = execFileSync("make", ["-s", "help"], { cwd: ROOT, encoding: "utf8" });
  const listed = [...help.matchAll(/^ {2}make (\S+) +\S/gm)].map(([, target = ""]) => target);
  expect(listed).toEqual(targets());
  expect(listed).toContain("test-node24");
});

test("every target is declared as phony", () => {
  const database = execFileSync("make", ["-s", "-p", "-n", "help"], { cwd: ROOT, encoding: "utf8" });
  const [, phony = ""] = /^\.PHONY: (.*)$/m.exec(database) ?? [];
  expect(phony.split(" ").sort()).toEqual([...targets()].sort());
});

test("`make build` builds once, and again after a source has changed", () => {
  const directory = temporaryDirectory();
  for (const folder of ["src", "node_modules", "dist/console"])
    mkdirSync(join(directory, folder), { recursive: true });
  const at = (name: string, seconds: number) => {
    writeFileSync(join(directory, name), "");
    utimesSync(join(directory, name), seconds, seconds);
  };
  for (const name of ["package.json", "package-lock.json", "src/main.ts"]) at(name, 1000);
  at("node_modules/.installed", 1001);
  at("dist/console/index.html", 1002);
  const planned = () =>
    execFileSync("make", ["-n", "-f", join(ROOT, "Makefile"), "build"], { cwd: directory, encoding: "utf8" });
  expect(planned()).not.toContain("run --silent build");
  at("src/main.ts", 1003);
  expect(planned()).toContain("run --silent build");
});
