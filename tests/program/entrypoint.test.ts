/** The image's entrypoint, with the programs it ends in replaced by ones that print what they were given. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const ENTRYPOINT = new URL("../../docker/entrypoint.sh", import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), "detent-entrypoint-"));

function program(name: string, script: string): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
}

program("node", 'echo node "$@"');
program("setpriv", 'echo gave up rights; shift 3; DETENT_TEST_UID=5 exec "$@"');
program("chown", "true");
program("id", `[ "$2" = detent ] && echo 999 || echo "\${DETENT_TEST_UID:-5}"`);
writeFileSync(join(directory, "plain.conf"), "port 7000\n");
writeFileSync(join(directory, "guarded.conf"), "protected-mode yes\n");

function run(args: readonly string[], uid = "5"): string[] {
  const path = `${directory}:${process.env["PATH"]}`;
  const env = { ...process.env, PATH: path, DETENT_TEST_UID: uid };
  return execFileSync("sh", [ENTRYPOINT, ...args], { cwd: directory, env, encoding: "utf8" })
    .trim()
    .split("\n");
}

afterAll(() => rmSync(directory, { recursive: true }));

describe("entrypoint.sh", () => {
  test.each([
    ["detent", ["detent"], "--protected-mode no"],
    ["flags", ["--port", "7"], "--protected-mode no --port 7"],
    ["a file", ["plain.conf"], "plain.conf --protected-mode no"],
    ["a file that speaks of protected mode", ["guarded.conf", "--port", "3"], "guarded.conf --port 3"],
  ])("starts the server when it is given %s", (_what, args, expected) => {
    expect(run(args)).toEqual([`node /app/dist/main.js ${expected}`]);
  });

  test("runs any other command as it stands", () => {
    expect(run(["echo", "hi"])).toEqual(["hi"]);
  });

  test("gives up root's rights before it starts the server", () => {
    expect(run(["detent"], "0")).toEqual(["gave up rights", "node /app/dist/main.js --protected-mode no"]);
  });
});
