/** The built program in a folder of another name, with and without what it needs beside it. */
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { notBuilt } from "../support/packed.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

test.skipIf(notBuilt !== undefined)(
  `a copy of the built program says what it misses, and runs where that is beside it${notBuilt === undefined ? "" : ` (${notBuilt})`}`,
  () => {
    const directory = temporaryDirectory();
    const copy = join(directory, "detent-copy");
    cpSync(join(ROOT, "dist"), copy, { recursive: true });
    const started = () =>
      spawnSync(process.execPath, [join(copy, "main.js"), "--version"], { encoding: "utf8" });

    const withoutPackages = started();
    expect(withoutPackages.stderr).toMatch(
      /^detent: '[^']+' is missing, which .*detent-copy\/main\.js needs\. .*\n$/,
    );
    expect(withoutPackages.status).toBe(1);

    symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
    const withoutFiles = started();
    expect(withoutFiles.stderr).toMatch(/^detent: '.*\.json' is missing/);
    expect(withoutFiles.status).toBe(1);

    for (const name of ["package.json", "commands.json"])
      copyFileSync(join(ROOT, name), join(directory, name));
    expect(started()).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringContaining("Detent server v="),
    });
  },
);
