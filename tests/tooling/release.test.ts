/** tools/release.sh, in a small repository of its own whose checks are a word. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/stores.ts";

const SCRIPT = new URL("../../tools/release.sh", import.meta.url).pathname;

interface Repository {
  readonly directory: string;
  /** Runs a program there; what it prints. */
  run(command: string, ...args: readonly string[]): string;
  release(version: string, checks?: string): { readonly status: number | null; readonly stderr: string };
  read(path: string): string;
}

function repository(changelog = "# Changelog\n\n## Unreleased\n\n- Something is new.\n"): Repository {
  const directory = temporaryDirectory();
  const identity = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@localhost" };
  const committer = { GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@localhost" };
  const env = { ...process.env, ...identity, ...committer, PACK_OPTIONS: "--ignore-scripts" };
  const run = (command: string, ...args: readonly string[]) =>
    execFileSync(command, args, { cwd: directory, env, encoding: "utf8" });
  mkdirSync(join(directory, "clients/python"), { recursive: true });
  writeFileSync(join(directory, "clients/python/pyproject.toml"), 'name = "x"\nversion = "0.1.0"\n');
  writeFileSync(join(directory, "package.json"), '{\n  "name": "x",\n  "version": "0.1.0"\n}\n');
  writeFileSync(join(directory, "CHANGELOG.md"), changelog);
  writeFileSync(join(directory, ".gitignore"), "*.tgz\n");
  cpSync(SCRIPT, join(directory, "release.sh"));
  run("git", "init", "-q");
  run("git", "add", "-A");
  run("git", "commit", "-qm", "all");
  return {
    directory,
    run,
    release: (version, checks = "true") =>
      spawnSync("sh", ["release.sh", version], {
        ...{ cwd: directory, encoding: "utf8" },
        env: { ...env, CHECKS: checks },
      }),
    read: (path) => readFileSync(join(directory, path), "utf8"),
  };
}

test("release.sh sets the version everywhere, gives the changes their heading, and tags", () => {
  const { release, read, run } = repository();
  expect(release("0.2.0")).toMatchObject({ status: 0, stderr: "" });
  expect(read("package.json")).toContain('"version": "0.2.0"');
  expect(read("clients/python/pyproject.toml")).toContain('version = "0.2.0"');
  expect(read("CHANGELOG.md")).toMatch(
    /## Unreleased\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n- Something is new\.\n$/,
  );
  expect(run("git", "tag").trim()).toBe("v0.2.0");
  expect(run("git", "log", "--format=%s", "-1").trim()).toBe("release: 0.2.0");
  expect(run("git", "status", "--porcelain")).toBe("");
  expect(run("ls")).toContain("x-0.2.0.tgz");
});

test("release.sh changes nothing when the checks fail", () => {
  const { release, read, run } = repository();
  const { status, stderr } = release("0.2.0", "false");
  expect(status).toBe(1);
  expect(stderr).toContain("the checks have failed");
  expect(read("package.json")).toContain("0.1.0");
  expect([run("git", "tag"), run("git", "status", "--porcelain")]).toEqual(["", ""]);
});

test.each([
  ["no version", "next", "give a version"],
  ["a version that is not higher", "0.0.9", "0.0.9 is not higher than 0.1.0"],
  ["a version that is there", "0.1.0", "there is a tag v0.1.0 already"],
])("release.sh refuses %s", (_what, version, message) => {
  const { release, run } = repository();
  run("git", "tag", "v0.1.0");
  expect(release(version)).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
});

test("release.sh refuses a tree with changes, and a changelog without any", () => {
  const dirty = repository();
  writeFileSync(join(dirty.directory, "new.txt"), "");
  expect(dirty.release("0.2.0").stderr).toContain("not committed");
  const empty = repository("# Changelog\n\n## Unreleased\n\n## 0.1.0 (2026-01-01)\n\n- All.\n");
  expect(empty.release("0.2.0").stderr).toContain("nothing under Unreleased");
});

test("release.sh takes a version whose heading is written already", () => {
  const { release, read } = repository("# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-11-30)\n\n- All.\n");
  expect(release("0.2.0").status).toBe(0);
  expect(read("CHANGELOG.md").match(/## 0\.2\.0/g)).toHaveLength(1);
});

test("both packages and the changelog name the same version", () => {
  const root = new URL("../../", import.meta.url).pathname;
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const { version } = JSON.parse(read("package.json")) as { readonly version: string };
  expect(/^version = "(.*)"$/m.exec(read("clients/python/pyproject.toml"))?.[1]).toBe(version);
  expect(/^## (\d\S*) \(/m.exec(read("CHANGELOG.md"))?.[1]).toBe(version);
});
